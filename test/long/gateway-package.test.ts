import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connect } from '@vis-a-vis/client/node';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const exec = promisify(execFile);
/** npm's registry has no written limit for a tarball; what has been published there reaches beyond this. */
const MAX_TARBALL_BYTES = 100e6;

/** Real: the package as npm packs it, installed with what it depends on in an empty folder outside of the repository, and its model. */
describe('@vis-a-vis/gateway', () => {
  let folder: string;
  let tarball: string;
  let child: ChildProcess | undefined;
  const signal = (name: NodeJS.Signals) => child?.pid !== undefined && process.kill(-child.pid, name);
  const env = { ...process.env, NODE_OPTIONS: '', VISAVIS_PORT: '0', VISAVIS_ICE_HOSTS: '127.0.0.1' };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'visavis-gateway-'));
    const { stdout } = await exec(process.execPath, ['scripts/pack-gateway.mjs'], { cwd: ROOT, env });
    tarball = stdout.trim();
  });
  afterAll(async () => {
    signal('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  it('is small enough to be published, and has the notices of what it holds', async () => {
    const { size } = await stat(tarball);
    console.log(`@vis-a-vis/gateway: ${(size / 1e6).toFixed(1)} MB packed`);
    expect(size).toBeLessThan(MAX_TARBALL_BYTES);
    const { stdout } = await exec('tar', ['-tzf', tarball]);
    const files = stdout.split('\n').map((name) => name.replace(/^package\//, ''));
    const notice = await readFile(join(ROOT, 'packages/gateway/NOTICE'), 'utf8');
    expect(files).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'NOTICE',
        'README.md',
        'models/visavis-pocket/NOTICE',
        'models/turns/LICENSE-smart-turn.txt',
        'dist/docs/LICENSE',
        'dist/docs/NOTICE',
      ]),
    );
    // Each folder that holds something of others is named.
    for (const name of ['models/visavis-pocket', 'models/turns', 'dist/docs']) expect(notice).toContain(name);
    expect(files.filter((name) => /\.test\.|testing\//.test(name))).toEqual([]);
  });

  it('starts by npx in an empty folder, and answers', async () => {
    const project = join(folder, 'project');
    await mkdir(project);
    await writeFile(join(project, 'package.json'), '{"private":true}');
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
    await exec('npm', ['install', ...flags, tarball], { cwd: project, env });
    child = spawn('npx', ['--no-install', '@vis-a-vis/gateway'], {
      cwd: project,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
      // npx starts it by a shell, which keeps signals to itself: a terminal's go to all of them.
      detached: true,
    });
    const ended = once(child, 'close');
    const url = new Promise<string>((resolve) => {
      createInterface({ input: child!.stdout! }).on('line', (line) => {
        const entry = line.startsWith('{') ? (JSON.parse(line) as { msg?: string; url?: string }) : {};
        if (entry.msg === 'listening') resolve(entry.url ?? '');
      });
    });
    const died = ended.then(([code]) => Promise.reject(new Error(`it ended with ${code}`)));
    died.catch(() => undefined);
    const call = await connect({ url: await Promise.race([url, died]) });
    const { status, text } = await call.say('what can you do').done;
    call.close();
    expect(status).toBe('completed');
    expect(text).toMatch(/shapes/);
    signal('SIGTERM');
    await ended;
    child = undefined;
  });
});
