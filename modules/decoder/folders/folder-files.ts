import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isNativeError } from 'node:util/types';
import type { z } from 'zod';
import { VisavisError } from '#modules/contracts';

/** @returns a `bad_model` error that names the file and the cause in one line */
export function badModel(dir: string, file: string, cause: string): VisavisError {
  return new VisavisError('bad_model', `model folder ${dir}: ${file}: ${cause}`, file);
}

/** @throws `bad_model` where the file is not there or is not the one that the manifest lists */
export async function checkFile(
  dir: string,
  file: string,
  expected: { bytes: number; sha256: string },
): Promise<void> {
  const path = join(dir, file);
  const { size } = await stat(path).catch((cause: unknown) => {
    throw badModel(dir, file, reasonOf(cause));
  });
  if (size !== expected.bytes) {
    throw badModel(dir, file, `has ${size} bytes, manifest.json says ${expected.bytes}`);
  }
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  const sha256 = hash.digest('hex');
  if (sha256 !== expected.sha256) {
    throw badModel(dir, file, `sha256 is ${sha256}, manifest.json says ${expected.sha256}`);
  }
}

/** @throws `bad_model` where the file is missing, is not JSON or not as `schema` has it */
export async function readJson<T>(dir: string, file: string, schema: z.ZodType<T>): Promise<T> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(join(dir, file), 'utf8'));
  } catch (cause) {
    throw badModel(dir, file, reasonOf(cause));
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw badModel(
    dir,
    file,
    issue ? `${issue.path.join('.') || basename(file)}: ${issue.message}` : 'is not valid',
  );
}

/** What went wrong, in one line. */
export function reasonOf(cause: unknown): string {
  // Not `instanceof Error`: what Node itself throws need not be of this realm's class.
  if (!isNativeError(cause)) return oneLine(String(cause));
  if ('code' in cause && cause.code === 'ENOENT') return 'is missing';
  return cause.name === 'SyntaxError' ? `is not JSON (${cause.message})` : oneLine(cause.message);
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, ' ');
}
