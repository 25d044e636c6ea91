import { passedTests } from './junit.mjs';

const report = (counts, cases = '') =>
  `<?xml version="1.0"?><testsuites name="pytest tests"><testsuite name="pytest" errors="0" failures="0" ${counts} time="1.2">${cases}</testsuite></testsuites>`;

test('counts the tests', () => {
  expect(passedTests(report('skipped="0" tests="52"'))).toBe(52);
});

test('a skipped test is a failure, told with its reason', () => {
  const cases =
    '<testcase name="a"><skipped type="pytest.skip" message="flite is not installed">…</skipped></testcase>';
  expect(() => passedTests(report('skipped="1" tests="52"', cases))).toThrow(
    '1 of 52 tests were skipped (flite is not installed)',
  );
});

test.each([report('skipped="0" tests="0"'), ''])('no test at all is a failure', (xml) => {
  expect(() => passedTests(xml)).toThrow('no test ran');
});
