import { jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { artifact } from './support/chromium.js';

jest.setTimeout(180_000);

interface Turn {
  readonly question: string;
  readonly expected: string;
  readonly answer: string;
  readonly correct: boolean;
  readonly framesAttended: number;
  readonly speechEndToFirstTokenMs: number;
  readonly commitToFirstTokenMs: number;
}

/** Real: everything. What `npm run demo` runs, after its set-up. */
describe('the demo', () => {
  it('holds a call with three spoken questions, one about the past, and every answer is right', async () => {
    const json = await artifact('demo.json');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['dist/tools/demo/main.js', '--json', json],
      {
        cwd: fileURLToPath(new URL('../..', import.meta.url)),
      },
    );
    expect(stdout).toMatch(/3 of 3 answers are right/);
    const { ok, turns } = JSON.parse(await readFile(json, 'utf8')) as { ok: boolean; turns: Turn[] };
    expect(ok).toBe(true);
    expect(turns).toHaveLength(3);
    for (const turn of turns) {
      expect(turn.correct).toBe(true);
      expect(turn.framesAttended).toBeGreaterThan(0);
      expect(turn.speechEndToFirstTokenMs).toBeGreaterThan(turn.commitToFirstTokenMs);
    }
  });
});
