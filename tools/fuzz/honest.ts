import { fork, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ToolError } from '../support/cli.js';
import type { HonestTurn } from './honest-call.js';
import type { HonestNews, HonestOrder } from './honest-process.js';

const PROCESS = fileURLToPath(new URL('./honest-process.js', import.meta.url));
const POLL_MS = 50;
/** How long the honest clients may take until they are answered rightly (ms). */
const FIRST_MS = 180_000;
/** Longest wait for a turn to end (ms): the wait for an answer, and a call that is opened before it. */
const TURN_MS = 70_000;

/** The honest clients, as the fuzzer sees them. */
export class Honest {
  readonly #child: ChildProcess;
  readonly #onTurn: (turn: HonestTurn) => void;
  #busy = 0;
  #fresh = false;
  #rightInARow = 0;

  constructor(onTurn: (turn: HonestTurn) => void) {
    this.#onTurn = onTurn;
    this.#child = fork(PROCESS, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    process.once('exit', () => this.#child.kill('SIGKILL'));
    this.#child.on('message', ({ turn, busy }: HonestNews) => {
      if (busy !== undefined) {
        this.#busy = busy;
        this.#fresh = true;
      }
      if (!turn) return;
      this.#rightInARow = turn.right ? this.#rightInARow + 1 : 0;
      this.#onTurn(turn);
    });
  }

  tell(order: HonestOrder): void {
    if (this.#child.connected) this.#child.send(order);
  }

  /**
   * Waits until so many turns one after the other were right.
   * @throws ToolError where that does not happen: on a machine that is too busy for two calls nothing can be told of others
   */
  async rightTurns(count: number): Promise<void> {
    for (const until = performance.now() + FIRST_MS; this.#rightInARow < count; await sleep(POLL_MS)) {
      if (performance.now() > until)
        throw new ToolError('the honest clients are not answered rightly, before anything else was sent');
    }
  }

  /** No further questions; resolves when those that are asked are answered. The calls stay open. */
  async pause(): Promise<void> {
    this.tell({ ask: false });
    await sleep(2 * POLL_MS);
    this.#fresh = false;
    for (const until = performance.now() + TURN_MS; performance.now() < until; await sleep(POLL_MS)) {
      if (this.#fresh && this.#busy === 0) return;
    }
  }

  async stop(): Promise<void> {
    this.tell({ stop: true });
    await Promise.race([new Promise((resolve) => this.#child.once('exit', resolve)), sleep(3000)]);
    this.#child.kill('SIGKILL');
  }
}
