import type { ClientEvent, ModelCaps, ServerEvent, SessionPatch } from '@vis-a-vis/protocol';
import { Emitter } from '../core/emitter.js';
import { Feed } from '../core/feed.js';
import { qualityOf } from '../core/quality.js';
import { DEFAULT_RECOVERY, type RecoveryOptions } from '../core/recovery.js';
import type { Turn } from '../core/turns.js';
import { CallError } from '../errors.js';
import { Conversation } from './conversation.js';
import type { Edge, LinkStats } from './edge.js';
import type { CallEvents, CallState } from './events.js';
import { Lifeline } from './lifeline.js';
import type {
  CameraSource,
  ConnectOptions,
  Device,
  ImageSource,
  MediaTrack,
  MicrophoneSource,
  ToolDefinition,
} from './options.js';
import { firstSession, mergePatch } from './session-patch.js';

const LEVEL_MS = 50;
const QUALITY_MS = 2000;
/** After these the gateway hangs up, and can be dialled again. */
const REDIAL: ReadonlySet<string> = new Set(['internal_error', 'draining', 'engine_failed', 'aborted']);

export interface SignalOption {
  readonly signal?: AbortSignal;
}

/** An open call. It lives on while its connection is lost and found again; made by `connect`. */
export class Call extends Emitter<CallEvents> {
  readonly #edge: Edge;
  readonly #lifeline: Lifeline;
  readonly #conversation: Conversation;
  readonly #whenHidden: ConnectOptions['whenHidden'];
  readonly #stops = new Map<keyof CallEvents | 'all', () => void>();
  #session: SessionPatch;
  #caps: ModelCaps | null = null;
  #recorded = false;
  #state: CallState = 'connected';
  #lastErrorCode = '';
  /** The camera was on when the page was left. */
  #hiddenCamera: CameraSource | null = null;
  #camera: CameraSource | null;
  /** A screen is shown. */
  #sharing: boolean;

