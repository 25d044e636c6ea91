import { StepError } from './process.mjs';

/**
 * What a suite found.
 * @typedef {{passed: number, failed: number, skipped: string[]}} Results names of the tests that were skipped, with their
 * reasons where they have any
 */

/**
 * @param {string} json jest's `--json` report
 * @param {string} root the repository, which the paths in the report begin with
 * @returns {Results} what could not even be loaded counts as one failure
 */
export function jestResults(json, root) {
  const report = JSON.parse(json);
  const skipped = report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => !['passed', 'failed'].includes(status))
      .map(({ fullName }) => `${name.replace(root, '')}: ${fullName}`),
  );
  const unloaded = report.numRuntimeErrorTestSuites;
  return { passed: report.numPassedTests, failed: report.numFailedTests + unloaded, skipped };
}

/**
 * @param {string} xml a report in JUnit's form, as pytest writes it
 * @returns {Results}
 */
export function pytestResults(xml) {
  const count = (name) => Number(xml.match(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`))?.[1] ?? 0);
  const skipped = [...xml.matchAll(/<testcase ([^>]*)>\s*<skipped ([^>]*)/g)].map(([, test, skip]) => {
    const attribute = (text, name) => text.match(new RegExp(`\\b${name}="([^"]*)"`))?.[1] ?? '';
    return `${attribute(test, 'classname')}.${attribute(test, 'name')}: ${attribute(skip, 'message')}`;
  });
  const failed = count('failures') + count('errors');
  return { passed: count('tests') - failed - count('skipped'), failed, skipped };
}

/**
 * A suite that ended well: did it run, and all of it?
 * @param {Results} results
 * @param {boolean} whole nothing may be skipped: what the tests need is there, so none has a reason
 * @throws StepError
 */
export function holdsUp({ passed, skipped }, whole) {
  if (passed === 0) throw new StepError('no test ran');
  if (!whole || skipped.length === 0) return;
  throw new StepError(
    [`${skipped.length} skipped, of ${passed + skipped.length} tests:`, ...skipped].join('\n  '),
  );
}
