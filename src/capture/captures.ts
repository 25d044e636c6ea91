import { createHash } from 'node:crypto';
import { access, constants, mkdir, readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Guard, ON_BUG, type Clock, type OnBug } from '#modules/contracts';
import type { Tape, TapedCall, Tapes } from '../realtime/index.js';
import { LOGGER, type Logger } from '../telemetry/logger.js';
import { Metrics } from '../telemetry/metrics.js';
import { CallCapture } from './call-capture.js';
import { CaptureFile, type FileEnd } from './capture-file.js';
import type { CaptureLimits } from './core/limits.js';
import { CAPTURE_VERSION, type CaptureHeader } from './core/records.js';

export interface CaptureOptions {
  /** The gateway's: what calls go by, too. */
  readonly clock: Clock;
  readonly limits: CaptureLimits;
  readonly settings: CaptureHeader['settings'];
  readonly engine: 'local' | 'remote';
  /** Of the model that answers or hears; `''`: none of ours. */
  readonly modelFolder: string;
}

/** Injection token of `CaptureOptions`. */
export const CAPTURE_OPTIONS = Symbol('CAPTURE_OPTIONS');

/** `src/` and `dist/src/` lie at different depths. */
const PACKAGE = new URL(
  import.meta.url.endsWith('.ts') ? '../../package.json' : '../../../package.json',
  import.meta.url,
);

/** What a capture's file is called at its end. Other files in the folder are nobody's business. */
export const CAPTURE_SUFFIX = '.capture.jsonl.gz';

/** Records the calls of this gateway, as far as there is room: a capture that cannot be made harms no call. */
@Injectable()
export class Captures implements Tapes, OnModuleInit, OnModuleDestroy {
  readonly #guard: Guard;
  readonly #open = new Map<CaptureFile, CallCapture>();
  #folderBytes = 0;
  #manifest: string | null = null;
  #version = '';

  constructor(
    @Inject(CAPTURE_OPTIONS) private readonly options: CaptureOptions,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(Metrics) private readonly metrics: Metrics,
    @Inject(ON_BUG) onBug: OnBug,
  ) {
    this.#guard = new Guard(onBug);
  }

  /** Says that calls are recorded. A folder that cannot be written to is told, and tried again with each call. */
  async onModuleInit(): Promise<void> {
    const { dir, callMs, callBytes, folderBytes } = this.options.limits;
    this.#version = await versionOf(PACKAGE);
    this.#manifest = await manifestDigest(this.options.modelFolder);
    const bounds = { dir, minutes: callMs / 60_000, call_bytes: callBytes, folder_bytes: folderBytes };
    this.logger.warn(
      bounds,
      'CALLS ARE RECORDED: sound, pictures and messages of every call are written to this folder',
    );
    try {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      await access(dir, constants.W_OK | constants.X_OK);
    } catch (error) {
      this.logger.warn(
        { dir, code: 'unwritable', err: error },
        'the folder of captures cannot be written to',
      );
    }
    await this.#measure();
  }

  open(call: TapedCall): Tape | null {
    if (this.#folderBytes >= this.options.limits.folderBytes) {
      this.#ended(call.call, 'folder_full', null);
      // Its operator may have made room since: then the next call is recorded.
      this.#guard.watch('capture', this.#measure());
      return null;
    }
    const header = this.#headerOf(call);
    let bytes = 0;
    const file: CaptureFile = new CaptureFile({
      path: join(this.options.limits.dir, fileName(header)),
      spend: (more) => {
        const verdict = this.#verdict(bytes, more);
        if (verdict === 'ok') {
          bytes += more;
          this.#folderBytes += more;
        }
        return verdict;
      },
      lastLine: (end) => capture.cutLine(end),
      onEnd: (end, error) => {
        this.#open.delete(file);
        this.#ended(call.call, end, error);
      },
      guard: this.#guard,
    });
    const { callMs } = this.options.limits;
    const capture: CallCapture = new CallCapture({
      header,
      file,
      nowMs: () => this.options.clock.nowMs(),
      maxMs: callMs,
    });
    this.#open.set(file, capture);
    return capture;
  }

  /** What was recorded so far is written. */
  async onModuleDestroy(): Promise<void> {
    const open = [...this.#open];
    for (const [, capture] of open) capture.close('shutdown');
    await Promise.all(open.map(([file]) => file.done));
  }

  #verdict(bytes: number, more: number): 'ok' | 'bytes' | 'folder_full' {
    const { callBytes, folderBytes } = this.options.limits;
    if (bytes + more > callBytes) return 'bytes';
    return this.#folderBytes + more > folderBytes ? 'folder_full' : 'ok';
  }

  #ended(call: string, end: FileEnd, error: unknown): void {
    if (end === 'empty') return;
    this.metrics.captured(end);
    if (end === 'complete') return;
    const why = error === null ? {} : { err: error };
    this.logger.warn({ call, code: end, ...why }, 'the capture of a call is not whole');
  }

  #headerOf({ call, audio, granted, asked, modelId }: TapedCall): CaptureHeader {
    const { settings, engine } = this.options;
    return {
      t: 'capture',
      version: CAPTURE_VERSION,
      gateway: this.#version,
      began_at: new Date().toISOString(),
      call,
      audio,
      model: { id: modelId, engine, manifest_sha256: this.#manifest },
      settings,
      session: { granted, asked },
    };
  }

  /** What captures are there already counts. */
  async #measure(): Promise<void> {
    const { dir } = this.options.limits;
    try {
      const names = (await readdir(dir)).filter((name) => name.endsWith(CAPTURE_SUFFIX));
      const sizes = await Promise.all(names.map((name) => sizeOf(join(dir, name))));
      this.#folderBytes = sizes.reduce((sum, size) => sum + size, 0);
    } catch {
      // It is told when a file cannot be made there.
      this.#folderBytes = 0;
    }
  }
}

function fileName({ began_at, call }: CaptureHeader): string {
  return `${began_at.replaceAll(':', '-').replace(/\..*/, 'Z')}_${call.replaceAll(/[^\w-]/g, '_')}${CAPTURE_SUFFIX}`;
}

async function versionOf(packageFile: URL): Promise<string> {
  return (JSON.parse(await readFile(packageFile, 'utf8')) as { version: string }).version;
}

async function sizeOf(path: string): Promise<number> {
  // Its operator may delete it meanwhile.
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

/** Which model it is, to the last weight: the manifest has the digests of all its files. */
export async function manifestDigest(modelFolder: string): Promise<string | null> {
  if (modelFolder === '') return null;
  try {
    return createHash('sha256')
      .update(await readFile(join(modelFolder, 'manifest.json')))
      .digest('hex');
  } catch {
    return null;
  }
}
