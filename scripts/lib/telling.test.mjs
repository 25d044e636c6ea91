import { closing } from './telling.mjs';

const outcome = (name, state) => ({ name, state, tookMs: 1234 });
const done = {
  outcomes: [outcome('unit', 'passed'), outcome('e2e', 'passed')],
  results: [
    { passed: 40, failed: 0, skipped: ['src/a.test.ts: b'] },
    { passed: 2, failed: 0, skipped: [] },
  ],
  leftOut: [],
  all: true,
  tookMs: 65_432,
  problem: null,
};

test('the last line has the sums, alone', () => {
  expect(closing(done)).toEqual([
    '',
    '  ✓ unit          1.2 s',
    '  ✓ e2e           1.2 s',
    '  skipped: src/a.test.ts: b',
    'vis-a-vis: all checks passed (42 tests, 65.4 s)',
    '42 passed, 0 failed, 1 skipped',
  ]);
});

test('what was left out is told with the way to have it', () => {
  const leftOut = [{ name: 'training', extra: '5.6 GB' }, { name: 'lint' }];
  expect(closing({ ...done, leftOut, all: false }).slice(-4)).toEqual([
    'vis-a-vis: chosen checks passed (42 tests, 65.4 s)',
    'left out: training (5.6 GB); to have it: npm test -- --with training',
    'left out: lint; to have it: npm test -- --with lint',
    '42 passed, 0 failed, 1 skipped',
  ]);
});

test('a failure is told in place of the verdict', () => {
  const results = [...done.results, { passed: 0, failed: 3, skipped: [] }];
  const outcomes = [outcome('unit', 'failed'), outcome('types', 'stopped')];
  expect(closing({ ...done, outcomes, results, problem: "check 'unit' failed" })).toEqual([
    '',
    '  ✗ unit          1.2 s',
    '  – types         1.2 s',
    '  skipped: src/a.test.ts: b',
    "vis-a-vis: check 'unit' failed",
    '42 passed, 3 failed, 1 skipped',
  ]);
});

test('a failure without a test that failed is never none', () => {
  const problem = 'missing chromium';
  expect(closing({ ...done, outcomes: [], results: [], problem }).at(-1)).toBe(
    '0 passed, 1 failed, 0 skipped',
  );
});
