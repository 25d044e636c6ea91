import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Guard } from '#modules/contracts';
import { IpcLine } from './ipc-line.js';
import type { Address, OfGateway, OfParent, SharedSecret } from './messages.js';
import type { Told } from './core/placing.js';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface GatewayHandlers {
  /** It takes calls from when this has resolved. */
  onUp(address: Address): Promise<void>;
  onTold(told: Told): void;
  onShare(secret: SharedSecret): Promise<void>;
  onEnd(ending: Ending): void;
}

/** One gateway, as its parent sees it: a process of the same program, whose output is ours. */
export class GatewayProcess {
  readonly #child: ChildProcess;
  readonly #line: IpcLine<OfParent, OfGateway>;

  constructor(number: number, handlers: GatewayHandlers, guard: Guard) {
    // Structured clones: not every value of a metric is one of JSON's.
    this.#child = fork(MAIN, [`--gateway=${number}`], { serialization: 'advanced' });
    this.#line = new IpcLine<OfParent, OfGateway>(
      this.#child,
      {
        up: async (address) => {
          await handlers.onUp(address);
          return null;
        },
        told: (told) => {
          handlers.onTold(told);
          return null;
        },
        share: async (secret) => {
          await handlers.onShare(secret);
          return null;
        },
      },
      guard,
    );
    // Either one comes, or both: a process that could not be started has no exit.
    let ended = false;
    const end = guard.wrap('placement.exit', (ending: Ending) => {
      if (ended) return;
      ended = true;
      handlers.onEnd(ending);
    });
    this.#child.once(
      'exit',
      guard.wrap('placement.exit', (code: number | null, signal: NodeJS.Signals | null) =>
        end({ code, signal }),
      ),
    );
    this.#child.on(
      'error',
      guard.wrap('placement.exit', () => {
        if (this.#child.pid === undefined) end({ code: 1, signal: null });
      }),
    );
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** @throws VisavisError `internal_error`: it does not answer */
  ask<K extends keyof OfGateway>(what: K, body: OfGateway[K][0]): Promise<OfGateway[K][1]> {
    return this.#line.ask(what, body);
  }

  /** Without asking. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
