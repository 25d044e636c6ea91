import { holdsUp, jestResults, pytestResults } from './reports.mjs';

describe('pytestResults', () => {
  const report = (counts, cases = '') =>
    `<?xml version="1.0"?><testsuites name="pytest tests"><testsuite name="pytest" ${counts} time="1.2">${cases}</testsuite></testsuites>`;

  test('counts the tests', () => {
    expect(pytestResults(report('errors="1" failures="2" skipped="0" tests="52"'))).toEqual({
      passed: 49,
      failed: 3,
      skipped: [],
    });
  });

  test('names what was skipped, and why', () => {
    const cases = `<testcase classname="tests.test_a" name="passes" time="0.1" /><testcase classname="tests.test_a" name="sings[1]" time="0">
      <skipped type="pytest.skip" message="flite is not installed">…</skipped></testcase>`;
    expect(pytestResults(report('errors="0" failures="0" skipped="1" tests="2"', cases))).toEqual({
      passed: 1,
      failed: 0,
      skipped: ['tests.test_a.sings[1]: flite is not installed'],
    });
  });

  test('a report without tests has none', () => {
    expect(pytestResults('')).toEqual({ passed: 0, failed: 0, skipped: [] });
  });
});

describe('jestResults', () => {
  const test_ = (status, fullName) => ({ status, fullName });
  const report = {
    numPassedTests: 1,
    numFailedTests: 1,
    numRuntimeErrorTestSuites: 1,
    testResults: [
      {
        name: '/repository/src/a.test.ts',
        assertionResults: [
          test_('passed', 'a'),
          test_('failed', 'b'),
          test_('pending', 'c d'),
          test_('todo', 'e'),
        ],
      },
      { name: '/repository/src/broken.test.ts', assertionResults: [] },
    ],
  };

  test('counts the tests, and files that could not be loaded; names what was skipped', () => {
    expect(jestResults(JSON.stringify(report), '/repository/')).toEqual({
      passed: 1,
      failed: 2,
      skipped: ['src/a.test.ts: c d', 'src/a.test.ts: e'],
    });
  });
});

describe('holdsUp', () => {
  const results = { passed: 5, failed: 0, skipped: ['a: no network', 'b'] };

  test('no test at all is a failure', () => {
    expect(() => holdsUp({ passed: 0, failed: 0, skipped: [] }, false)).toThrow('no test ran');
  });

  test('a skipped test is a failure where none may be, and is named', () => {
    expect(() => holdsUp(results, true)).toThrow('2 skipped, of 7 tests:\n  a: no network\n  b');
    expect(() => holdsUp(results, false)).not.toThrow();
    expect(() => holdsUp({ ...results, skipped: [] }, true)).not.toThrow();
  });
});