  /** @internal Use `connect`. */
  constructor(edge: Edge, options: ConnectOptions) {
    super();
    this.#edge = edge;
    const recovery = recoveryOf(options.reconnect ?? true);
    this.#session = firstSession(options, recovery?.resume === true);
    this.#whenHidden = options.whenHidden;
    this.#camera = options.camera || options.screen || null;
    this.#sharing = Boolean(options.screen);
    this.#lifeline = new Lifeline({
      edge,
      session: () => this.#session,
      recovery,
      wantsRedial: () => REDIAL.has(this.#lastErrorCode),
      told: {
        event: (event) => this.#handleEvent(event),
        reconnecting: (attempt, reason) => {
          this.#enter('reconnecting');
          this.emit('reconnecting', { ...attempt, reason });
        },
        abandoned: (why) => this.#conversation.handleLost(why),
        resumed: (kept) => {
          this.#enter('connected');
          this.emit('resumed', { kept, awayMs: this.#lifeline.awayMs });
        },
        lost: (error, reason) => this.#close(reason, error),
      },
    });
    this.#conversation = new Conversation({
      edge,
      speak: options.speak ?? false,
      tools: options.tools ?? [],
      send: (event) => this.send(event),
      emit: (name, value) => this.emit(name, value),
    });
  }

  /** @internal Connects for the first time. */
  async open(signal: AbortSignal | undefined): Promise<this> {
    const { media } = this.#edge;
    const opening = new AbortController();
    try {
      signal?.throwIfAborted();
      signal?.addEventListener('abort', () => opening.abort(signal.reason), { once: true });
      await this.#lifeline.open(opening.signal);
    } catch (error) {
      this.#lifeline.close();
      media.close();
      throw error;
    }
    signal?.addEventListener('abort', () => this.close(), { once: true });
    if (signal?.aborted) this.close();
    this.#stops.set(
      'all',
      this.#edge.watch({
        trackEnded: (kind) => this.#handleTrackEnded(kind),
        devicesChanged: () => this.#run(this.devices().then((devices) => this.emit('devices', devices))),
        awake: () => {
          this.#lifeline.hurry();
          if (this.#hiddenCamera) this.#run(this.cameraOn(this.#hiddenCamera));
        },
        left: () => this.close(),
        hidden: () => {
          if (this.#whenHidden !== 'camera-off' || !media.cameraOn) return;
          const camera = this.#camera;
          this.#run(this.cameraOff().then(() => void (this.#hiddenCamera = camera)));
        },
      }),
    );
    return this;
  }

  get state(): CallState {
    return this.#state;
  }

  /** What the gateway's model can do; null: it has not said yet. */
  get caps(): ModelCaps | null {
    return this.#caps;
  }

  /** Whoever runs the gateway records the call: tell your user. */
  get recorded(): boolean {
    return this.#recorded;
  }

  get muted(): boolean {
    return this.#edge.media.muted;
  }

  get isCameraOn(): boolean {
    return this.#edge.media.cameraOn;
  }

  /**
   * The turns that begin from now on, until the call ends.
   * @throws the signal's reason
   */
  turns(options: SignalOption = {}): AsyncGenerator<Turn, void, void> {
    const feed = new Feed<Turn>();
    const off = [this.on('turn', (turn) => feed.push(turn)), this.on('closed', () => feed.end())];
    if (this.#state === 'closed') feed.end();
    return finallyDo(feed.read(options.signal), () => off.forEach((unsubscribe) => unsubscribe()));
  }

  /**
   * Asks in writing. What is being answered, or read aloud, is interrupted.
   * @returns its turn at once; `done` rejects where the gateway refuses the question
   * @throws CallError `session_closed`
   */
  say(text: string, options: SignalOption = {}): Turn {
    return this.#conversation.say(text, options.signal);
  }

  /**
   * Shows a picture, which the next question may be about.
   * @returns the id of its item
   * @throws CallError `bad_image`, `message_too_large`, or the gateway's; the signal's reason
   */
  async show(image: ImageSource, options: SignalOption = {}): Promise<string> {
    const room = (this.#lifeline.link?.maxMessageBytes ?? 65_536) - 1024;
    const url = await this.#edge.encodeImage(image, room);
    options.signal?.throwIfAborted();
    return this.#conversation.show(url, options.signal);
  }

  /** Ends the answer in progress, and its reading aloud, where there is one. */
  interrupt(): void {
    this.#conversation.interrupt();
  }

  /** A function that the model may call from now on; one of the same name takes its place. @returns what takes it away again */
  tool<Args = Record<string, unknown>>(definition: ToolDefinition<Args>): () => void {
    const tools = this.#conversation.addTool(definition);
    this.update({ tools });
    return () => {
      if (this.#state !== 'closed') this.update({ tools: this.#conversation.removeTool(definition.name) });
    };
  }

  /** Silences the microphone, or opens it again. */
  mute(muted = true): void {
    this.#edge.media.mute(muted);
    this.emit('muted', muted);
  }

  /** Goes on with another microphone, while the call runs. @throws CallError `permission_denied`, `no_device` … */
  async useMicrophone(source: MicrophoneSource): Promise<void> {
    await this.#edge.media.useMicrophone(source);
  }

  /** Shows a camera, or another one. @throws CallError `permission_denied`, `no_device` … */
  async cameraOn(source: CameraSource = this.#camera ?? true): Promise<void> {
    await this.#edge.media.useCamera(source);
    this.#showing(source);
  }

  /** Shows the screen beside the camera; `true` asks the person which. @throws CallError `permission_denied` … */
  async shareScreen(source: true | MediaTrack = true): Promise<void> {
    await this.#edge.media.useScreen(source);
    this.#sharing = true;
    this.update({ visavis: { video: { screen: true } } });
    this.emit('screen', { on: true });
  }

  /** The screen is shown no more. @param options `redact`: the model forgets all that it has shown, too */
  async stopSharing(options: { readonly redact?: boolean } = {}): Promise<void> {
    const camera_off = options.redact === true ? ('redact' as const) : ('keep' as const);
    this.#sharing = false;
    this.update({ visavis: { video: { screen: false }, camera_off } });
    await this.#edge.media.useScreen(null);
    this.emit('screen', { on: false });
  }

  /** The camera shows nothing from now on. @param options `redact`: the model forgets all that it has shown, too */
  async cameraOff(options: { readonly redact?: boolean } = {}): Promise<void> {
    const camera_off = options.redact === true ? ('redact' as const) : ('keep' as const);
    this.#hiddenCamera = null;
    // Said first: the gateway takes in nothing behind it, whatever is still on its way.
    this.update({ visavis: { video: this.#sharing ? { camera: false } : false, camera_off } });
    await this.#edge.media.useCamera(null);
    this.emit('camera', { on: false });
  }

  devices(): Promise<readonly Device[]> {
    return this.#edge.devices();
  }

  /** Changes the session; fields left out stay as they are. A call that has to be dialled again begins with it. */
  update(session: SessionPatch): void {
    this.#session = mergePatch(this.#session, session);
    this.send({ type: 'session.update', session: { type: 'realtime', ...session } });
  }

  /** Sends any event of the protocol; it waits while the connection is lost. @throws CallError `session_closed` */
  send(event: ClientEvent): void {
    this.#lifeline.send(JSON.stringify(event));
  }

  /**
   * Seeks another way to the gateway, for a network that has changed. The call goes on meanwhile. The SDK does it by itself where
   * nothing comes through.
   * @throws CallError with the gateway's code, `session_closed`
   */
  restartIce(): Promise<void> {
    return this.#lifeline.restart();
  }

  /** @throws CallError `session_closed` where there is no connection */
  async stats(): Promise<LinkStats> {
    const { link } = this.#lifeline;
    if (!link) throw new CallError('session_closed', 'There is no connection to measure.');
    return link.stats();
  }

  /** Hangs up. What the SDK opened is closed; tracks that the application brought stay its own. */
  close(): void {
    this.#close('closed', null);
  }

  protected override handleHeard(name: keyof CallEvents, heard: boolean): void {
    if (name !== 'level' && name !== 'quality') return;
    this.#stops.get(name)?.();
    this.#stops.delete(name);
    if (!heard || this.#state === 'closed') return;
    const [everyMs, tell] =
      name === 'level'
        ? [LEVEL_MS, () => this.emit('level', this.#edge.media.level() ?? 0)]
        : [QUALITY_MS, () => this.#run(this.#measure())];
    let cancel = (): void => undefined;
    const next = (): void => {
      cancel = this.#edge.timers.after(everyMs, () => {
        next();
        tell();
      });
    };
    next();
    this.#stops.set(name, () => cancel());
  }

  async #measure(): Promise<void> {
    const { link, up } = this.#lifeline;
    const none = { rttMs: null, loss: null, jitterMs: null };
    this.emit('quality', qualityOf(link ? await link.stats() : none, up));
  }

  #handleEvent(event: ServerEvent): void {
    if (event.type === 'session.created' || event.type === 'session.updated')
      this.#caps = event.session.visavis?.caps ?? null;
    if (event.type === 'session.created') this.#recorded = event.visavis?.capture !== undefined;
    if (event.type === 'error') this.#lastErrorCode = event.error.code;
    this.emit('event', event);
    this.#conversation.handle(event);
  }

  #showing(source: CameraSource): void {
    this.#camera = source;
    this.#hiddenCamera = null;
    this.update({ visavis: { video: true } });
    this.emit('camera', { on: true });
  }

  #handleTrackEnded(kind: 'microphone' | 'camera' | 'screen'): void {
    const { media } = this.#edge;
    if (kind === 'camera') this.#run(this.cameraOff());
    else if (kind === 'screen') this.#run(this.stopSharing());
    // The default one takes the place of a microphone that was pulled out; where there is none, silence.
    else this.#run(media.useMicrophone(true).catch(() => media.useMicrophone(false)));
    this.emit('error', new CallError('track_ended', `The ${kind} has gone.`));
  }

  #enter(state: CallState): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    this.emit('state', state);
  }

  #close(reason: string, error: CallError | null): void {
    if (this.#state === 'closed') return;
    this.#enter('closed');
    for (const stop of this.#stops.values()) stop();
    this.#stops.clear();
    this.#conversation.handleClosed(`The call ended: ${reason}.`);
    this.#lifeline.close();
    this.#edge.media.close();
    this.emit('closed', { reason, error });
  }

  /** For what nobody waits for: what goes wrong in it is told by `error`. */
  #run(promise: Promise<unknown>): void {
    promise.catch((error: unknown) => {
      if (this.#state !== 'closed')
        this.emit(
          'error',
          error instanceof CallError ? error : new CallError('device_failed', String(error)),
        );
    });
  }
}

async function* finallyDo<T>(
  source: AsyncGenerator<T, void, void>,
  then: () => void,
): AsyncGenerator<T, void, void> {
  try {
    yield* source;
  } finally {
    then();
  }
}

function recoveryOf(reconnect: NonNullable<ConnectOptions['reconnect']>): RecoveryOptions | null {
  if (reconnect === false) return null;
  return { ...DEFAULT_RECOVERY, ...(reconnect === true ? {} : reconnect) };
}
