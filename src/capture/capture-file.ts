import { open, type FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Guard } from '#modules/contracts';

const pack = promisify(gzip);
/** So many characters leave together. */
const CHUNK_CHARS = 64 * 1024;
/** And after so long (ms), however many there are: what a crash can cost. */
const CHUNK_MS = 1000;
/** More than this may not wait for a slow disk (characters). */
const MOST_WAITING_CHARS = 8 * 1024 * 1024;

/** How a file ended: whole, never begun for want of a line, at a bound, or because it could not be written. */
export type FileEnd = 'complete' | 'empty' | 'bytes' | 'minutes' | 'folder_full' | 'slow_disk' | 'unwritable';

export interface CaptureFileOptions {
  readonly path: string;
  /** Asked before bytes are written; a bound that has no room for them ends the file. */
  readonly spend: (bytes: number) => 'ok' | 'bytes' | 'folder_full';
  /** The last line of a file that ends before its call does. */
  readonly lastLine: (end: FileEnd) => string;
  /** Once, when nothing is written any more. @param error what could not be done */
  readonly onEnd: (end: FileEnd, error: unknown) => void;
  /** Stands before the timer and what nobody waits for. */
  readonly guard: Guard;
}

/**
 * Lines on their way to a file, as members of gzip that follow each other: compressed and written in threads of libuv, so that whoever
 * writes only appends to a list. A file that breaks off can be read up to there.
 */
export class CaptureFile {
  readonly #options: CaptureFileOptions;
  #lines: string[] = [];
  #chars = 0;
  #timer: NodeJS.Timeout | null = null;
  #end: FileEnd | null = null;
  #pumping = false;
  #told = false;
  #handle: FileHandle | null = null;
  readonly #done = Promise.withResolvers<void>();

  constructor(options: CaptureFileOptions) {
    this.#options = options;
  }

  /** Resolves when the file is closed. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  /** @param line without its end */
  write(line: string): void {
    if (this.#end !== null) return;
    if (this.#chars + line.length > MOST_WAITING_CHARS) return this.end('slow_disk');
    this.#lines.push(line);
    this.#chars += line.length;
    if (this.#chars >= CHUNK_CHARS) this.#pump();
    else
      this.#timer ??= setTimeout(
        this.#options.guard.wrap('capture', () => this.#pump()),
        CHUNK_MS,
      ).unref();
  }

  /** Nothing comes any more. */
  end(end: FileEnd): void {
    if (this.#end !== null) return;
    this.#end = end;
    this.#pump();
  }

  #pump(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#pumping || this.#told) return;
    if (this.#handle === null && this.#chars === 0) return this.#tell('empty', null);
    this.#pumping = true;
    this.#options.guard.watch('capture', this.#write());
  }

  async #write(): Promise<void> {
    try {
      // Calls are private: nobody else's business on this machine.
      this.#handle ??= await open(this.#options.path, 'wx', 0o600);
      while (this.#chars > 0 && !(await this.#writeChunk(this.#handle)));
      if (this.#end !== null) await this.#finish(this.#handle, this.#end);
    } catch (error) {
      await this.#fail(error);
    } finally {
      this.#pumping = false;
    }
  }

  /** @returns true: a bound was reached */
  async #writeChunk(handle: FileHandle): Promise<boolean> {
    const text = `${this.#lines.splice(0).join('\n')}\n`;
    this.#chars = 0;
    const packed = await pack(text);
    const verdict = this.#options.spend(packed.length);
    if (verdict === 'ok') {
      await handle.appendFile(packed);
      return false;
    }
    this.#end = verdict;
    return true;
  }

  async #finish(handle: FileHandle, end: FileEnd): Promise<void> {
    if (end !== 'complete') await handle.appendFile(await pack(`${this.#options.lastLine(end)}\n`));
    await handle.close();
    this.#tell(end, null);
  }

  async #fail(error: unknown): Promise<void> {
    this.#end = 'unwritable';
    await this.#handle?.close().catch(() => undefined);
    this.#tell('unwritable', error);
  }

  #tell(end: FileEnd, error: unknown): void {
    this.#told = true;
    this.#lines = [];
    this.#options.onEnd(end, error);
    this.#done.resolve();
  }
}
