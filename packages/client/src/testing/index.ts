import { parseClientEvent, parseSessionPatch, type ClientEvent } from '@vis-a-vis/protocol';
import { Call } from '../call/call.js';
import type { Edge, Link, LinkListener, LinkStats, Opening, SurroundingsListener } from '../call/edge.js';
import { gatewayOf, speakOf } from '../call/gateway.js';
import type { ConnectOptions, Device, ImageSource, Voice } from '../call/options.js';
import { CallError } from '../errors.js';
import { dataUrlOf } from '../image-bytes.js';
import { ManualClock, soon } from './clock.js';
import { ScriptedGateway, type Script } from './scripted-gateway.js';
import { ScriptedMedia } from './scripted-media.js';

export type { Media, Timers } from '../call/edge.js';
export { ManualClock, settle } from './clock.js';
export {
  ScriptedGateway,
  type Asked,
  type Reply,
  type Script,
  type ScriptedCallOfTool,
} from './scripted-gateway.js';
export { ScriptedMedia } from './scripted-media.js';

export interface ScriptedOptions extends ConnectOptions {
  /** What is answered. Default: "Yes." */
  readonly script?: Script;
  /** Devices that are said to be there. */
  readonly devices?: readonly Device[];
  /** The code with which connecting is refused. Default: it is not. */
  readonly refuse?: string;
}

/** A call for tests: the SDK's own `Call`, with a script in the place of gateway, network, devices and time. */
export interface ScriptedCall {
  readonly call: Call;
  /** Who calls. */
  readonly person: Person;
  /** What becomes of the connection. */
  readonly network: Network;
  /** Time goes on when it is told to. */
  readonly clock: ManualClock;
  readonly media: ScriptedMedia;
  /** The gateway's side of the call as it now is; another one after the call was dialled again. */
  readonly gateway: () => ScriptedGateway;
  /** All that the call has sent. */
  readonly sent: readonly ClientEvent[];
}

/**
 * Opens a call without a gateway.
 *
 * ```ts
 * const { call, person } = await scriptedCall({ script: ({ text }) => `You said: ${text}` });
 * person.says('hello');
 * ```
 * @throws what `connect` throws for such options; CallError with the code of `network.refuse`
 */
export async function scriptedCall(options: ScriptedOptions = {}): Promise<ScriptedCall> {
  options.signal?.throwIfAborted();
  gatewayOf(options, () => new URL('http://scripted.invalid'));
  const edge = new ScriptedEdge(options);
  const call = await new Call(edge, options).open(options.signal);
  return {
    call,
    person: new Person(edge),
    network: new Network(edge),
    clock: edge.timers,
    media: edge.media,
    gateway: () => edge.gateway,
    sent: edge.sent,
  };
}

class ScriptedEdge implements Edge {
  readonly timers = new ManualClock();
  readonly media: ScriptedMedia;
  readonly voice: Voice | null;
  readonly sent: ClientEvent[] = [];
  gateway: ScriptedGateway;
  listener: LinkListener | null = null;
  surroundings: SurroundingsListener | null = null;
  /** What the next attempts to connect meet. */
  readonly refusals: CallError[] = [];
  isUp = true;
  /** The gateway still knows the call. */
  isKnown = true;
  readonly #options: ScriptedOptions;

  constructor(options: ScriptedOptions) {
    this.#options = options;
    if (options.refuse !== undefined) this.refusals.push(refusal(options.refuse));
    this.voice = speakOf(options) && { speak: readAtOnce };
    this.gateway = this.#another();
    this.media = new ScriptedMedia(options);
  }

  async dial({ session }: Opening, told: LinkListener, signal: AbortSignal): Promise<Link> {
    await soon();
    signal.throwIfAborted();
    this.meet();
    const read = parseSessionPatch({ type: 'realtime', ...session });
    if (!read.ok) {
      const { code, message, param } = read.problem;
      // Over HTTP an event that cannot be read is a request that cannot be.
      throw new CallError(code === 'invalid_event' ? 'bad_request' : code, message, { param });
    }
    this.gateway = this.#another();
    this.listener = told;
    this.isKnown = true;
    const { gateway } = this;
    gateway.greet(session);
    // Whoever awaits the call listens to it by then.
    void soon().then(() => gateway.see());
    return {
      maxMessageBytes: 256 * 1024,
      send: (text) => {
        this.sent.push(JSON.parse(text) as ClientEvent);
        queueMicrotask(() => gateway.read(parseClientEvent(text)));
      },
      restart: () => this.#restart(),
      stats: () => Promise.resolve(NO_STATS),
      close: () => (this.listener === told ? (this.listener = null) : undefined),
    };
  }

