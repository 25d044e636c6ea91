// `node dist/tools/captures/make.js [NAME …]`: records the calls of test/fixtures/captures anew, by a gateway of its own.
import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runTool, ToolError } from '../support/cli.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { REPOSITORY } from '../support/repository.js';
import { hold, holdSocket, SCRIPTS } from './scripts.js';

const OUT = join(REPOSITORY, 'test/fixtures/captures');
const SUFFIX = '.capture.jsonl.gz';
const WEBSOCKET = 'websocket';
const GOODBYE_MS = 300;

await runTool(async () => {
  const asked = process.argv.slice(2);
  const names = asked.length > 0 ? asked : [...Object.keys(SCRIPTS), WEBSOCKET];
  await mkdir(OUT, { recursive: true });
  for (const name of names) {
    const folder = await mkdtemp(join(tmpdir(), 'captures-'));
    try {
      await record(name, folder);
      const [file, ...others] = await readdir(folder);
      if (file === undefined || others.length > 0) throw new ToolError(`${name}: one capture was to be made`);
      await copyFile(join(folder, file), join(OUT, `${name}${SUFFIX}`));
      console.log(name);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return 0;
});

/** What is recorded is whole when the gateway has ended. */
async function record(name: string, folder: string): Promise<void> {
  const script = SCRIPTS[name];
  if (!script && name !== WEBSOCKET) throw new ToolError(`there is no script ${name}`);
  const gateway = await GatewayProcess.start({ VISAVIS_CAPTURE_DIR: folder });
  try {
    await (script ? hold(script, gateway.url) : holdSocket(gateway.url));
    // Until the gateway knows.
    await sleep(GOODBYE_MS);
  } finally {
    await gateway.stop();
  }
}
