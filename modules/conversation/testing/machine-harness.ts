import type { EngineCaps, GenEvent, IdSource, RgbImage, VideoSource } from '#modules/contracts';
import type { Command } from '../core/commands.js';
import { DEFAULT_SETTINGS, type ConversationSettings, type SessionConfig } from '../core/config.js';
import type { SessionEvent } from '../core/events.js';
import type { Boundary, MachineInput } from '../core/inputs.js';
import type { ClientIntent } from '../core/intents.js';
import { ConversationMachine } from '../core/machine.js';

export const CAPS: EngineCaps = {
  kind: 'local-kv',
  rollback: 'exact',
  speculative: true,
  incrementalAudio: true,
  reuseGranularity: 1,
  maxContextTokens: 4096,
  maxSessions: 8,
  frameSize: { width: 2, height: 2 },
  tokensPerFrame: 36,
  audioTokensPerSecond: 12.5,
  instructions: false,
  modelId: 'fake',
};

export const SERVER_VAD = {
  type: 'server_vad',
  threshold: 0.5,
  prefix_padding_ms: 300,
  silence_duration_ms: 500,
  create_response: true,
  interrupt_response: true,
  idle_timeout_ms: null,
} as const;

export const SEMANTIC_VAD = {
  type: 'semantic_vad',
  eagerness: 'medium',
  create_response: true,
  interrupt_response: true,
} as const;

/** Plain turn-taking: what is begun ahead or held back is tested where it is switched on. */
export const CONFIG: SessionConfig = {
  instructions: '',
  maxOutputTokens: 'inf',
  turnDetection: SERVER_VAD,
  turnTaking: { speculation: false, bargeInMs: 0 },
};

export const IMAGE: RgbImage = { width: 2, height: 2, data: new Uint8Array(12) };

/** `item_1`, `resp_2`, …: one count for all prefixes. */
export class CountingIds implements IdSource {
  #count = 0;

  next(prefix: string): string {
    return `${prefix}_${++this.#count}`;
  }
}

export interface HarnessOptions {
  readonly caps?: Partial<EngineCaps>;
  readonly config?: Partial<SessionConfig>;
  readonly settings?: Partial<ConversationSettings>;
  readonly judge?: { readonly turnEnd: boolean; readonly speech: boolean };
}

type Append = Extract<Command, { c: 'append' | 'append_audio' }>;

/** Drives a machine by hand: remembers what it wanted and said, and answers for the engine when told to. */
export class MachineHarness {
  readonly machine: ConversationMachine;
  readonly events: SessionEvent[] = [];
  readonly commands: Command[] = [];
  /** Gateway clock; the media clock is the same here. */
  now = 0;
  #pending: Append[] = [];
  #headTokens = 1;
  #frames = 0;

  constructor(options: HarnessOptions = {}) {
    this.machine = new ConversationMachine({
      sessionId: 'sess_1',
      conversationId: 'conv_1',
      config: { ...CONFIG, ...options.config },
      // As long as the silence that ends speech here: an utterance goes up to the present.
      settings: { ...DEFAULT_SETTINGS, tailMs: 500, ...options.settings },
      caps: { ...CAPS, ...options.caps },
      ids: new CountingIds(),
      ...(options.judge && { judge: options.judge }),
    });
  }

  /** Types of the events so far. */
  get said(): string[] {
    return this.events.map(({ type }) => type);
  }

  /** Engine commands so far, as short words. */
  get did(): string[] {
    return this.commands.map(shortly);
  }

  eventsOf<T extends SessionEvent['type']>(type: T): Extract<SessionEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<SessionEvent, { type: T }> => event.type === type);
  }

  commandsOf<C extends Command['c']>(c: C): Extract<Command, { c: C }>[] {
    return this.commands.filter((command): command is Extract<Command, { c: C }> => command.c === c);
  }

  /** Forgets what was said and done so far. */
  clear(): this {
    this.events.length = 0;
    this.commands.length = 0;
    return this;
  }

  feed(input: MachineInput, atMs = this.now): this {
    this.now = atMs;
    for (const command of this.machine.handle(input, atMs)) {
      if (command.c === 'emit') this.events.push(command.event);
      else this.commands.push(command);
      if (command.c === 'append' || command.c === 'append_audio') this.#pending.push(command);
    }
    return this;
  }

  intent(intent: ClientIntent, atMs = this.now): this {
    return this.feed({ t: 'intent', intent }, atMs);
  }

  boundary(boundary: Boundary, atMs = this.now): this {
    return this.feed({ t: 'boundary', boundary, lastSpeechPacketAtMs: atMs - 500 }, atMs);
  }

  /** Microphone audio from the present to `toMs`. */
  audio(toMs: number): this {
    const startMs = this.now;
    return this.feed({ t: 'audio', startMs, endMs: toMs }, toMs);
  }

  frame(ptsMs = this.now, source: VideoSource = 'camera'): this {
    const id = `frame_${++this.#frames}`;
    return this.feed({ t: 'frame', segment: { k: 'frame', id, ptsMs, image: IMAGE, source } });
  }

  /** The user speaks from the present for so long, and the detector has seen the end of it. */
  speak(durationMs: number): this {
    return this.startSpeaking()
      .audio(this.now + durationMs)
      .stopSpeaking();
  }

  startSpeaking(): this {
    return this.boundary({ t: 'speech_start', atMs: this.now, startMs: this.now });
  }

  stopSpeaking(): this {
    return this.boundary({ t: 'speech_end', atMs: this.now, speechEndMs: this.now - 500 });
  }

  /** The engine has done every append so far, and those that follow from them. */
  ack(): this {
    while (this.#pending.length > 0) this.ackNext();
    return this;
  }

  /** The engine has done the oldest append under way. */
  ackNext(): this {
    const next = this.#pending.shift();
    if (!next) throw new Error('no append is under way');
    const tokens = tokensOf(next);
    this.#headTokens += tokens;
    const at = { seq: 0, epoch: 0, tokens: this.#headTokens };
    const ms = { queue: 0, encode: 0, prefill: 0 };
    return this.feed({ t: 'appended', ref: next.ref, receipt: { at, tokens, ms } });
  }

  /** The oldest append under way that matches has failed. */
  failAppend(
    matches: (append: Append) => boolean,
    code: 'shed' | 'engine_failed' | 'context_full' | 'bad_request',
  ): this {
    const at = this.#pending.findIndex(matches);
    const [failed] = this.#pending.splice(at, 1);
    if (at < 0 || !failed) throw new Error('no such append is under way');
    return this.feed({ t: 'append_failed', ref: failed.ref, failure: { code, message: code } });
  }

  generated(event: GenEvent, responseId = this.machine.snapshot().activeResponseId ?? ''): this {
    return this.feed({ t: 'generation', responseId, event });
  }

  /** The engine begins to answer and says these tokens. */
  answer(...tokens: string[]): this {
    const base = { seq: 0, epoch: 0, tokens: this.#headTokens };
    this.generated({ t: 'start', genId: 'gen_1', base });
    tokens.forEach((text, id) => this.generated({ t: 'token', id, text, tMs: 0 }));
    return this;
  }

  end(reason: 'stop' | 'length' | 'error' = 'stop'): this {
    return this.generated({ t: 'end', reason, usage: { prompt: this.#headTokens + 1, cached: 0, out: 0 } });
  }

  /** A whole spoken turn. */
  turn(...tokens: string[]): this {
    return this.speak(1000)
      .ack()
      .answer(...tokens)
      .end();
  }
}

function tokensOf(append: Append): number {
  if (append.c === 'append_audio') return append.final ? 13 : 0;
  if (append.segment.k === 'frame') return 37;
  return append.segment.k === 'turn' ? 1 : 5;
}

function shortly(command: Command): string {
  switch (command.c) {
    case 'append': {
      const { segment } = command;
      return segment.k === 'turn' ? `${segment.edge} ${segment.role}` : segment.k;
    }
    case 'append_audio':
      return command.final ? 'audio final' : 'audio block';
    case 'accept':
      return command.keepTokens === undefined ? 'accept' : `accept ${command.keepTokens}`;
    default:
      return command.c;
  }
}

/** A harness with audio since 0, at `now` = 1000. */
export const awake = (options?: HarnessOptions) => new MachineHarness(options).audio(1000);

/** The intent of a typed question. */
export const typed = (text: string) =>
  ({ k: 'item_create', role: 'user', content: [{ type: 'input_text', text }] }) as const;

export const isFinal = (append: Command) => append.c === 'append_audio' && append.final;
