import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureSystemPackages } from './system-packages.mjs';

describe('ensureSystemPackages', () => {
  const path = process.env.PATH;
  let folder;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vis-a-vis-path-'));
    process.env.PATH = folder;
  });
  afterEach(() => {
    process.env.PATH = path;
    rmSync(folder, { recursive: true, force: true });
  });

  test('does nothing where the program is on PATH', async () => {
    writeFileSync(join(folder, 'chromium'), '#!/bin/sh\n');
    chmodSync(join(folder, 'chromium'), 0o755);
    await expect(ensureSystemPackages([{ name: 'chromium', program: 'chromium' }])).resolves.toBeUndefined();
  });

  test('where it may not install, tells the command that does', async () => {
    await expect(ensureSystemPackages([{ name: 'chromium', program: 'chromium' }])).rejects.toThrow(
      'missing chromium; run: sudo apt-get update && sudo apt-get install -y --no-install-recommends chromium',
    );
  });
});
