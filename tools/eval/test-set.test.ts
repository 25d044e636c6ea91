import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spread, spreadByFamily, TestSet, turnsOf, type TestQuestion } from './test-set.js';

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

  it('reads questions of one turn in English as they were before there were others', async () => {
    await write([question]);
    const [read] = (await TestSet.read(folder)).questions;
    expect(read).toMatchObject({ lang: 'en', history: [] });
    expect(turnsOf(read!)).toEqual([read]);
  });

  it('reads the turns before a question, and Mandarin', async () => {
    const before = { question: 'how many', answer: 'One.', frames: [[0, 1]], speech: [0, 1] };
    await write([{ ...question, family: 'colour.zh', lang: 'zh', voice: 'cmn+x', history: [before] }]);
    const set = await TestSet.read(folder);
    const turns = turnsOf(set.questions[0]!);
    expect(turns.map((turn) => String(set.speech(turn)))).toEqual(['1', '2345']);
    expect(turns.map((turn) => set.pictures(turn).length)).toEqual([1, 2]);
  });

  it('refuses a turn before the question that lies outside of the files', async () => {
    const before = { question: 'how many', answer: 'One.', frames: [[4, 2]], speech: [0, 1] };
    await write([{ ...question, history: [before] }]);
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

describe('spreadByFamily', () => {
  it('takes as many of each', () => {
    const asked = ['a', 'a', 'a', 'a', 'b'].map(
      (family, at) => ({ id: at, family }) as unknown as TestQuestion,
    );
    expect(spreadByFamily(asked, 2).map(({ id }) => id)).toEqual([1, 3, 4]);
  });
});
