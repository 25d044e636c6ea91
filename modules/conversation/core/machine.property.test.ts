import type { TurnDetection } from '@vis-a-vis/protocol';
import fc from 'fast-check';
import { EventRules } from '../testing/event-rules.js';
import { CAPS, CONFIG, CountingIds, IMAGE, SEMANTIC_VAD, SERVER_VAD } from '../testing/machine-harness.js';
import { ModelEngine } from '../testing/model-engine.js';
import type { Command } from './commands.js';
import { DEFAULT_SETTINGS, type ConversationSettings, type TurnTaking } from './config.js';
import type { MachineInput } from './inputs.js';
import type { ClientIntent } from './intents.js';
import { ConversationMachine } from './machine.js';

const intents: ClientIntent[] = [
  { k: 'item_create', role: 'user', content: [{ type: 'input_text', text: 'hello' }] },
  { k: 'item_create', role: 'user', content: [{ type: 'input_image', image: IMAGE, detail: 'auto' }] },
  { k: 'item_create', role: 'user', content: [{ type: 'input_audio', pcm: new Float32Array(1600) }] },
  { k: 'item_create', role: 'assistant', content: [{ type: 'output_text', text: 'hi' }] },
  { k: 'item_delete', itemId: 'item_2' },
  { k: 'audio_commit' },
  { k: 'audio_clear' },
  { k: 'response_create' },
  { k: 'response_cancel' },
  { k: 'session_update', config: { ...CONFIG, turnDetection: null } },
  { k: 'session_update', config: CONFIG },
  { k: 'session_update', config: { ...CONFIG, turnDetection: SEMANTIC_VAD } },
  { k: 'session_update', config: { ...CONFIG, turnDetection: { ...SERVER_VAD, create_response: false } } },
];

