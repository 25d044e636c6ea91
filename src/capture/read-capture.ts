import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, gunzip } from 'node:zlib';
import { VisavisError } from '#modules/contracts';
import { captureRecordSchema, type Capture, type TimedRecord } from './core/records.js';

const unpack = promisify(gunzip);
/** Of a file, and of what is in it (bytes): a capture is a few megabytes, and a stranger's file may be anything. */
const MAX_FILE_BYTES = 512 * 1024 * 1024;
const MAX_TEXT_BYTES = 1024 * 1024 * 1024;

/**
 * Reads a capture. One that breaks off in the middle of a line, as after a crash, is read up to there.
 * @throws VisavisError `bad_capture`, with the line that is none
 */
export async function readCapture(path: string): Promise<Capture> {
  return parseCapture(await textIn(path), path);
}

/** @param name what errors call it */
export function parseCapture(text: string, name: string): Capture {
  const lines = text.split('\n');
  // What is behind the last line break is nothing, or a line that was not written whole.
  lines.pop();
  const [first, ...rest] = lines.map((line, index) => recordOf(line, `${name}:${index + 1}`));
  if (first?.t !== 'capture') throw bad(name, 'it does not begin as a capture does');
  const records = rest.map((record, index): TimedRecord => {
    if (record.t === 'capture') throw bad(`${name}:${index + 2}`, 'another capture begins here');
    return record;
  });
  return { header: first, records };
}

async function textIn(path: string): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      if ((await file.stat()).size > MAX_FILE_BYTES) throw bad(path, 'it is too large for a capture');
      const packed = await file.readFile();
      const text = await unpack(packed, {
        maxOutputLength: MAX_TEXT_BYTES,
        finishFlush: constants.Z_SYNC_FLUSH,
      });
      return text.toString();
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof VisavisError) throw cause;
    throw bad(path, cause instanceof Error ? cause.message : String(cause));
  }
}

function recordOf(line: string, where: string) {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw bad(where, 'it is not JSON');
  }
  const parsed = captureRecordSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw bad(where, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

function bad(where: string, why: string): VisavisError {
  return new VisavisError('bad_capture', `${where}: ${why}`);
}
