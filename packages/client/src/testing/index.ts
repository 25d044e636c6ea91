import { parseClientEvent, parseSessionPatch, type ClientEvent } from '@vis-a-vis/protocol';
import { Call } from '../call/call.js';
import type { Edge, Link, LinkListener, Opening, SurroundingsListener } from '../call/edge.js';
import { gatewayOf, speakOf } from '../call/gateway.js';
import type { ConnectOptions, Device, ImageSource, Voice } from '../call/options.js';
import { CallError } from '../errors.js';
import { dataUrlOf } from '../image-bytes.js';
import { ManualClock, soon } from './clock.js';
import type { Script } from './script.js';
import { ScriptedGateway } from './scripted-gateway.js';
import { ScriptedLine } from './scripted-line.js';
import { ScriptedMedia } from './scripted-media.js';

export type { Media, Timers } from '../call/edge.js';
export { ManualClock, settle } from './clock.js';
export type { Asked, Reply, Script, ScriptedCallOfTool } from './script.js';
export { ScriptedGateway } from './scripted-gateway.js';
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
  /** The newest connection: the gateway's side knows no other. */
  line: ScriptedLine | null = null;
  surroundings: SurroundingsListener | null = null;
  /** What the next attempts to connect meet. */
  readonly refusals: CallError[] = [];
  isUp = true;
  knowledge: Knowledge = 'connected';
  readonly #options: ScriptedOptions;

  constructor(options: ScriptedOptions) {
    this.#options = options;
    if (options.refuse !== undefined) this.refusals.push(refusal(options.refuse));
    this.voice = speakOf(options) && { speak: readAtOnce };
    this.gateway = this.#another();
    this.media = new ScriptedMedia(options);
  }

  async dial({ session, resume }: Opening, told: LinkListener, signal: AbortSignal): Promise<Link> {
    await soon();
    signal.throwIfAborted();
    this.meet();
    if (resume) {
      if (this.knowledge === 'forgotten' || !this.gateway.keeps(resume)) throw refusal('resume_not_found');
      const line = this.#connect(told);
      this.gateway.resume(resume);
      return line;
    }
    const read = parseSessionPatch({ type: 'realtime', ...session });
    if (!read.ok) {
      const { code, message, param } = read.problem;
      // Over HTTP an event that cannot be read is a request that cannot be.
      throw new CallError(code === 'invalid_event' ? 'bad_request' : code, message, { param });
    }
    const gateway = (this.gateway = this.#another());
    const line = this.#connect(told);
    gateway.greet(session);
    // Whoever awaits the call listens to it by then.
    void soon().then(() => gateway.see());
    return line;
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

  #connect(told: LinkListener): ScriptedLine {
    const { gateway } = this;
    const isOpen = (): boolean => this.isUp && this.knowledge === 'connected' && this.line === line;
    const line: ScriptedLine = new ScriptedLine(told, {
      get isOpen() {
        return isOpen();
      },
      arrive: (text) => {
        this.sent.push(JSON.parse(text) as ClientEvent);
        queueMicrotask(() => gateway.read(parseClientEvent(text)));
      },
      restart: () => {
        this.meet();
        if (!isOpen()) throw new CallError('not_found', 'There is no such call.');
      },
    });
    this.line = line;
    this.knowledge = 'connected';
    return line;
  }

  #another(): ScriptedGateway {
    const gateway: ScriptedGateway = new ScriptedGateway(
      this.#options.script ?? (() => 'Yes.'),
      (event) => {
        if (gateway === this.gateway) this.line?.tell(event);
      },
      () => this.media.cameraOn,
    );
    return gateway;
  }
}

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

  /** There is nobody any more who could come back. */
  closesPage(): void {
    this.#edge.surroundings?.left();
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

/** What a gateway knows of a call whose network is gone. */
export type Knowledge = 'connected' | 'kept' | 'forgotten';

/** What becomes of a connection. */
export class Network {
  readonly #edge: ScriptedEdge;

  /** @internal */
  constructor(edge: ScriptedEdge) {
    this.#edge = edge;
  }

  /**
   * Nothing comes through. @param meanwhile what becomes of the call at the gateway: `connected`, ICE begins anew and nothing is lost; `kept`,
   * its connection is given up, and it goes on over another; `forgotten`, it has to be dialled again
   */
  drops(meanwhile: Knowledge = 'connected'): void {
    this.#edge.isUp = false;
    this.#edge.knowledge = meanwhile;
    this.#edge.line?.handleState('interrupted', 'the network is gone');
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
    this.#edge.knowledge = 'forgotten';
    this.#edge.line?.handleState('hung_up', 'the gateway hung up');
  }
}

function refusal(code: string, retryAfterMs: number | null = null): CallError {
  return new CallError(code, `Refused: ${code}.`, { retryAfterMs });
}

/** A voice that takes no time. */
function readAtOnce(): Promise<void> {
  return Promise.resolve();
}
