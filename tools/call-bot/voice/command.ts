import { spawn } from 'node:child_process';
import { encodePcm, parseWav, type AudioClip } from '@vis-a-vis/client/node';
import type { Synthesiser } from './synthesiser.js';

/** Of one sentence: no program speaks that long, or that slowly. */
const LONGEST_BYTES = 16 * 1024 * 1024;
const LONGEST_MS = 20_000;
/** Of a process with many rooms; further sentences wait. */
const MOST_AT_ONCE = 2;

/** A program of this machine that reads a sentence from its standard input and writes a WAV file (PCM16) to its standard output. */
export class CommandSynthesiser implements Synthesiser {
  readonly #program: string;
  readonly #args: readonly string[];
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** @param command the program and its arguments; no shell reads it */
  constructor([program = '', ...args]: readonly string[]) {
    this.#program = program;
    this.#args = args;
  }

  async speak(text: string, signal: AbortSignal): Promise<AudioClip> {
    if (this.#running >= MOST_AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      signal.throwIfAborted();
      const { pcm, rate } = parseWav(whole(await this.#run(text, signal)));
      return await encodePcm(pcm, rate);
    } finally {
      const next = this.#waiting.shift();
      if (next)
        next(); // in our place
      else this.#running -= 1;
    }
  }

  #run(text: string, signal: AbortSignal): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const child = spawn(this.#program, this.#args, {
        stdio: ['pipe', 'pipe', 'ignore'],
        signal,
        timeout: LONGEST_MS,
        killSignal: 'SIGKILL',
      });
      const chunks: Buffer[] = [];
      let bytes = 0;
      child.stdout.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > LONGEST_BYTES) child.kill('SIGKILL');
        else chunks.push(chunk);
      });
      child.on('error', reject);
      child.on('close', (code, killed) => {
        if (code === 0) resolve(Buffer.concat(chunks));
        else reject(new Error(`the synthesiser ended with ${killed ?? `exit code ${code}`}`));
      });
      child.stdin.on('error', () => undefined); // it has read enough, or ended, which is told above
      child.stdin.end(text);
    });
  }
}

/** Programs that write to a pipe do not know how long their sound will be, and leave a length that is too long. */
function whole(file: Buffer): Buffer {
  const at = file.indexOf('data', 12, 'latin1');
  if (at > 0 && at + 8 <= file.length && file.readUInt32LE(at + 4) > file.length - at - 8)
    file.writeUInt32LE(file.length - at - 8, at + 4);
  return file;
}
