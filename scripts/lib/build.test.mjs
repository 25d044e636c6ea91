import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashOf } from './build.mjs';

describe('hashOf', () => {
  let root;
  const hash = () => hashOf(root, ['src', 'tsconfig.json', 'absent']);

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'vis-a-vis-build-'));
    mkdirSync(join(root, 'src', 'deep'), { recursive: true });
    writeFileSync(join(root, 'src', 'deep', 'main.ts'), 'export {};');
    writeFileSync(join(root, 'tsconfig.json'), '{}');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  test('stays when only times change', async () => {
    const before = await hash();
    utimesSync(join(root, 'src', 'deep', 'main.ts'), 1, 1);
    expect(await hash()).toBe(before);
  });

  test('stays when a test changes: tests are not part of the build', async () => {
    const before = await hash();
    writeFileSync(join(root, 'src', 'main.test.ts'), 'test');
    expect(await hash()).toBe(before);
  });

  test.each([
    ['a changed source', () => writeFileSync(join(root, 'src', 'deep', 'main.ts'), 'export const a = 1;')],
    ['a new source', () => writeFileSync(join(root, 'src', 'new.ts'), '')],
    ['a removed source', () => rmSync(join(root, 'src', 'deep', 'main.ts'))],
    ['a changed setting', () => writeFileSync(join(root, 'tsconfig.json'), '{"a":1}')],
  ])('changes with %s', async (_what, change) => {
    const before = await hash();
    change();
    expect(await hash()).not.toBe(before);
  });
});
