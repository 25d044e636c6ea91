import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import type { WorkerEntry } from '#modules/contracts';

import { frameMessage, MessageReader, replyIn, type VideoReply, type VideoRequest } from './protocol.js';

/** Heap of its JavaScript, MB; pictures are outside of it. */
const HEAP_MB = 96;
/**
 * Limit of its private memory (kB), set where there is a shell to set it: what a malicious file makes libav take comes out of this,
 * not out of the gateway's. Node reserves 600 MB of it without using them; the largest picture that is let in (32 megapixels
 * of 16 bits a channel) takes 500.
 */
const DATA_KB = 1536 * 1024;
/** Pictures are mapped by themselves, and given back when freed: glibc would come to keep them in a heap that fragments. */
const MEMORY = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '1048576' };
const SHELL = '/bin/sh';
/** Where there is util-linux, the kernel ends it with its parent, also while it hangs in native code and sees no pipe. */
const DYING = 'setpriv --pdeathsig KILL';
const LIMITED = `ulimit -d ${DATA_KB} 2>/dev/null
${DYING} true 2>/dev/null && exec ${DYING} "$0" "$@"
exec "$0" "$@"`;
/** An orderly end takes no longer (ms). */
const END_MS = 1000;
const TOLD_STDERR = 500;

export interface ProcessEvents {
  onReply(reply: VideoReply, body: Uint8Array): void;
  /** It has ended, or could not be started; once, and nothing comes after it. */
  onEnd(why: string): void;
}

/**
 * A child process that decodes: strangers' bytes meet native code there and nowhere else. It is given no environment, so no
 * secrets, and ends by itself when the pipe from its parent does, however the parent ended.
 */
export class DecoderProcess {
  readonly #child: ChildProcess;
  readonly #events: ProcessEvents;
  readonly #requests: Writable;
  readonly #ended = Promise.withResolvers<void>();
  #why = '';
  #stderr = '';
  #over = false;

  constructor(entry: WorkerEntry, events: ProcessEvents) {
    this.#events = events;
    const args = [
      `--max-old-space-size=${HEAP_MB}`,
      '--max-semi-space-size=2',
      ...entry.execArgv,
      fileURLToPath(entry.url),
    ];
    const [command, ...rest] = existsSync(SHELL)
      ? [SHELL, '-c', LIMITED, process.execPath, ...args]
      : [process.execPath, ...args];
    this.#child = spawn(command ?? process.execPath, rest, {
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
      env: MEMORY,
    });
    this.#child.once('error', (error) => this.#end(error.message));
    // Not `exit`: what it said last is still in the pipes then.
    this.#child.once('close', (code, signal) => this.#end(signal ?? `exit code ${code}`));
    const [stdin, , stderr, replies] = this.#child.stdio;
    this.#requests = stdin as Writable;
    // Told by `close`.
    this.#requests.on('error', () => undefined);
    const reader = new MessageReader();
    (replies as Readable).on('data', (chunk: Uint8Array) => this.#read(reader, chunk));
    (stderr as Readable).on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-TOLD_STDERR);
    });
    this.unref();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  send(request: VideoRequest, body?: Uint8Array): void {
    this.#requests.cork();
    for (const part of frameMessage(request, body)) this.#requests.write(part);
    this.#requests.uncork();
  }

  /** While it has work it keeps the parent's event loop alive. */
  ref(): void {
    this.#child.ref();
  }

  /** While it waits it does not. */
  unref(): void {
    this.#child.unref();
    for (const pipe of this.#child.stdio) if (pipe && 'unref' in pipe) (pipe as { unref(): void }).unref();
  }

  /** Ends it at once; `onEnd` tells `why`. */
  kill(why: string): void {
    this.#why ||= why;
    this.#child.kill('SIGKILL');
  }

  /** Ends it in order, or by force where it takes too long. */
  async close(): Promise<void> {
    this.ref();
    this.#requests.end();
    const timer = setTimeout(() => this.kill('it did not end by itself'), END_MS);
    await this.#ended.promise;
    clearTimeout(timer);
  }

  #read(reader: MessageReader, chunk: Uint8Array): void {
    if (this.#over) return;
    try {
      for (const message of reader.push(chunk)) {
        const reply = replyIn(message);
        if (!reply) throw new Error('no reply');
        this.#events.onReply(reply, message.body);
      }
    } catch {
      this.kill('it sent what is no reply');
    }
  }

  #end(how: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#ended.resolve();
    const said = this.#stderr.trim();
    this.#events.onEnd([this.#why || how, said].filter(Boolean).join(': '));
  }
}
