import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ToolError } from '../../tools/support/cli.js';
import { onCore } from './cores.js';
import type { Obedience, Shape } from './shape.js';

export type Order =
  | {
      readonly do: 'open';
      /** How many there are to be then. */
      readonly calls: number;
      readonly url: string;
      readonly bare: boolean;
      readonly obeys: Obedience;
      /** What their cameras show is news each time. */
      readonly moving: boolean;
    }
  | { readonly do: 'close' }
  | { readonly do: 'tell' };

export interface Answer {
  readonly calls: number;
  /** RTP packets since the calls began. */
  readonly sent: number;
  readonly keyFramesAsked: number;
  readonly shape: Shape | null;
  /** Since the order before. */
  readonly lateP99Ms: number;
}

const PROCESS = fileURLToPath(new URL('./generator-process.js', import.meta.url));

/** Callers in a process of their own, on a core of their own. */
export class Generator {
  readonly #child: ChildProcess;
  readonly #ended: Promise<{ error: string }[]>;

  constructor(core: number) {
    const [program, ...args] = onCore(core, [process.execPath, PROCESS]);
    this.#child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#ended = once(this.#child, 'exit').then(() => [{ error: 'they ended' }]);
  }

  /** @throws ToolError where it could not do it */
  async order(order: Order): Promise<Answer> {
    this.#child.send(order);
    const said = await Promise.race([once(this.#child, 'message'), this.#ended]);
    const [{ answer, error }] = said as [{ answer?: Answer; error?: string }];
    if (answer) return answer;
    throw new ToolError(`the callers failed: ${error ?? 'no answer'}`);
  }

  stop(): void {
    this.#child.kill();
  }
}
