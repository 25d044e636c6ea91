import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spread, TestSet } from './test-set.js';

const question = {
  id: 'colour-1',
  family: 'colour',
  synthesiser: 'espeak',
  question: 'what color is the star',
  answer: 'Red.',
  keys: ['red'],
  cats: ['colour'],
  frames: [
    [0, 2],
    [2, 3],
  ],
  speech: [1, 4],
};

describe('TestSet', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'visavis-set-'));
    await writeFile(join(folder, 'frames.bin'), 'abcde');
    await writeFile(join(folder, 'speech.bin'), '12345');
  });
  afterEach(() => rm(folder, { recursive: true }));
  const write = (questions: unknown[]) => writeFile(join(folder, 'set.json'), JSON.stringify({ questions }));

  it('finds the files of a question', async () => {
    await write([question]);
    const set = await TestSet.read(folder);
    const first = set.questions[0]!;
    expect(set.pictures(first).map(String)).toEqual(['ab', 'cde']);
    expect(String(set.speech(first))).toBe('2345');
  });

  it('refuses a question that lies outside of the files', async () => {
    await write([{ ...question, speech: [1, 5] }]);
    await expect(TestSet.read(folder)).rejects.toThrow('colour-1 lies outside');
  });

  it('refuses what is no list of questions', async () => {
    await write([{ ...question, synthesiser: 'parrot' }]);
    await expect(TestSet.read(folder)).rejects.toThrow('synthesiser');
  });
});

describe('spread', () => {
  const items = Array.from({ length: 10 }, (_, i) => i);

  it('takes as many as are wanted, evenly', () => {
    expect(spread(items, 5)).toEqual([1, 3, 5, 7, 9]);
    for (let count = 0; count <= 10; count++) expect(spread(items, count)).toHaveLength(count);
  });

  it('takes all where there are no more', () => {
    expect(spread(items, Infinity)).toEqual(items);
  });
});
