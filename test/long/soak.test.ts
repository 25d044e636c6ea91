import { jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

jest.setTimeout(300_000);

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Report {
  readonly calls: number;
  readonly failed: number;
  readonly exits: number;
  readonly byLeaving: Record<string, { calls: number; failed: number }>;
  readonly byFailure: Record<string, number>;
  readonly fds: { before: number; after: number };
}

/** Real: everything, callers that are killed among it. */
describe('npm run soak', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'soak-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const soak = async (...options: string[]): Promise<{ code: unknown; told: string; report: Report }> => {
    const json = join(folder, 'soak.json');
    const argv = [
      '--max-semi-space-size=2',
      '--heap-growing-percent=40',
      'dist/tools/soak/main.js',
      '--json',
      json,
      '--seed',
      '5',
      ...options,
    ];
    const child = spawn(process.execPath, argv, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
    let told = '';
    child.stdout.on('data', (chunk: Buffer) => (told += chunk.toString()));
    const [code] = (await once(child, 'close')) as unknown[];
    return { code, told, report: JSON.parse(await readFile(json, 'utf8')) as Report };
  };

  it('leaves in every way, twice, and the gateway is none the worse for it', async () => {
    const { code, told, report } = await soak('--leave', '28', '--concurrent', '7', '--rest', '5');
    expect({ told, ...report }).toMatchObject({ calls: 28, failed: 0, exits: 0, byFailure: {} });
    expect(Object.values(report.byLeaving)).toEqual(Array(14).fill({ calls: 2, failed: 0 }));
    expect(report.fds.after).toBeLessThanOrEqual(report.fds.before);
    expect(code).toBe(0);
  });

  it('has calls come by time, talk, and end', async () => {
    const { code, told, report } = await soak(
      '--minutes',
      '0.3',
      '--rate',
      '14',
      '--concurrent',
      '3',
      '--rest',
      '5',
    );
    expect({ told, ...report }).toMatchObject({ failed: 0, exits: 0 });
    expect(report.calls).toBeGreaterThan(1);
    expect(code).toBe(0);
  });
});
