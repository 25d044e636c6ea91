// The runner as a person meets it: exit codes, one-line errors and signals of the real process.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const run = fileURLToPath(new URL('run.mjs', import.meta.url));
const processLib = new URL('lib/process.mjs', import.meta.url).href;

/** A process that becomes `code`, as run.mjs becomes the gateway. */
const becoming = (code) => [
  '--input-type=module',
  '--eval',
  `import { become } from ${JSON.stringify(processLib)};
   await become(process.execPath, ['--eval', ${JSON.stringify(code)}, 'x', 'y z'], { cwd: process.cwd() });`,
];

test('an unknown command is told in one line, with exit code 1', () => {
  const { status, stderr } = spawnSync(process.execPath, [run, 'dance'], { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toBe(
    'vis-a-vis: usage: node scripts/run.mjs <start|demo|eval|soak|load|bot|bench|replay|fuzz|specs|api|servers|key|docs|pack|test|build> [args…]\n',
  );
});

test('an unknown step of npm test is told with the known ones', () => {
  const { status, stderr } = spawnSync(process.execPath, [run, 'test', '--only', 'luck'], {
    encoding: 'utf8',
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^vis-a-vis: no step 'luck'; there are build, format, lint, .*\n$/);
});

test('arguments and the exit code pass through', () => {
  const code = 'console.log(process.argv.slice(1).join("|")); process.exitCode = 7';
  const { status, stdout } = spawnSync(process.execPath, becoming(code), { encoding: 'utf8' });
  expect(stdout).toBe('x|y z\n');
  expect(status).toBe(7);
});

test.each(['SIGINT', 'SIGTERM'])('%s reaches the program, which may end in its own time', async (signal) => {
  const code = `process.once('${signal}', () => setTimeout(() => process.exit(5), 50));
                setInterval(() => {}, 1000); console.log('ready');`;
  const child = spawn(process.execPath, becoming(code), { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill(signal);
  const [exitCode] = await once(child, 'close');
  expect(exitCode).toBe(5);
});

test('a program killed by a signal is reported as killed by it', async () => {
  const child = spawn(process.execPath, becoming("process.kill(process.pid, 'SIGKILL')"), {
    stdio: 'ignore',
  });
  const [, signal] = await once(child, 'close');
  expect(signal).toBe('SIGKILL');
});
