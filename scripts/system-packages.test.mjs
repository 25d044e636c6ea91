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

  test('does nothing where the file or the library is there', async () => {
    const file = join(folder, 'a.ttf');
    writeFileSync(file, '');
    const packages = [
      { name: 'fonts-a', file },
      { name: 'libc6', library: 'libc.so.6' },
    ];
    await expect(ensureSystemPackages(packages)).resolves.toBeUndefined();
  });

  test('where it may not install, tells the command that does', async () => {
    const packages = [
      { name: 'chromium', program: 'chromium' },
      { name: 'fonts-a', file: join(folder, 'a.ttf') },
      { name: 'libnone0', library: 'libnone.so.0' },
      { name: 'python3-venv' },
    ];
    await expect(ensureSystemPackages(packages)).rejects.toThrow(
      'run: sudo apt-get update && sudo apt-get install -y --no-install-recommends chromium fonts-a libnone0 python3-venv',
    );
  });
});
