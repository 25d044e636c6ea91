import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LiveKitServer } from '../../../tools/support/rooms/livekit-server.js';

/** What `--livekit-key-file` is given before a test's server. */
export async function keyFile(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'visavis-livekit-'));
  const path = join(folder, 'keys.yaml');
  const { id, secret } = LiveKitServer.KEY;
  await writeFile(path, `${id}: ${secret}\n`);
  return { path, remove: () => rm(folder, { recursive: true }) };
}
