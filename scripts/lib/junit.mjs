import { StepError } from './process.mjs';

/**
 * @param {string} xml a report in JUnit's form, as pytest writes it
 * @returns {number} how many tests passed
 * @throws StepError where a test was skipped, or none ran: what the tests need is installed for them, so there is no reason to
 */
export function passedTests(xml) {
  const count = (name) => Number(xml.match(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`))?.[1] ?? NaN);
  const [tests, skipped] = [count('tests'), count('skipped')];
  if (!(tests > 0)) throw new StepError('no test ran');
  if (skipped !== 0) {
    const why = xml.match(/<skipped [^>]*message="([^"]*)"/)?.[1];
    throw new StepError(`${skipped} of ${tests} tests were skipped (${why})`);
  }
  return tests;
}
