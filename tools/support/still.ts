import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY } from './repository.js';

/** What the camera of the tests shows, as one JPEG file: the table of the rendered call, before anything happens on it. */
export async function readStill(): Promise<Buffer> {
  const file = await readFile(join(REPOSITORY, 'test/fixtures/e2e/table.mjpeg'));
  // Motion JPEG is one JPEG file after the other.
  return file.subarray(0, file.indexOf(Buffer.from([0xff, 0xd9])) + 2);
}