  /** @throws CallError what the next attempt is to meet */
  meet(): void {
    const refusal = this.refusals.shift();
    if (refusal) throw refusal;
    if (!this.isUp) throw new CallError('connect_failed', 'The network is gone.');
  }

  async encodeImage(image: ImageSource): Promise<string> {
    // What is drawn is a picture for a test's purposes, whatever it is.
    return (await dataUrlOf(image)) ?? DRAWN;
  }

  devices(): Promise<readonly Device[]> {
    return Promise.resolve(this.#options.devices ?? []);
  }

  watch(told: SurroundingsListener): () => void {
    this.surroundings = told;
    return () => (this.surroundings = null);
  }

  async #restart(): Promise<void> {
    await Promise.resolve();
    this.meet();
    if (!this.isKnown) throw new CallError('not_found', 'There is no such call.');
    this.listener?.state('up', '');
  }

  #another(): ScriptedGateway {
    const gateway: ScriptedGateway = new ScriptedGateway(
      this.#options.script ?? (() => 'Yes.'),
      (event) => {
        if (gateway === this.gateway) this.listener?.message(JSON.stringify(event));
      },
      () => this.media.cameraOn,
    );
    return gateway;
  }
}

const NO_STATS: LinkStats = { rttMs: 20, jitterMs: 1, loss: 0, report: new Map() };
const DRAWN = `data:image/png;base64,iVBORw0KGgo${'A'.repeat(80)}`;

/** What a person does. */
export class Person {
  readonly #edge: ScriptedEdge;
  #speech = 0;

  /** @internal */
  constructor(edge: ScriptedEdge) {
    this.#edge = edge;
  }

  /** Says something, which is a turn. Nobody hears it where the call is muted. */
  says(text: string): void {
    if (this.#edge.media.muted) return;
    this.startsToSpeak();
    this.stopsToSpeak(text);
  }

  startsToSpeak(): void {
    this.#speech += 1;
    this.#edge.gateway.startSpeech(this.#item);
  }

  /** @param text what it was; null: nothing that was meant for the model */
  stopsToSpeak(text: string | null): void {
    this.#edge.gateway.stopSpeech(this.#item);
    if (text === null) this.#edge.gateway.dismiss();
    else this.#edge.gateway.commit(text, this.#item);
  }

  /** Laughs, hums, coughs: is heard, and not answered. */
  hums(): void {
    this.startsToSpeak();
    this.stopsToSpeak(null);
  }

  leavesPage(): void {
    this.#edge.surroundings?.hidden();
  }

  comesBack(): void {
    this.#edge.surroundings?.awake();
  }

  /** Pulls out the microphone, or the camera. */
  unplugs(kind: 'microphone' | 'camera' | 'screen'): void {
    this.#edge.surroundings?.trackEnded(kind);
  }

  get #item(): string {
    return `speech_${this.#speech}`;
  }
}

/** What becomes of a connection. */
export class Network {
  readonly #edge: ScriptedEdge;

  /** @internal */
  constructor(edge: ScriptedEdge) {
    this.#edge = edge;
  }

  /** Nothing comes through. @param forgotten the gateway gives the call up meanwhile: it has to be dialled again */
  drops(forgotten = false): void {
    this.#edge.isUp = false;
    this.#edge.isKnown = !forgotten;
    this.#edge.listener?.state('interrupted', 'the network is gone');
  }

  /** It is there again: the next attempt succeeds. */
  returns(): void {
    this.#edge.isUp = true;
  }

  /** The next attempt to connect is refused. */
  refuse(code: string, retryAfterMs: number | null = null): void {
    this.#edge.refusals.push(refusal(code, retryAfterMs));
  }

  /** The gateway ends the call. */
  hangsUp(): void {
    this.#edge.listener?.state('hung_up', 'the gateway hung up');
  }
}

function refusal(code: string, retryAfterMs: number | null = null): CallError {
  return new CallError(code, `Refused: ${code}.`, { retryAfterMs });
}

/** A voice that takes no time. */
function readAtOnce(): Promise<void> {
  return Promise.resolve();
}
