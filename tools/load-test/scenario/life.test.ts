import { lives } from './life.js';
import { scenarioSchema } from './scenario.js';

const scenario = (call: object = {}) =>
  scenarioSchema.parse({
    name: 'x',
    about: '',
    durationS: 600,
    arrival: { kind: 'steady', callsPerMinute: 60 },
    maxCalls: 5,
    call: {
      turns: [1, 4],
      gapMs: [100, 200],
      endpointDelaysMs: [300, 500],
      answerWithinMs: 1000,
      camera: false,
      ...call,
    },
    thresholds: {},
  });

const mixed = scenario({
  pause: { share: 0.25, ms: [200, 400] },
  noise: { share: 0.5, kinds: ['fan'], snrDb: [10] },
  bargeIn: { share: 0.3, afterMs: 50 },
});

describe('lives', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(lives(mixed, 5)).toEqual(lives(mixed, 5));
    expect(lives({ ...mixed, seed: 2 }, 5)).not.toEqual(lives(mixed, 5));
  });

  it('depend on nothing but their number: a longer run begins as a shorter one', () => {
    expect(lives({ ...mixed, durationS: 60 }, 5)).toEqual(lives(mixed, 5).slice(0, 60));
  });

  it('have pauses, noises and interruptions as often as the scenario says', () => {
    const all = lives(mixed, 5);
    const turns = all.flatMap((life) => life.turns);
    const inner = all.flatMap((life) => life.turns.slice(0, -1));
    const shareOf = (yes: number, of: readonly unknown[]) => yes / of.length;
    expect(shareOf(turns.filter(({ pauseMs }) => pauseMs > 0).length, turns)).toBeCloseTo(0.25, 1);
    expect(shareOf(all.filter(({ noise }) => noise !== null).length, all)).toBeCloseTo(0.5, 1);
    expect(
      shareOf(inner.filter(({ interruptedAfterMs }) => interruptedAfterMs === 50).length, inner),
    ).toBeCloseTo(0.3, 1);
  });

  it('end with a question that nobody interrupts', () => {
    const all = lives(scenario({ bargeIn: { share: 1, afterMs: 0 } }), 5);
    expect(all.every(({ turns }) => turns.at(-1)?.interruptedAfterMs === null)).toBe(true);
  });

  it('keep within the bounds of the scenario', () => {
    for (const { turns, endpointDelayMs } of lives(mixed, 5)) {
      expect(turns.length).toBeGreaterThanOrEqual(1);
      expect(turns.length).toBeLessThanOrEqual(4);
      expect([300, 500]).toContain(endpointDelayMs);
      for (const { question, gapMs, interruptedAfterMs } of turns) {
        expect(question === 5).toBe(interruptedAfterMs !== null);
        expect(question).toBeLessThanOrEqual(5);
        expect(gapMs).toBeGreaterThanOrEqual(100);
        expect(gapMs).toBeLessThan(200);
      }
    }
  });
});
