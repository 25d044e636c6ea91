import fc from 'fast-check';
import { EventRules } from '../testing/event-rules.js';
import { CAPS, CONFIG, CountingIds, IMAGE, SERVER_VAD } from '../testing/machine-harness.js';
import { ModelEngine } from '../testing/model-engine.js';
import type { Command } from './commands.js';
import { DEFAULT_SETTINGS } from './config.js';
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
      t: fc.constantFrom('speech_start', 'tentative_pause', 'resume', 'speech_end', 'speech_end', 'misfire'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ a: fc.constant('intent' as const), intent: fc.constantFrom(...intents) }),
  },
  { weight: 1, arbitrary: fc.record({ a: fc.constant('late' as const) }) },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** A machine, the engine it commands and the rules that its events obey. */
class World {
  readonly engine = new ModelEngine();
  readonly rules = new EventRules();
  readonly audio: (Command & { c: 'append_audio' })[] = [];
  readonly frames: number[] = [];
  readonly generatedWhileSpeaking: string[] = [];
  readonly machine = new ConversationMachine({
    sessionId: 'sess',
    conversationId: 'conv',
    config: CONFIG,
    settings: { ...DEFAULT_SETTINGS, maxFrames: 3, maxUtteranceMs: 5000 },
    caps: CAPS,
    ids: new CountingIds(),
  });
  #now = 0;
  #faults: boolean;

  constructor(faults: boolean) {
    this.#faults = faults;
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
        return this.#feed({
          t: 'frame',
          segment: { k: 'frame', id: `frame@${++this.#now}`, ptsMs: this.#now, image: IMAGE },
        });
      case 'boundary':
        return this.#feed({
          t: 'boundary',
          boundary: { t: action.t, atMs, startMs: atMs, speechEndMs: atMs },
        });
      case 'intent':
        return this.#feed({ t: 'intent', intent: action.intent });
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

  #engine(fails: boolean): void {
    const input = this.engine.step(fails);
    if (input) this.#feed(input);
  }

  #feed(input: MachineInput): void {
    for (const command of this.machine.handle(input, this.#now)) {
      this.engine.take(command);
      if (command.c === 'emit') this.rules.see(command.event);
      if (command.c === 'append_audio') this.audio.push(command);
      if (command.c === 'append' && command.segment.k === 'frame' && command.priority === 'background') {
        this.frames.push(command.segment.ptsMs);
      }
      if (command.c === 'generate' && this.rules.speaking !== null) {
        this.generatedWhileSpeaking.push(command.responseId);
      }
    }
  }
}

const sequences = fc.array(action, { minLength: 1, maxLength: 60, size: 'max' });

function play(actions: Action[], faults: boolean): World {
  const world = new World(faults);
  for (const next of actions) world.act(next);
  return world;
}

/** The runs of each utterance follow each other without gap or overlap, and end at most once. */
function audioBreaches(world: World): string[] {
  const last = new Map<string, Command & { c: 'append_audio' }>();
  return world.audio.flatMap((run) => {
    const before = last.get(run.utterance);
    last.set(run.utterance, run);
    if (run.toMs < run.fromMs) return [`${run.utterance} goes backwards`];
    return before && (before.final || before.toMs !== run.fromMs) ? [`${run.utterance} has a seam`] : [];
  });
}

describe.each([
  ['an engine that works', false],
  ['an engine that fails now and then', true],
])('any sequence of inputs, with %s', (_name, faults) => {
  test('obeys the order of events', () => {
    fc.assert(
      fc.property(sequences, (actions) => {
        const world = play(actions, faults);
        expect(world.rules.breaches).toEqual([]);
        expect(world.generatedWhileSpeaking).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test('ends every response and every item, at the latest when it is closed', () => {
    fc.assert(
      fc.property(sequences, (actions) => {
        const world = play(actions, faults);
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
        const world = play(actions, faults);
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
        const world = play(actions, faults);
        expect(audioBreaches(world)).toEqual([]);
        expect(world.frames).toEqual(world.frames.toSorted((a, b) => a - b));
      }),
      { numRuns: 500 },
    );
  });
});

test('any sequence of inputs writes only what the engine’s grammar of turns allows', () => {
  fc.assert(
    fc.property(sequences, (actions) => {
      const world = play(actions, false);
      world.finish();
      expect(world.engine.violations).toEqual([]);
    }),
    { numRuns: 2000 },
  );
});
