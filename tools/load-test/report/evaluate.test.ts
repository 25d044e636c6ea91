import { parseScenario } from '../scenario/read.js';
import type { CallRecord, Lateness, TurnRecord } from '../generator/records.js';
import { bottleneck } from './bottleneck.js';
import { evaluate, percentiles, type Run } from './evaluate.js';
import { html } from './html.js';
import { markdown } from './markdown.js';
import { reportSchema } from './report.js';

const scenario = (more = '') =>
  parseScenario(
    `name: test
about: <Two> calls & more.
durationS: 60
arrival: { kind: steady, callsPerMinute: 2 }
maxCalls: 5
call: { turns: [1, 1], gapMs: [0, 0], endpointDelaysMs: [300, 500], answerWithinMs: 1000, camera: false }
${more || 'thresholds: { minTurns: 1 }'}`,
    'test.yaml',
  );

const turn = (fields: Partial<TurnRecord> = {}): TurnRecord => ({
  question: 'what',
  pauseMs: 0,
  noise: null,
  endpointDelayMs: 500,
  atMs: 5000,
  outcome: 'answered',
  right: true,
  cutOff: false,
  stoppedMs: 490,
  committedMs: 500,
  firstTextMs: 540,
  doneMs: 700,
  serverCommitToFirstMs: 30,
  bargeIn: null,
  ...fields,
});
const lost = turn({ outcome: 'no_answer', right: null, firstTextMs: null, doneMs: null });
const call = (fields: Partial<CallRecord> = {}): CallRecord => ({
  n: 0,
  atMs: 0,
  answeredMs: 20,
  connectedMs: 100,
  endedAtMs: 30_000,
  connectFailure: null,
  failure: null,
  turns: [],
  ...fields,
});
const lateness: Lateness = { loopP99Ms: 1, loopMaxMs: 5, pacingP99Ms: 2, pacingMaxMs: 9 };
const run = (calls: readonly CallRecord[], fields: Partial<Run> = {}): Run => ({
  scenario: scenario(),
  target: 'http://127.0.0.1:1',
  startedAt: new Date(0),
  durationMs: 60_000,
  planned: calls.length,
  generated: { calls, skipped: 0, lateness, network: null },
  processes: 1,
  server: null,
  ...fields,
});

