import { Findings, grew, passed, reportLines, type FuzzReport } from './report.js';

const GOOD: FuzzReport = {
  inputs: 100,
  byKind: { stun: 40, event: 60 },
  dropped: 0,
  answers: { invalid_event: 3 },
  exits: 0,
  honest: { asked: 4, right: 4 },
  rssMb: { before: 300, after: 330 },
  seed: 1,
  seconds: 1,
  findings: [],
};

test('a run passes only without an exit, a wrong turn or growth', () => {
  expect(passed(GOOD)).toBe(true);
  expect(passed({ ...GOOD, exits: 1 })).toBe(false);
  expect(passed({ ...GOOD, honest: { asked: 4, right: 3 } })).toBe(false);
  expect(passed({ ...GOOD, honest: { asked: 0, right: 0 } })).toBe(false);
  expect(passed({ ...GOOD, rssMb: { before: 300, after: 331 } })).toBe(false);
  expect(grew({ before: null, after: null })).toBe(false);
});

test('the same finding again is counted, and all of its files are named', () => {
  const findings = new Findings();
  findings.add('exit', 1234, 'SIGSEGV', ['a.log']);
  findings.add('exit', 5678, 'SIGSEGV', ['b.log']);
  findings.add('honest', 1, 'no answer');
  expect(findings.list).toEqual([
    { what: 'exit', atS: 1.2, detail: 'SIGSEGV', times: 2, files: ['a.log', 'b.log'] },
    { what: 'honest', atS: 0, detail: 'no answer', times: 1, files: [] },
  ]);
  expect(reportLines({ ...GOOD, findings: findings.list }).join('\n')).toContain(
    'exit at 1.2 s (2 times): SIGSEGV\n  a.log\n  b.log',
  );
});
