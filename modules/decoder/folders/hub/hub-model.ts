import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { VisavisError } from '#modules/contracts';
import { HubError, listFiles, type HubAccess, type HubFile, type HubId } from './hub-api.js';
import { aboutFiles, weightFiles } from './hub-choice.js';
import { fetchFile, RETRY_MS, type Fetching } from './hub-download.js';

/** Bytes of all files that are needed. Nothing is told before the small ones are there, which say which weights those are. */
export interface HubProgress {
  readonly done: number;
  readonly total: number;
}

export interface HubOptions extends HubAccess {
  /** Folder that fetched models are kept in. */
  readonly cache: string;
  readonly onProgress?: ((progress: HubProgress) => void) | undefined;
  /** One line for an operator. */
  readonly onWarn?: ((line: string) => void) | undefined;
  /** Wait before a file that broke off is gone on with (ms); it doubles. Default 500. */
  readonly retryMs?: number | undefined;
}

const COMMIT = /^[0-9a-f]{40}$/;
/** Lists what is there, with sizes: written when every file has been verified. */
const COMPLETE = '.complete.json';
const completeSchema = z.record(z.string(), z.number().int().nonnegative());

/**
 * The folder of a hub's model, fetched where it is not there: of a commit nothing is asked again, of a branch what it is now. What an
 * attempt has fetched, the next goes on from. Where the hub cannot be reached, what a branch was last time serves, with a warning.
 * @returns absolute path of a model folder, if `cache` is absolute
 * @throws `bad_model`; `aborted` by the signal
 */
export async function fetchHubModel(id: HubId, options: HubOptions): Promise<string> {
  const home = join(options.cache, 'hub', id.name.replace('/', '--'));
  const ref = join(home, 'refs', encodeURIComponent(id.revision));
  const known = COMMIT.test(id.revision) ? id.revision : await readFile(ref, 'utf8').catch(() => null);
  const before = known === null ? null : join(home, known);
  const usable = before !== null && (await isComplete(before));
  if (usable && known === id.revision) return before;
  try {
    const { commit, files } = await listFiles(id, options);
    const dir = join(home, commit);
    if (!(await isComplete(dir))) await fetchAll(files, { id, commit, dir, options });
    await writeWhole(ref, commit);
    return dir;
  } catch (error) {
    if (options.signal?.aborted) throw new VisavisError('aborted', 'fetching the model was aborted');
    if (!usable || !(error instanceof HubError) || !error.mayPass) throw error;
    options.onWarn?.(`${error.message}; going on with ${known}, which was fetched before`);
    return before;
  }
}

interface Commit {
  readonly id: HubId;
  readonly commit: string;
  readonly dir: string;
  readonly options: HubOptions;
}

async function fetchAll(files: readonly HubFile[], { id, commit, dir, options }: Commit): Promise<void> {
  let done = 0;
  let total: number | null = null;
  const to: Fetching = {
    id,
    commit,
    dir,
    access: options,
    retryMs: options.retryMs ?? RETRY_MS,
    onBytes: (bytes) => {
      done += bytes;
      if (total !== null) options.onProgress?.({ done, total });
    },
  };
  const fetchThese = async (wanted: readonly HubFile[]) => {
    for (const file of wanted) await fetchFile(file, to);
  };
  const about = aboutFiles(files);
  if (!about.some(({ path }) => path === 'config.json')) throw new HubError(id, 'it has no config.json');
  await fetchThese(about);
  const weights = weightFiles(
    files,
    await readJson(dir, 'config.json'),
    await readJson(dir, 'manifest.json'),
  );
  if (weights.length === 0) throw new HubError(id, 'it has no ONNX weights that this engine takes');
  total = [...about, ...weights].reduce((sum, { bytes }) => sum + bytes, 0);
  await fetchThese(weights);
  const sizes = [...about, ...weights].map(({ path, bytes }) => [path, bytes]);
  await writeWhole(join(dir, COMPLETE), JSON.stringify(Object.fromEntries(sizes)));
}

/** Every file was verified once; that nobody has cut one off since is a look at its size. */
async function isComplete(dir: string): Promise<boolean> {
  const listed = completeSchema.safeParse(await readJson(dir, COMPLETE));
  if (!listed.success) return false;
  const same = await Promise.all(
    Object.entries(listed.data).map(([path, bytes]) =>
      stat(join(dir, path)).then(
        ({ size }) => size === bytes,
        () => false,
      ),
    ),
  );
  return same.every(Boolean);
}

async function readJson(dir: string, file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(join(dir, file), 'utf8'));
  } catch {
    return null;
  }
}

/** A reader sees all of it or nothing. */
async function writeWhole(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}.part`;
  await writeFile(unfinished, text);
  await rename(unfinished, path);
}
