import type { TurnDetection } from '@vis-a-vis/protocol';
import fc from 'fast-check';
import type { Command } from '../core/commands.js';
import { DEFAULT_SETTINGS, type ConversationSettings, type TurnTaking } from '../core/config.js';
import type { MachineInput } from '../core/inputs.js';
import type { ClientIntent } from '../core/intents.js';
import { ConversationMachine } from '../core/machine.js';
import { EventRules } from './event-rules.js';
import { CAPS, CONFIG, CountingIds, IMAGE, SEMANTIC_VAD, SERVER_VAD } from './machine-harness.js';
import { ModelEngine } from './model-engine.js';

const intents: ClientIntent[] = [
  { k: 'item_create', role: 'user', content: [{ type: 'input_text', text: 'hello' }] },
  { k: 'item_create', role: 'user', content: [{ type: 'input_image', image: IMAGE, detail: 'auto' }] },
  { k: 'item_create', role: 'user', content: [{ type: 'input_audio', pcm: new Float32Array(1600) }] },
  { k: 'item_create', role: 'assistant', content: [{ type: 'output_text', text: 'hi' }] },
  { k: 'item_delete', itemId: 'item_2' },
  { k: 'item_truncate', itemId: 'item_4', contentIndex: 0, audioEndMs: 0, characters: 2 },
  { k: 'response_create', conversation: 'none' },
  {
    k: 'response_create',
    conversation: 'none',
    input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hello' }] }],
  },
  { k: 'response_create', input: [{ type: 'item_reference', itemId: 'item_2' }] },
  { k: 'reading_stopped' },
  { k: 'audio_commit' },
  { k: 'audio_clear' },
  { k: 'response_create' },
  { k: 'response_cancel' },
  { k: 'session_update', config: { ...CONFIG, turnDetection: null } },
  { k: 'session_update', config: CONFIG },
  { k: 'session_update', config: { ...CONFIG, turnDetection: SEMANTIC_VAD } },
  { k: 'session_update', config: { ...CONFIG, turnDetection: { ...SERVER_VAD, create_response: false } } },
];

/** Anything that may happen to a machine. */
export const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ a: fc.constant('engine' as const), steps: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 1, arbitrary: fc.record({ a: fc.constant('fault' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({ a: fc.constant('audio' as const), ms: fc.integer({ min: 20, max: 3000 }) }),
  },
  { weight: 2, arbitrary: fc.record({ a: fc.constant('frame' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      a: fc.constant('boundary' as const),
      t: fc.constantFrom(
        'speech_start',
        'speech_established',
        'tentative_pause',
        'tentative_pause',
        'resume',
        'speech_end',
        'speech_end',
        'misfire',
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ a: fc.constant('intent' as const), intent: fc.constantFrom(...intents) }),
  },
  { weight: 1, arbitrary: fc.record({ a: fc.constant('late' as const) }) },
);
export type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

export const PLAIN: TurnTaking = {
  speculation: false,
  bargeInMs: 0,
  readingCharsPerS: null,
  visualTurns: false,
};
export const BOLD: TurnTaking = {
  speculation: true,
  bargeInMs: 200,
  readingCharsPerS: null,
  visualTurns: true,
};

export interface WorldOptions {
  readonly faults?: boolean;
  readonly turnTaking?: TurnTaking;
  readonly settings?: Partial<ConversationSettings>;
  readonly turnDetection?: TurnDetection;
}

/** A machine, the engine it commands and the rules that its events obey. */
export class World {
  readonly engine = new ModelEngine();
  readonly rules = new EventRules();
  readonly audio: (Command & { c: 'append_audio' })[] = [];
  readonly frames: number[] = [];
  readonly saidWhileSpeaking: string[] = [];
  readonly machine: ConversationMachine;
  /** Texts that were sent. */
  deltas = 0;
  /** What became of answers begun ahead. */
  readonly ended: string[] = [];
  readonly #beside = new Set<string>();
  /** Questions that were typed and have not gone to the engine: an answer under way knows nothing of them. */
  #typed = 0;
  /** Some have, and nothing has been generated since. */
  #asked = false;
  /** Made for what was typed: whoever talks meanwhile does not stand in their way. */
  readonly #typedFor = new Set<string>();
  #now = 0;
  #faults: boolean;
  /** An answer may be made while somebody speaks, but not be heard. */
  #mayHold: boolean;

  constructor(options: WorldOptions = {}) {
    const { faults = false, turnTaking = PLAIN, settings = {}, turnDetection = SERVER_VAD } = options;
    this.#faults = faults;
    this.#mayHold = turnTaking.bargeInMs !== 0;
    this.machine = new ConversationMachine({
      sessionId: 'sess',
      conversationId: 'conv',
      config: { ...CONFIG, turnTaking, turnDetection, transcription: { language: null } },
      settings: { ...DEFAULT_SETTINGS, maxFrames: 3, maxUtteranceMs: 5000, ...settings },
      caps: { ...CAPS, turnEnd: true, writeDown: { en: 'write it down' } },
      ids: new CountingIds(),
    });
  }

  act(action: Action): void {
    const atMs = this.#now;
    switch (action.a) {
      case 'engine':
        for (let i = 0; i < action.steps; i++) this.#engine(false);
        return;
      case 'fault':
        return this.#engine(this.#faults);
      case 'audio':
        this.#now += action.ms;
        return this.#feed({ t: 'audio', startMs: atMs, endMs: this.#now });
      case 'frame':
        return this.see(++this.#now);
      case 'boundary':
        return this.#feed({
          t: 'boundary',
          boundary: { t: action.t, atMs, startMs: atMs, speechEndMs: atMs },
        });
      case 'intent':
        return this.#feed({ t: 'intent', intent: this.#keepingTurnTaking(action.intent) });
      case 'late':
        this.#now += 1000;
        return this.#feed({ t: 'tick' });
    }
  }

  /** Speech ends, and the engine does all that it was told. */
  finish(): void {
    this.act({ a: 'boundary', t: 'speech_end' });
    for (let ticks = 0; ticks < 10; ticks++) {
      for (let steps = 0; this.engine.busy && steps < 1000; steps++) this.#engine(false);
      const atMs = this.machine.nextDeadlineMs;
      if (atMs === null) return;
      // What was put off is tried again.
      this.#now = Math.max(this.#now, atMs);
      this.#feed({ t: 'tick' });
    }
  }

  close(): void {
    this.#feed({ t: 'close' });
  }

  see(ptsMs: number): void {
    this.#feed({ t: 'frame', segment: { k: 'frame', id: `frame@${ptsMs}`, ptsMs, image: IMAGE } });
  }

  /** @returns false: there is nothing left to do */
  step(): boolean {
    const { busy } = this.engine;
    this.#engine(false);
    return busy;
  }

  #keepingTurnTaking(intent: ClientIntent): ClientIntent {
    if (intent.k !== 'session_update') return intent;
    const { turnTaking } = this.machine.snapshot().config;
    return { ...intent, config: { ...intent.config, ...(turnTaking && { turnTaking }) } };
  }

  #engine(fails: boolean): void {
    const input = this.engine.step(fails);
    if (input) this.#feed(input);
  }

  #feed(input: MachineInput): void {
    if (input.t === 'intent' && input.intent.k === 'item_create' && input.intent.role === 'user')
      this.#typed += 1;
    for (const command of this.machine.handle(input, this.#now)) {
      this.engine.take(command);
      if (this.#typed > 0 && isQuestion(command)) {
        this.#typed -= 1;
        this.#asked = true;
      }
      // What is no answer to what is said may be given while somebody speaks.
      if (command.c === 'aside') this.#beside.add(command.responseId);
      if (command.c === 'emit' && command.event.type === 'response_created') {
        const { id, conversationId } = command.event.response;
        if (conversationId === null) this.#beside.add(id);
      }
      const main = command.c === 'generate' && !this.#beside.has(command.responseId);
      if (main) {
        if (this.#asked) this.#typedFor.add(command.responseId);
        this.#asked = false;
      }
      if (
        main &&
        !command.speculative &&
        !this.#mayHold &&
        !this.#typedFor.has(command.responseId) &&
        this.rules.speaking !== null
      ) {
        this.saidWhileSpeaking.push(command.responseId);
      }
      if (command.c === 'emit') {
        this.rules.see(command.event);
        if (command.event.type === 'text_delta') {
          this.deltas += 1;
          const { responseId } = command.event;
          const spoken = this.#beside.has(responseId) || this.#typedFor.has(responseId);
          if (this.rules.speaking !== null && !spoken) this.saidWhileSpeaking.push(responseId);
        }
        if (command.event.type === 'speculation_ended') this.ended.push(command.event.outcome);
      }
      if (command.c === 'append_audio') this.audio.push(command);
      if (command.c === 'append' && command.segment.k === 'frame' && command.priority === 'background') {
        this.frames.push(command.segment.ptsMs);
      }
    }
  }
}

/** What was typed, shown or handed over in an item: not what the microphone or the camera brings. */
function isQuestion(command: Command): boolean {
  return command.c === 'append' && command.segment.k !== 'turn' && command.priority !== 'background';
}