const action = fc.oneof(
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
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

const PLAIN: TurnTaking = { speculation: false, bargeInMs: 0, readingCharsPerS: null, visualTurns: false };
const BOLD: TurnTaking = { speculation: true, bargeInMs: 200, readingCharsPerS: null, visualTurns: true };

interface WorldOptions {
  readonly faults?: boolean;
  readonly turnTaking?: TurnTaking;
  readonly settings?: Partial<ConversationSettings>;
  readonly turnDetection?: TurnDetection;
}

/** A machine, the engine it commands and the rules that its events obey. */
class World {
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
  #now = 0;
  #faults: boolean;
  /** An answer may be made while somebody speaks, but not be heard. */
  #mayHold: boolean;

  constructor(options: WorldOptions = {}) {
    const { faults = false, turnTaking = PLAIN, settings = {}, turnDetection = SERVER_VAD } = options;
    this.#faults = faults;
    this.#mayHold = turnTaking.bargeInMs > 0;
    this.machine = new ConversationMachine({
      sessionId: 'sess',
      conversationId: 'conv',
      config: { ...CONFIG, turnTaking, turnDetection },
      settings: { ...DEFAULT_SETTINGS, maxFrames: 3, maxUtteranceMs: 5000, ...settings },
      caps: { ...CAPS, turnEnd: true },
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
    for (let steps = 0; this.engine.busy && steps < 1000; steps++) this.#engine(false);
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
    for (const command of this.machine.handle(input, this.#now)) {
      this.engine.take(command);
      if (
        command.c === 'generate' &&
        !command.speculative &&
        !this.#mayHold &&
        this.rules.speaking !== null
      ) {
        this.saidWhileSpeaking.push(command.responseId);
      }
      if (command.c === 'emit') {
        this.rules.see(command.event);
        if (command.event.type === 'text_delta') {
          this.deltas += 1;
          if (this.rules.speaking !== null) this.saidWhileSpeaking.push(command.event.responseId);
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

const sequences = fc.array(action, { minLength: 1, maxLength: 60, size: 'max' });

function play(actions: Action[], options: WorldOptions): World {
  const world = new World(options);
  for (const next of actions) world.act(next);
  return world;
}

/** The runs of each utterance follow each other without gap or overlap, and end at most once, but for tries (`~`). */
function audioBreaches(world: World): string[] {
  const last = new Map<string, Command & { c: 'append_audio' }>();
  return world.audio.flatMap((run) => {
    const before = last.get(run.utterance);
    if (!run.ref.includes('~')) last.set(run.utterance, run);
    if (run.toMs < run.fromMs) return [`${run.utterance} goes backwards`];
    return before && (before.final || before.toMs !== run.fromMs) ? [`${run.utterance} has a seam`] : [];
  });
}

describe.each([
  ['an engine that works', {}],
  ['an engine that fails now and then', { faults: true }],
  ['answers begun ahead', { turnTaking: BOLD }],
  ['answers begun ahead by an engine that fails now and then', { faults: true, turnTaking: BOLD }],
])('any sequence of inputs, with %s', (_name, options: WorldOptions) => {
  test('obeys the order of events', () => {
    fc.assert(
      fc.property(sequences, (actions) => {
        const world = play(actions, options);
        expect(world.rules.breaches).toEqual([]);
        expect(world.saidWhileSpeaking).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test('ends every response and every item, at the latest when it is closed', () => {
    fc.assert(
      fc.property(sequences, (actions) => {
        const world = play(actions, options);
        world.close();
        expect(world.rules.open).toEqual([]);
        expect(world.rules.breaches).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test('comes to rest once speech has ended and the engine has done its work', () => {
    fc.assert(
      fc.property(sequences, (actions) => {
        const world = play(actions, options);
        world.finish();
        expect(world.machine.state).toBe('idle');
        expect(world.rules.open).toEqual([]);
        expect(world.machine.nextDeadlineMs).toBeNull();
      }),
      { numRuns: 500 },
    );
  });

  test('sends sound without seams, and frames in their order', () => {
    fc.assert(
      fc.property(sequences, (actions) => {
        const world = play(actions, options);
        expect(audioBreaches(world)).toEqual([]);
        expect(world.frames).toEqual(world.frames.toSorted((a, b) => a - b));
      }),
      { numRuns: 500 },
    );
  });
});

test.each([
  ['plain turns', PLAIN],
  ['answers begun ahead', BOLD],
])(
  'any sequence of inputs writes only what the engine’s grammar of turns allows: %s',
  (_name, turnTaking) => {
    fc.assert(
      fc.property(sequences, (actions) => {
        const world = play(actions, { turnTaking });
        world.finish();
        expect(world.engine.violations).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  },
);

type Spoken =
  | { readonly a: 'audio'; readonly ms: number }
  | { readonly a: 'frame' }
  | { readonly a: 'pause' | 'resume' | 'end' | 'barge-in' }
  | { readonly a: 'engine'; readonly steps: number };

const spoken: fc.Arbitrary<Spoken[]> = fc.array(
  fc.oneof(
    fc.record({ a: fc.constant('audio' as const), ms: fc.integer({ min: 20, max: 900 }) }),
    fc.record({ a: fc.constant('frame' as const) }),
    fc.record({ a: fc.constantFrom('pause' as const, 'pause' as const, 'resume' as const) }),
    fc.record({ a: fc.constantFrom('end' as const, 'barge-in' as const) }),
    fc.record({ a: fc.constant('engine' as const), steps: fc.integer({ min: 1, max: 9 }) }),
  ),
  { minLength: 4, maxLength: 50, size: 'max' },
);

/**
 * Two worlds live through the same: one answers ahead and its engine is anywhere in that when the next thing happens, the
 * other does not. What is not known in the other world is when a frame has to wait: so it waits there too.
 */
class Twins {
  readonly ahead: World;
  readonly plain: World;
  #frames = 0;
  #late: number[] = [];

  constructor(turnDetection: TurnDetection) {
    const world = (speculation: boolean) =>
      new World({
        turnTaking: { ...PLAIN, speculation },
        settings: { maxFrames: 48, maxUtteranceMs: 60_000 },
        turnDetection,
      });
    this.ahead = world(BOLD.speculation);
    this.plain = world(false);
  }

  live(actions: readonly Spoken[]): void {
    for (const next of actions) this.#act(next);
    this.#act({ a: 'end' });
    this.#drain(this.ahead);
    this.#drain(this.plain);
  }

  #act(next: Spoken): void {
    switch (next.a) {
      case 'audio':
        return this.#both({ a: 'audio', ms: next.ms });
      case 'frame':
        return this.#frame();
      case 'pause':
        this.#both({ a: 'boundary', t: 'speech_start' });
        return this.#both({ a: 'boundary', t: 'tentative_pause' });
      case 'engine':
        for (let i = 0; i < next.steps; i++) this.ahead.step();
        return;
      case 'resume':
        this.#both({ a: 'boundary', t: 'resume' });
        return this.#catchUp();
      case 'end':
        this.#both({ a: 'boundary', t: 'speech_end' });
        this.#catchUp();
        this.#drain(this.plain);
        return this.#drain(this.ahead);
      case 'barge-in':
        // In the middle of the answer, if there will be one.
        this.#both({ a: 'boundary', t: 'speech_end' });
        this.#catchUp();
        for (const world of [this.ahead, this.plain]) {
          const before = world.deltas;
          while (world.deltas === before && world.step());
        }
        return this.#both({ a: 'boundary', t: 'speech_start' });
    }
  }

  #frame(): void {
    const ptsMs = ++this.#frames;
    const before = this.ahead.frames.length;
    this.ahead.see(ptsMs);
    const waits = this.ahead.frames.length === before;
    if (waits && this.plain.machine.state === 'pausing') this.#late.push(ptsMs);
    else this.plain.see(ptsMs);
  }

  #catchUp(): void {
    for (const ptsMs of this.#late) this.plain.see(ptsMs);
    this.#late = [];
  }

  #both(next: Action): void {
    this.ahead.act(next);
    this.plain.act(next);
  }

  #drain(world: World): void {
    for (let steps = 0; steps < 1000 && world.step(); steps++);
  }
}

test.each([
  ['silence', SERVER_VAD],
  ['the model, which is asked where nothing is begun ahead', SEMANTIC_VAD],
])(
  'whatever happens in the pauses, a confirmed turn is to the engine what it is without answers begun ahead: by %s',
  (_name, turnDetection) => {
    const ended = new Set<string>();
    fc.assert(
      fc.property(spoken, (actions) => {
        const twins = new Twins(turnDetection);
        twins.live(actions);
        const { ahead, plain } = twins;
        expect(ahead.engine.context).toEqual(plain.engine.context);
        expect([ahead.engine.violations, ahead.rules.breaches, ahead.rules.open]).toEqual([[], [], []]);
        expect(ahead.machine.state).toBe('idle');
        ahead.ended.forEach((outcome) => ended.add(outcome));
      }),
      { numRuns: 1000 },
    );
    // The worlds would be the same if nothing were ever tried.
    expect([...ended].toSorted()).toEqual(['resumed', 'used']);
  },
);
