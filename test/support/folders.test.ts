import { globSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Files of one folder, tests included: what one can look over. */
const MOST = 20;
/** Folders with more than that, from before there was this rule: none is to be added. */
const LARGER: readonly string[] = [
  'modules/media/core',
  'packages/protocol/src',
  'src/realtime',
  'test/contract',
  'test/e2e',
  'test/support',
  'tools/eval',
  'tools/soak',
];
const SOURCES =
  '{modules,src,packages,tools,bench,client-demo,examples,test,scripts}/**/*.{ts,mjs,js,py,tsx}';
const MADE = /(^|\/)(node_modules|dist|fixtures|artifacts|\.venv|__pycache__)(\/|$)/;

/** Source files by folder. */
function sizes(): Map<string, number> {
  const count = new Map<string, number>();
  const files = globSync(SOURCES, { cwd: ROOT, exclude: (path) => MADE.test(path) });
  for (const file of files.filter((path) => !MADE.test(path)))
    count.set(dirname(file), (count.get(dirname(file)) ?? 0) + 1);
  return count;
}

describe('folders', () => {
  const found = sizes();

  it('can be looked over', () => {
    expect(found.size).toBeGreaterThan(100);
    const large = [...found].filter(([folder, size]) => size > MOST && !LARGER.includes(folder));
    expect(large).toEqual([]);
  });

  it('leave the list of exceptions when they need none', () => {
    expect(LARGER.filter((folder) => (found.get(folder) ?? 0) <= MOST)).toEqual([]);
  });

  it('hold the rooms of decoder and conversation to the rule without exception', () => {
    const rooms = [...found.keys()].filter((folder) => /^modules\/(decoder|conversation)(\/|$)/.test(folder));
    expect(rooms.length).toBeGreaterThan(20);
    expect(rooms.filter((folder) => LARGER.includes(folder))).toEqual([]);
  });
});
