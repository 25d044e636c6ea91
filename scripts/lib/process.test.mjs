// Real: the processes.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './process.mjs';

const script = (code) => ['--eval', code];
const node = (code, how) => run(process.execPath, script(code), { cwd: process.cwd(), what: 'it', ...how });

test('output goes where it is told, whole and each stream in its order', async () => {
  let output = '';
  await node("console.log('out', 'ä'.repeat(100_000)); console.error('err')", {
    output: (text) => (output += text),
  });
  // Two pipes: what comes of one may stand within what comes of the other.
  expect(output).toContain('err\n');
  expect(output.replace('err\n', '')).toBe(`out ${'ä'.repeat(100_000)}\n`);
});

test('an exit code other than 0 is an error, and so is a program that is not there', async () => {
  const output = () => undefined;
  await expect(node('process.exit(3)', { output })).rejects.toThrow('it failed (exit code 3)');
  await expect(run('/no/program', [], { output, what: 'it' })).rejects.toThrow(
    'it: cannot start /no/program (ENOENT)',
  );
});

describe('a program that is stopped', () => {
  let folder;

  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'vis-a-vis-process-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('ends with all that it started', async () => {
    const stop = new AbortController();
    // The child of the child would live for ever, and hold its output open.
    const inner = `console.log('up'); setInterval(() => {}, 1000)`;
    const outer = `require('child_process').spawn(process.execPath, ['--eval', ${JSON.stringify(inner)}], { stdio: 'inherit' })`;
    await expect(node(outer, { signal: stop.signal, output: () => stop.abort() })).rejects.toThrow(
      'it failed (SIGTERM)',
    );
  });

  test('is not even started where it was stopped before', async () => {
    await expect(
      node(`require('fs').writeFileSync(${JSON.stringify(join(folder, 'ran'))}, '')`, {
        signal: AbortSignal.abort(),
      }),
    ).rejects.toThrow('it was stopped');
    expect(existsSync(join(folder, 'ran'))).toBe(false);
  });
});
