import type { TurnDetection } from '@vis-a-vis/protocol';
import fc from 'fast-check';
import { SEMANTIC_VAD, SERVER_VAD } from '../testing/machine-harness.js';
import { BOLD, PLAIN, World, action, type Action, type WorldOptions } from '../testing/machine-world.js';
import type { Command } from './commands.js';

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
