import { randomBytes } from 'node:crypto';
import { Guard, type OnBug } from '#modules/contracts';
import type { Orders } from '../lifecycle/orders.js';
import { Ids } from '../realtime/ids.js';
import { tagOf } from './core/tags.js';
import type { Told } from './core/placing.js';
import { IpcLine } from './ipc-line.js';
import type { OfGateway, OfParent, SharedSecret } from './messages.js';
import { ParentsWord } from './who-asks.js';

/** How often it is looked whether there is something to tell of the calls (ms), and after how many looks they are told anyhow. */
const LOOK_MS = 100;
const TELL_ANYHOW = 10;
/** How long a secret may take to be known everywhere (ms): the gateways that do not know it then hang. */
const SHARE_MS = 5000;

/** What a gateway that takes calls is asked by its parent. */
export interface AskedOfGateway {
  health: () => Promise<OfGateway['health'][1]>;
  metrics: () => Promise<OfGateway['metrics'][1]>;
  learn: (secret: SharedSecret) => void;
  told: () => Told;
}

/** The gateway's side of its parent: it is told what to do by it and by nobody else, and ends with it. */
export class ParentLink implements Orders {
  readonly ids: Ids;
  readonly proxies: ParentsWord;
  readonly #word = randomBytes(24).toString('base64url');
  readonly #line: IpcLine<OfGateway, OfParent>;
  readonly #guard: Guard;
  readonly #stopped: (() => void)[] = [];
  readonly #reloaded: (() => void)[] = [];
  #stops = 0;
  #gateway: AskedOfGateway | null = null;

  /** @param number of this gateway, from 0 */
  constructor(
    readonly number: number,
    onBug: OnBug,
  ) {
    this.ids = new Ids(tagOf(number));
    this.proxies = new ParentsWord(this.#word);
    this.#guard = new Guard(onBug);
    // A terminal or a service manager may send its signals to all processes: the parent has them, too, and says what is to be done.
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
    this.#line = new IpcLine<OfGateway, OfParent>(
      process,
      {
        stop: () => this.#stop(),
        reload: () => this.#reload(),
        health: () => this.#up.health(),
        metrics: () => this.#up.metrics(),
        learn: (secrets) => this.#learn(secrets),
      },
      this.#guard,
    );
    process.on(
      'disconnect',
      this.#guard.wrap('placement.orphan', () => {
        this.#stop();
        this.#stop();
      }),
    );
  }

  onStop(listener: (why: string) => void): void {
    this.#stopped.push(() => listener('parent'));
    for (let n = 0; n < this.#stops; n += 1) listener('parent');
  }

  onReload(listener: () => void): void {
    this.#reloaded.push(listener);
  }

  /** Resolves, whatever comes of it: the secret is good here in any case. */
  readonly share = async (id: string, secret: SharedSecret['secret']): Promise<void> => {
    await this.#line.ask('share', { id, secret }, SHARE_MS).catch(() => undefined);
  };

  /** The gateway takes calls. @param port of loopback */
  async up(port: number, gateway: AskedOfGateway): Promise<void> {
    this.#gateway = gateway;
    await this.#line.ask('up', { port, word: this.#word }, Infinity);
    let last: Told = { open: 0, full: false };
    let looks = 0;
    const look = this.#guard.wrap('placement.told', async () => {
      const { open, full } = gateway.told();
      looks += 1;
      if (open === last.open && full === last.full && looks < TELL_ANYHOW) return;
      last = { open, full };
      looks = 0;
      // A parent that has gone is told of by the channel's end.
      await this.#line.ask('told', last, Infinity).catch(() => undefined);
    });
    setInterval(look, LOOK_MS).unref();
  }

  /** What keeps the process alive beside the gateway is let go. */
  close(): void {
    if (process.connected) process.disconnect();
  }

  get #up(): AskedOfGateway {
    if (!this.#gateway) throw new Error('it is still starting');
    return this.#gateway;
  }

  #stop(): null {
    this.#stops += 1;
    for (const listener of this.#stopped) listener();
    return null;
  }

  #reload(): null {
    for (const listener of this.#reloaded) listener();
    return null;
  }

  #learn(secrets: readonly SharedSecret[]): null {
    for (const secret of secrets) this.#up.learn(secret);
    return null;
  }
}
