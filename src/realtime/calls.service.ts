import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { defaultSession, mergeSession, type Session } from '@vis-a-vis/protocol';
import { Guard, VisavisError, type OmniEngine } from '#modules/contracts';
import { ConversationService } from '#modules/conversation';
import { ENGINE } from '#modules/decoder';
import { MediaService, type MediaHandlers, type MediaPeer } from '#modules/media';
import type { Lifecycle } from '../lifecycle/lifecycle.js';
import { Arrival } from './arrival.js';
import { Call, type CallEnvironment } from './call.js';
import { Admission } from './core/admission.js';
import { checkSession, toModelCaps, toSessionConfig } from './core/turn-config.js';
import type { Offer } from './offer.js';

/** What the calls of the process share, and the one thing that concerns them all. */
export interface CallsEnvironment extends CallEnvironment {
  readonly lifecycle: Lifecycle;
}

/** Injection token of a `CallsEnvironment`. */
export const CALL_ENVIRONMENT = Symbol('CALL_ENVIRONMENT');

/** How often a call that drains is looked at (ms). */
const DRAIN_POLL_MS = 50;
/** An engine session that is just being closed, or tried by a probe, is free again in a moment (ms). */
const PLACE_TRIES = 10;
const PLACE_RETRY_MS = 100;
/** How long a client that cannot be served is waited for, to be told so on its data channel (ms). */
const GREETING_MS = 3000;

/** A call on its way from the offer to its conversation. */
interface Coming {
  readonly id: string;
  readonly call: Call;
  readonly session: Session;
  readonly guard: Guard;
  readonly arrival: Arrival;
  readonly sdp: string;
}

/** Opens, keeps and closes the calls of this process. */
@Injectable()
export class CallsService implements OnModuleDestroy {
  private readonly calls = new Map<string, Call>();
  private readonly admission: Admission;
  /**
   * The call that the running code works for. What is begun within it (sockets, timers, promises, also those of libraries)
   * carries it on, so that what escapes every guard is still known to be a call's own. An id, which keeps nothing alive.
   */
  private readonly current = new AsyncLocalStorage<string>();

  constructor(
    @Inject(MediaService) private readonly media: Pick<MediaService, 'answer' | 'decodeImage'>,
    @Inject(ConversationService) private readonly conversations: Pick<ConversationService, 'open'>,
    @Inject(ENGINE) private readonly engine: Pick<OmniEngine, 'caps'>,
    @Inject(CALL_ENVIRONMENT) private readonly environment: CallsEnvironment,
  ) {
    this.admission = new Admission(() => engine.caps.maxSessions);
  }

  /** Calls that are open, with those whose client has not connected yet. */
  get openCalls(): number {
    return this.calls.size;
  }

  /**
   * Answers an offer. Little is held until its client has connected: the conversation is opened only then.
   * @param gone the client has closed its request: what was begun for it is ended
   * @throws VisavisError `bad_sdp`, `no_audio_in_offer`, `capacity`, `draining`, `tools_unsupported`, `session_closed` where the client left meanwhile
   */
  async open(offer: Offer, gone?: AbortSignal): Promise<{ id: string; answerSdp: string }> {
    if (this.environment.lifecycle.draining)
      throw new VisavisError('draining', 'The gateway is shutting down.');
    if (this.admission.full) throw new VisavisError('capacity', 'Every place is taken.');
    if (gone?.aborted) throw leftEarly();
    const id = this.environment.ids.next('rtc');
    const session = mergeSession(
      defaultSession(
        this.environment.ids.next('sess'),
        this.engine.caps.modelId,
        this.engine.caps.turnEnd ? 'model' : 'silence',
        toModelCaps(this.engine.caps),
      ),
      offer.session,
    );
    checkSession(session);
    const guard = new Guard(
      (where, error) => this.struck(id, where, error),
      (work) => this.current.run(id, work),
    );
    const call = new Call({
      id,
      session,
      guard,
      decodeImage: (file) => this.media.decodeImage(file),
      ...this.environment,
    });
    const coming = { id, call, session, guard, arrival: new Arrival(), sdp: offer.sdp };
    return this.current.run(id, () => this.answer(coming, gone));
  }

  private async answer(coming: Coming, gone?: AbortSignal): Promise<{ id: string; answerSdp: string }> {
    const { id, call, sdp } = coming;
    let peer: MediaPeer | null = null;
    const handlers = this.handlersOf(coming, () => peer);
    peer = await this.media.answer(sdp, handlers).catch(async (error: unknown) => {
      // Offers that nobody follows up hold UDP ports: a newer one is more likely to be followed up.
      if (!(error instanceof VisavisError) || error.code !== 'capacity') throw error;
      const oldest = this.admission.displace();
      if (oldest === null) throw error;
      await this.end(oldest, 'displaced');
      return this.media.answer(sdp, handlers);
    });
    this.calls.set(id, call);
    const displaced = this.admission.arrive(id);
    if (displaced !== null) void this.end(displaced, 'displaced');
    call.attach(peer);
    if (gone?.aborted) {
      await this.end(id, 'aborted');
      throw leftEarly();
    }
    return { id, answerSdp: peer.answerSdp };
  }

