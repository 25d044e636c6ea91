// A caller as a process of its own, to be killed: `caller-process.js URL LIFE`. It sends its record where it is about to leave, and goes on
// talking until it is killed.
import { setTimeout as sleep } from 'node:timers/promises';
import { perform } from './acts.js';
import { live } from './caller.js';
import type { Life } from './life.js';
import { readMaterial } from './material.js';
import type { CallRecord } from './record.js';

const [url = '', text = ''] = process.argv.slice(2);
const life = JSON.parse(text) as Life;

const record = await live(life, { url, material: await readMaterial() }, async (soFar, scene) => {
  tell(soFar);
  while (await perform({ k: 'spoken', pick: life.n }, scene)) await scene.line.silence();
  await sleep(2 ** 31 - 1);
});
// Only where it did not come to that.
tell(record);

function tell(soFar: CallRecord): void {
  process.send?.(soFar);
}
