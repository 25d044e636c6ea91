import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
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
    jest.restoreAllMocks();
    rmSync(folder, { recursive: true, force: true });
  });

  const program = (name, body = '') => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  };

  test('does nothing where the program is on PATH', async () => {
    program('chromium');
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

  const absent = () => [
    { name: 'chromium', program: 'chromium' },
    { name: 'fonts-a', file: join(folder, 'a.ttf') },
    { name: 'libnone0', library: 'libnone.so.0' },
    { name: 'python3-venv' },
  ];

  test('where it may not install, tells the command that does', async () => {
    program('apt-get');
    jest.spyOn(process, 'getuid').mockReturnValue(1000);
    await expect(ensureSystemPackages(absent())).rejects.toThrow(
      'run: sudo apt-get update && sudo apt-get install -y --no-install-recommends chromium fonts-a libnone0 python3-venv',
    );
  });

  test('where it may, installs what is missing', async () => {
    program('apt-get', `echo "$@" >> ${folder}/log`);
    jest.spyOn(process, 'getuid').mockReturnValue(0);
    jest.spyOn(console, 'log').mockReturnValue(undefined);
    await ensureSystemPackages([...absent(), { name: 'libc6', library: 'libc.so.6' }]);
    expect(readFileSync(join(folder, 'log'), 'utf8')).toBe(
      'update -q\ninstall -y --no-install-recommends chromium fonts-a libnone0 python3-venv\n',
    );
  });

  test('where there is no apt-get, tells what is missing', async () => {
    await expect(ensureSystemPackages(absent())).rejects.toThrow(
      'missing chromium, fonts-a, libnone0, python3-venv (',
    );
  });
});