  private handlersOf(coming: Coming, peer: () => MediaPeer | null): MediaHandlers {
    const { id, call, guard, arrival } = coming;
    const early = (work: () => void) => arrival.run(work, () => call.onDrop('early', 1));
    return {
      onChecked: guard.wrap('checked', () => this.calls.has(id) && this.admission.place(id)),
      onConnected: guard.wrap('connected', () => this.begin(coming, peer())),
      onAudio: guard.wrap('audio', (frame) => early(() => call.onAudio(frame))),
      onVideo: guard.wrap('video', (frame) => early(() => call.onVideo(frame))),
      onChannel: guard.wrap('channel', (label) => {
        call.onChannel(label);
        arrival.greet();
      }),
      onMessage: guard.wrap('message', (label, data) => early(() => call.onMessage(label, data))),
      onDrop: guard.wrap('drop', (reason, count) => call.onDrop(reason, count)),
      onLost: guard.wrap('lost', (part, why) => call.onLost(part, why)),
      onBug: (where, error) => this.struck(id, where, error),
      onClosed: guard.wrap('closed', (reason) => this.end(id, reason)),
    };
  }

  /** The client is connected: it gets its conversation, or is told why not. */
  private async begin(coming: Coming, peer: MediaPeer | null): Promise<void> {
    const { id, call, session, guard, arrival } = coming;
    if (peer === null) return;
    try {
      const conversation = await this.placed(id, () =>
        this.conversations.open({
          sessionId: session.id,
          config: toSessionConfig(session),
          onEvent: (event) => call.onSessionEvent(event),
          guard,
        }),
      );
      await call.connect(peer, conversation);
      this.environment.logger.info({ call: id, tracks: peer.trackKinds }, 'call opened');
      arrival.begin();
    } catch (error) {
      if (!this.calls.has(id)) return;
      if (!(error instanceof VisavisError)) throw error;
      this.environment.logger.warn(
        { call: id, code: error.code },
        'a client that connected cannot be served',
      );
      await Promise.race([arrival.greeted, sleep(GREETING_MS, undefined, { ref: false })]);
      await this.end(id, error);
    }
  }

  /** Opens what needs a place, once there is one. @throws VisavisError `capacity` and what `open` throws */
  private async placed<T>(id: string, open: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      // While it waited the client may have left, and has given its place back.
      if (!this.calls.has(id)) throw leftEarly();
      try {
        if (!this.admission.place(id)) throw new VisavisError('capacity', 'Every place is taken.');
        return await open();
      } catch (error) {
        const isFull = error instanceof VisavisError && error.code === 'capacity';
        if (!isFull || tries >= PLACE_TRIES || !this.calls.has(id)) throw error;
        await sleep(PLACE_RETRY_MS);
      }
    }
  }

  /** @throws VisavisError `not_found` */
  async hangUp(id: string): Promise<void> {
    if (!this.calls.has(id)) throw new VisavisError('not_found', 'There is no such call.');
    await this.end(id, 'hangup');
  }

  /**
   * Takes no more calls, and ends each that is open as soon as its turn is over.
   * @param signal ends the waiting: calls that are left then are closed with the module
   */
  async drain(signal: AbortSignal): Promise<void> {
    this.environment.lifecycle.beginDrain();
    while (this.calls.size > 0 && !signal.aborted) {
      const quiet = [...this.calls].filter(([, call]) => call.quiet);
      await Promise.all(quiet.map(([id]) => this.end(id, 'shutdown')));
      if (this.calls.size > 0) await sleep(DRAIN_POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Nest ends a module before those it imports, so the engine is still there to free the calls' sessions. */
  async onModuleDestroy(): Promise<void> {
    this.environment.lifecycle.beginDrain();
    await Promise.all([...this.calls.keys()].map((id) => this.end(id, 'shutdown')));
  }

  /**
   * Something was thrown that nothing caught. Where it was begun for a call, that call is ended.
   * @returns false: it is no call's, and the state of the process is unknown
   */
  escaped(error: unknown): boolean {
    const id = this.current.getStore();
    if (id === undefined) return false;
    this.struck(id, 'escaped', error);
    return true;
  }

  /** A bug, met by one call, which may have ended meanwhile: it ends, and no other does. */
  private struck(id: string, where: string, error: unknown): void {
    this.environment.metrics.guarded(where);
    this.environment.logger.error({ call: id, where, err: error }, 'a call met a bug, and is closed');
    void this.end(id, new VisavisError('internal_error', 'Internal error: the call is closed.'));
  }

  /** @param why the reason, or the fault of ours that the client is told of. Never rejects */
  private async end(id: string, why: string | VisavisError): Promise<void> {
    const call = this.calls.get(id);
    this.calls.delete(id);
    try {
      await (typeof why === 'string' ? call?.close(why) : call?.fail(why));
    } catch (error) {
      this.environment.logger.warn({ call: id, err: error }, 'a call did not close cleanly');
    } finally {
      // Its engine session is free by now.
      if (call) this.admission.leave(id);
    }
  }
}

function leftEarly(): VisavisError {
  return new VisavisError('session_closed', 'The client left before its call began.');
}
