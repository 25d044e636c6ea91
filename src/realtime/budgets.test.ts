import { pino } from 'pino';
import type { EngineCaps } from '#modules/contracts';
import type { ConversationLoad } from '#modules/conversation';
import { Metrics } from '../telemetry/metrics.js';
import { Budgets } from './budgets.js';
import type { BudgetLimits } from './core/admission/limits.js';
import { degradedEvent } from './core/admission/level.js';

const IDLE: ConversationLoad = { frameLagMs: null, answerLagMs: null, tokens: 0 };
const CAPS = { maxSessions: 32, frameSize: { width: 448, height: 336 }, smallerFrames: true };

/** Real: the ladder and the metrics. Made up: the clock, and what calls use. */
function setUp(limits: Partial<BudgetLimits> = {}, caps: Partial<EngineCaps> = CAPS) {
  const state = { nowMs: 0, loads: [] as ConversationLoad[], memoryBytes: 0 };
  const metrics = new Metrics();
  const budgets = new Budgets(limits, {
    clock: { nowMs: () => state.nowMs },
    metrics,
    logger: pino({ level: 'silent' }),
    caps: () => caps as EngineCaps,
    loads: () => state.loads,
    memoryBytes: () => state.memoryBytes,
  });
  /** Measures twice a second. @returns the rungs that were come to */
  const pass = (seconds: number) => {
    const rungs: string[] = [];
    for (const end = state.nowMs + seconds * 1000; state.nowMs < end; state.nowMs += 500) {
      const level = budgets.measure();
      if (level) rungs.push(level.rung);
    }
    return rungs;
  };
  return { budgets, metrics, state, pass, [Symbol.dispose]: () => metrics.onModuleDestroy() };
}

describe('Budgets', () => {
  it('gives less step by step where frames wait for the engine, and all of it again', async () => {
    using set = setUp();
    const { budgets, state, pass, metrics } = set;
    expect(pass(5)).toEqual([]);
    // Of two that show their camera one waits: on average that is just too long.
    state.loads = [{ ...IDLE, frameLagMs: 4000 }, { ...IDLE, frameLagMs: 0 }, IDLE];
    expect(pass(3)).toEqual(['frame_rate']);
    expect(budgets.refusal()).toBeNull();
    expect(pass(6)).toEqual(['resolution', 'window', 'refuse']);
    expect(budgets.level.camera).toEqual({
      frameIntervalMs: 4000,
      frameSize: { width: 224, height: 168 },
      maxFrames: 24,
    });
    expect(budgets.refusal()).toMatchObject({ code: 'capacity', param: 'engine_time', retryAfterS: 10 });
    const text = await metrics.text();
    expect(text).toContain('visavis_admission_rung 4');
    expect(text).toContain('visavis_admission_pressure{budget="engine_time"} 1\n');
    expect(text).toContain('visavis_admission_refusals_total{reason="engine_time"} 1');
    state.loads = [];
    expect(pass(41)).toEqual(['window', 'resolution', 'frame_rate', 'full']);
    expect(budgets.refusal()).toBeNull();
    expect(budgets.level.camera).toEqual({ frameIntervalMs: 1000, frameSize: CAPS.frameSize, maxFrames: 48 });
  });

  it.each<[string, Partial<BudgetLimits>, Partial<ConversationLoad>, number]>([
    ['kv_tokens', { maxKvTokens: 5000 }, { tokens: 2500 }, 0],
    ['memory', { maxMemoryBytes: 1e9 }, {}, 1e9],
    ['engine_time', { maxAnswerLagMs: 500 }, { answerLagMs: 500 }, 0],
  ])('watches %s', (reason, limits, load, memoryBytes) => {
    using set = setUp(limits);
    set.state.loads = [
      { ...IDLE, ...load },
      { ...IDLE, ...load },
    ];
    set.state.memoryBytes = memoryBytes;
    expect(set.pass(3)).toEqual(['frame_rate']);
    expect(set.budgets.level.reason).toBe(reason);
  });

  it('watches nothing that has no bound, and takes as many calls as the lower bound says', () => {
    using set = setUp({ maxFrameLagMs: null, maxCalls: 20 });
    set.state.loads = [{ frameLagMs: 1e6, answerLagMs: 1e6, tokens: 1e9 }];
    set.state.memoryBytes = 1e12;
    expect(set.pass(20)).toEqual([]);
    expect(set.budgets.places).toBe(20);
    using more = setUp({ maxCalls: 100 });
    expect(more.budgets.places).toBe(32);
  });

  it('passes over a step that the engine does not know, and tells clients of nothing that does not concern them', () => {
    using set = setUp({}, { ...CAPS, smallerFrames: false });
    set.state.loads = [{ ...IDLE, frameLagMs: 9000 }];
    expect(set.pass(7)).toEqual(['frame_rate', 'window', 'refuse']);
    expect(degradedEvent(set.budgets.level)).toEqual({
      type: 'visavis.degraded',
      part: 'capacity',
      level: {
        rung: 'window',
        reason: 'engine_time',
        frame_interval_ms: 4000,
        frame_width: 448,
        frame_height: 336,
        max_frames: 24,
      },
    });
  });
});
