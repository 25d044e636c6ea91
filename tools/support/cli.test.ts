import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { jest } from '@jest/globals';
import { runTool, ToolError, wholeNumber } from './cli.js';

describe('runTool', () => {
  const exitCode = process.exitCode;
  let told: string[];
  beforeEach(() => {
    told = [];
    jest.spyOn(console, 'error').mockImplementation((line: unknown) => told.push(String(line)));
  });
  afterEach(() => {
    jest.restoreAllMocks();
    process.exitCode = exitCode;
  });

  const codeOf = async (main: () => Promise<number>) => {
    await runTool(main);
    return process.exitCode;
  };

  it('exits with what the command returns', async () => {
    expect(await codeOf(() => Promise.resolve(3))).toBe(3);
    expect(told).toEqual([]);
  });

  it.each([
    ['a tool error', () => Promise.reject(new ToolError('no answer'))],
    ['an unknown option', async () => parseArgs({ args: ['--nope'], options: {} }).positionals.length],
    ['a missing file', async () => (await readFile('/nowhere/at/all')).length],
  ])('tells %s in one line', async (_, main) => {
    expect(await codeOf(main)).toBe(1);
    expect(told).toEqual([expect.stringMatching(/^vis-a-vis: .+/)]);
  });

  it('lets a bug through', async () => {
    await expect(runTool(() => Promise.reject(new TypeError('bug')))).rejects.toThrow('bug');
  });
});

describe('wholeNumber', () => {
  it('takes whole numbers of at least 1', () => {
    expect(wholeNumber('limit', '40')).toBe(40);
    for (const text of ['0', '-1', '1.5', 'many', '']) {
      expect(() => wholeNumber('limit', text)).toThrow(`--limit must be a whole number of at least 1`);
    }
  });
});
