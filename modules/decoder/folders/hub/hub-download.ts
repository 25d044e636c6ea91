import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../folder-files.js';
import { ask, HubError, SILENCE_MS, type HubAccess, type HubFile, type HubId } from './hub-api.js';

/** Of one file, after each that broke off; what was there is kept. */
const TRIES = 6;
/** Before the second; it doubles (ms). */
export const RETRY_MS = 500;

/** One commit of a model, and where its files go. */
export interface Fetching {
  readonly id: HubId;
  readonly commit: string;
  readonly dir: string;
  readonly access: HubAccess;
  readonly retryMs: number;
  /** Called for each piece: bytes that are new, or that have to be fetched again (negative). */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Brings a file to where it belongs, from where an earlier attempt broke off (`<file>.part`). It is there only once it is what the hub
 * lists.
 * @throws HubError
 */
export async function fetchFile(file: HubFile, to: Fetching): Promise<void> {
  const path = join(to.dir, file.path);
  const size = await sizeOf(path);
  if (size === file.bytes) return to.onBytes(size);
  const part = `${path}.part`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(part, '', { flag: 'a' });
  to.onBytes(await sizeOf(part));
  for (let attempt = 1; ; attempt += 1) {
    try {
      await fetchRest(file, part, to);
      await verify(file, part, to);
      return await rename(part, path);
    } catch (cause) {
      const error =
        cause instanceof HubError ? cause : new HubError(to.id, `${file.path}: ${reasonOf(cause)}`, true);
      if (to.access.signal?.aborted || !error.mayPass || attempt === TRIES) throw error;
      await sleep(to.retryMs * 2 ** (attempt - 1), undefined, { signal: to.access.signal });
    }
  }
}

async function fetchRest(file: HubFile, part: string, to: Fetching): Promise<void> {
  let have = await sizeOf(part);
  if (have > file.bytes) have = await forget(part, have, to);
  if (have === file.bytes) return;
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  const url = `${to.access.endpoint}/${to.id.name}/resolve/${to.commit}/${path}`;
  // A range is one of the bytes that are kept, not of what a compression made of them.
  const headers = { 'accept-encoding': 'identity', ...(have > 0 && { range: `bytes=${have}-` }) };
  const response = await ask(url, to.access, headers);
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    if (response.status === 416) await forget(part, have, to);
    const mayPass = response.status >= 500 || [408, 416, 429].includes(response.status);
    throw new HubError(to.id, `${file.path}: the hub answered ${response.status}`, mayPass);
  }
  const from = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
  const continues = response.status === 206 && Number(from) === have;
  if (!continues && response.status === 206) {
    await response.body.cancel();
    await forget(part, have, to);
    throw new HubError(to.id, `${file.path}: the hub sent another part than was asked for`, true);
  }
  if (!continues) have = await forget(part, have, to);
  await pipeline(
    pieces(response.body as ReadableStream<Uint8Array>),
    counting(file, have, to),
    createWriteStream(part, { flags: continues ? 'a' : 'w' }),
  );
}

/** Gives up on a hub that falls silent in the middle of a file. */
async function* pieces(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const next = await soon(reader.read());
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function soon<T>(promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('the hub fell silent')), SILENCE_MS);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Not a byte more than the hub lists is kept, whatever it sends. */
function counting(file: HubFile, have: number, to: Fetching): Transform {
  let left = file.bytes - have;
  return new Transform({
    transform(piece: Uint8Array, _, done) {
      left -= piece.length;
      if (left < 0) return done(new HubError(to.id, `${file.path}: the hub sent more than it lists`, true));
      to.onBytes(piece.length);
      done(null, piece);
    },
    flush: (done) => done(left > 0 ? new Error('it broke off') : null),
  });
}

async function verify(file: HubFile, part: string, to: Fetching): Promise<void> {
  const { kind, hex } = file.hash;
  const hash = createHash(kind === 'sha256' ? 'sha256' : 'sha1');
  if (kind === 'git') hash.update(`blob ${file.bytes}\0`);
  await pipeline(createReadStream(part), hash);
  const found = hash.digest('hex');
  if (found === hex) return;
  await forget(part, file.bytes, to);
  throw new HubError(to.id, `${file.path}: its hash is ${found}, the hub lists ${hex}`, true);
}

async function forget(part: string, have: number, to: Fetching): Promise<0> {
  await truncate(part);
  if (have > 0) to.onBytes(-have);
  return 0;
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );
