import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { docBlocks, RUN_DOCUMENTS } from './doc-blocks.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Whose blocks a test runs: test/long/examples/examples.test.ts, test/clients/python.test.ts. */
const RUN = ['js', 'html', 'python'];

it('reads blocks with their fences and what is said of them', () => {
  const markdown =
    'a\n\n```js runnable page\nx(); // → red\ny(); // → 3\n```\n\n<!-- not run: no -->\n\n```\nb\n```\n';
  expect(docBlocks(markdown)).toEqual([
    {
      line: 3,
      language: 'js',
      words: ['runnable', 'page'],
      code: 'x(); // → red\ny(); // → 3\n',
      notRun: null,
      writes: ['red', '3'],
    },
    { line: 10, language: '', words: [], code: 'b\n', notRun: 'no', writes: [] },
  ]);
});

it.each(RUN_DOCUMENTS)(
  'each block of %s is run, and says what it writes, or says why it is not',
  async (file) => {
    const blocks = docBlocks(await readFile(`${ROOT}/${file}`, 'utf8'));
    expect(blocks.length).toBeGreaterThan(3);
    const silent = blocks.filter(
      ({ words, notRun, language, writes }) =>
        words.includes('runnable') !== (notRun === null && RUN.includes(language) && writes.length > 0) ||
        (!words.includes('runnable') && notRun === null),
    );
    expect(silent.map(({ line }) => `${file}:${line}`)).toEqual([]);
  },
);