describe('evaluate', () => {
  it('tells calls that failed by their codes', () => {
    const refused = call({ connectedMs: null, connectFailure: 'at_capacity' });
    const { calls } = evaluate(run([call(), refused, refused, call({ failure: 'call_ended' })]));
    expect(calls).toMatchObject({ begun: 4, connected: 2, failed: 3, mostAtOnce: 2 });
    expect(calls.byFailure).toEqual({ at_capacity: 2, call_ended: 1 });
  });

  it('finds one lost answer in a hundred', () => {
    const { turns } = evaluate(run([call({ turns: [...Array<TurnRecord>(99).fill(turn()), lost] })]));
    expect(turns).toEqual({
      asked: 100,
      byOutcome: { answered: 99, no_answer: 1 },
      failed: 1,
      right: 99,
      wrong: 0,
    });
  });

  it('counts wrong answers apart from lost ones, and dismissed questions with neither', () => {
    const dismissed = turn({ outcome: 'dismissed', right: null, firstTextMs: null });
    const { turns } = evaluate(run([call({ turns: [turn({ right: false }), dismissed] })]));
    expect(turns).toMatchObject({ failed: 0, right: 0, wrong: 1 });
  });

  it('takes the endpoint delay of each turn off its first text', () => {
    const turns = [turn(), turn({ endpointDelayMs: 300, firstTextMs: 310 })];
    const { stages, delays } = evaluate(run([call({ turns })]));
    expect(stages.firstText).toMatchObject({ n: 2, p50: 310, max: 540 });
    expect(stages.added).toMatchObject({ n: 2, p50: 10, max: 40 });
    expect(stages.commitToFirstText).toMatchObject({ n: 2, max: 40 });
    expect(delays.map(({ endpointDelayMs, addedP50 }) => [endpointDelayMs, addedP50])).toEqual([
      [300, 10],
      [500, 40],
    ]);
  });

  it('tells cut-offs by the delay', () => {
    const cut = turn({ endpointDelayMs: 300, pauseMs: 350, cutOff: true });
    const { delays } = evaluate(run([call({ turns: [cut, turn({ endpointDelayMs: 300 }), turn()] })]));
    expect(delays.map(({ cutOffs, paused, cutOffShare }) => [cutOffs, paused, cutOffShare])).toEqual([
      [1, 1, 0.5],
      [0, 0, 0],
    ]);
  });

  it('tells calls a core, while calls are open', () => {
    const samples = [0, 10_000, 20_000, 50_000].map((atMs) => ({
      atMs,
      cpuSeconds: 7 + atMs / 40_000,
      rssMb: 300,
    }));
    const calls = [call({ connectedMs: 0, endedAtMs: 40_000 }), call({ connectedMs: 0, endedAtMs: 40_000 })];
    const { server } = evaluate(run(calls, { server: { source: 'metrics', samples } }));
    expect(server?.cores).toBeCloseTo(0.025, 6);
    expect(server?.openCalls).toBeCloseTo(2, 6);
    expect(server?.callsPerCore).toBeCloseTo(80, 3);
  });

  it('says up to how many calls a scenario’s capacity holds', () => {
    const limits = scenario(
      'capacity: { maxAddedP95Ms: 100, maxFailedTurnShare: 0 }\nthresholds: { minHeldCalls: 2 }',
    );
    const open = (fromMs: number, turns: readonly TurnRecord[]) =>
      call({ connectedMs: fromMs, endedAtMs: 60_000, turns });
    const good = turn({ firstTextMs: 510 });
    const late = turn({ firstTextMs: 900 });
    const calls = [
      open(0, [{ ...good, atMs: 500 }]),
      open(1000, [{ ...good, atMs: 1500 }]),
      open(2000, [{ ...late, atMs: 2500 }]),
      // What happens beyond is no comfort.
      open(3000, [{ ...good, atMs: 3500 }]),
    ];
    const report = evaluate(run(calls, { scenario: limits }));
    expect(report.heldCalls).toBe(2);
    expect(report.held).toBe(true);
    expect(evaluate(run([open(0, [{ ...lost, atMs: 500 }])], { scenario: limits }))).toMatchObject({
      heldCalls: null,
      held: false,
    });
  });

  it('makes reports of its schema, also of nothing at all', () => {
    for (const calls of [[], [call()], [call({ turns: [turn(), lost] })]]) {
      const report = evaluate(run(calls));
      expect(reportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
    }
  });
});

describe('thresholds', () => {
  const judge = (thresholds: string, calls: readonly CallRecord[]) =>
    evaluate(run(calls, { scenario: scenario(`thresholds: { ${thresholds} }`) }));
  const some = [call({ turns: [...Array<TurnRecord>(9).fill(turn()), lost] })];

  it.each([
    ['minTurns: 10', 'minTurns: 11'],
    ['maxFailedTurnShare: 0.1', 'maxFailedTurnShare: 0.09'],
    ['maxFailedCallShare: 0', 'minHeldCalls: 1'],
    ['minRightShare: 1', 'minCallsPerCore: 1'],
    ['maxConnectP95Ms: 100', 'maxConnectP95Ms: 99'],
    ['maxAddedP50Ms: 40', 'maxAddedP50Ms: 39'],
    ['maxAddedP95Ms: 40', 'maxAddedP95Ms: 39'],
    ['maxFirstTextP95Ms: 540', 'maxFirstTextP95Ms: 539'],
    ['maxCutOffShare: 0', 'maxServerRssMb: 1000'],
    ['maxSkippedCalls: 0', 'maxFirstTextP95Ms: 1'],
  ])('%s holds, %s does not', (held, broken) => {
    expect(judge(held, some).held).toBe(true);
    expect(judge(broken, some).held).toBe(false);
  });

  it('that nothing was measured for is not held', () => {
    const [only] = judge('maxAddedP95Ms: 100', [call()]).thresholds;
    expect(only).toEqual({ name: 'maxAddedP95Ms', limit: 100, value: null, held: false });
  });
});

describe('percentiles', () => {
  it('are values that were measured', () => {
    const values = Array.from({ length: 200 }, (_, n) => n + 1);
    expect(percentiles(values)).toEqual({ n: 200, p50: 100, p90: 180, p95: 190, p99: 198, max: 200 });
    expect(percentiles([null, 3])).toMatchObject({ n: 1, p50: 3 });
    expect(percentiles([])).toEqual({ n: 0, p50: null, p90: null, p95: null, p99: null, max: null });
  });
});

describe('the generator', () => {
  const limits = { loopP99Ms: 30, pacingP99Ms: 20 };

  it('is believed while it is in time', () => {
    expect(bottleneck({ ...lateness, loopP99Ms: 30, pacingP99Ms: 20 }, limits)).toBeNull();
  });

  it('is not believed when its loop or its packets were late', () => {
    expect(bottleneck({ ...lateness, loopP99Ms: 31 }, limits)).toContain('its event loop by 31.0 ms');
    expect(bottleneck({ ...lateness, pacingP99Ms: 21 }, limits)).toContain('its audio packets by 21.0 ms');
  });
});

describe('a report to be read', () => {
  const report = evaluate(run([call({ turns: [turn(), lost, turn({ endpointDelayMs: 300 })] })]));

  it('has the same figures in Markdown and on the page', () => {
    expect(markdown(report)).toContain('| first text | 2 | 540 | 540 | 540 | 540 | 540 |');
    expect(html(report)).toContain('<tr><td>first text</td><td>2</td><td>540</td>');
    expect(markdown(report)).toContain('answered 2, no_answer 1');
  });

  it('needs nothing from elsewhere, and takes no text for markup', () => {
    const page = html(report);
    expect(page).not.toMatch(/<script|<link|<img|url\(|@import|https:|src=/);
    expect(page).toContain('&lt;Two&gt; calls &amp; more.');
    expect(page).not.toContain('NaN');
    expect(html(evaluate(run([])))).not.toContain('NaN');
  });
});
