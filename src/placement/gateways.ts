import { Guard, type OnBug } from '#modules/contracts';
import { Secrets } from '../keys/core/secrets.js';
import type { Logger } from '../telemetry/logger.js';
import { BackOff } from './core/back-off.js';
import { Placing } from './core/placing.js';
import { GatewayProcess, type Ending } from './gateway-process.js';
import type { Address, OfGateway, SharedSecret } from './messages.js';

interface Slot {
  readonly number: number;
  readonly backOff: BackOff;
  /** null: it has ended, and is started again, or not. */
  process: GatewayProcess | null;
  /** Where it takes calls; null: it does not. */
  address: Address | null;
  upSinceMs: number;
  restart: NodeJS.Timeout | null;
  /** Resolves when it has come up, or has ended for the first time: then with how. */
  readonly first: PromiseWithResolvers<Ending | null>;
}

export interface GatewaysOptions {
  readonly count: number;
  readonly logger: Logger;
  readonly onBug: OnBug;
  /** What a gateway may take to end in order (ms); after it, it is killed. */
  readonly stopMs: number;
}

/** The gateways of this machine: started, watched, started again, asked and ended. */
export class Gateways {
  readonly placing = new Placing();
  /** How often each has ended unasked, by its number. */
  readonly lost = new Map<number, number>();
  readonly #slots: readonly Slot[];
  readonly #options: GatewaysOptions;
  readonly #guard: Guard;
  #secrets = new Secrets();
  /** Each has come up or failed to, and one is up: those that end are started again. */
  #began = false;
  #stopping = false;
  #exitCode = 0;
  readonly #ended = Promise.withResolvers<void>();

  constructor(options: GatewaysOptions) {
    this.#options = options;
    this.#guard = new Guard(options.onBug);
    this.#slots = Array.from({ length: options.count }, (_, number) => ({
      number,
      backOff: new BackOff(),
      process: null,
      address: null,
      upSinceMs: 0,
      restart: null,
      first: Promise.withResolvers<Ending | null>(),
    }));
  }

  /** They are told to end. */
  get stopping(): boolean {
    return this.#stopping;
  }

  /** @returns where it takes calls; null: it does not */
  addressOf(number: number): Address | null {
    return this.#slots[number]?.address ?? null;
  }

  /** Starts all of them. @returns the exit code of one, where none could start; else null, once each has come up or failed to */
  async start(): Promise<number | null> {
    for (const slot of this.#slots) this.#launch(slot);
    const firsts = await Promise.all(this.#slots.map(({ first }) => first.promise));
    if (this.#stopping) return null;
    this.#began = this.#slots.some(({ address }) => address !== null);
    for (const slot of this.#slots) if (this.#began && slot.process === null) this.#startAgain(slot, 0);
    if (this.#began) return null;
    const failed = firsts.find((ending) => ending !== null);
    await this.stop();
    return failed?.code ?? 1;
  }

  /** Asks each that is up. @returns their answers, by number; null: there is none */
  ask<K extends keyof OfGateway>(what: K, body: OfGateway[K][0]): Promise<(OfGateway[K][1] | null)[]> {
    return Promise.all(
      this.#slots.map(async ({ process, address }) =>
        process && address ? await process.ask(what, body).catch(() => null) : null,
      ),
    );
  }

  /** Has them read their keys anew. What was minted before is told to no gateway that starts later: its key may have gone. */
  async reload(): Promise<void> {
    this.#secrets = new Secrets();
    await this.ask('reload', null);
  }

  /** Ends all in order; asked again, at once. @returns the exit code, once the last has gone */
  async stop(): Promise<number> {
    if (!this.#stopping)
      setTimeout(
        this.#guard.wrap('placement.stop', () => this.#killAll()),
        this.#options.stopMs,
      ).unref();
    this.#stopping = true;
    for (const slot of this.#slots) {
      if (slot.restart) clearTimeout(slot.restart);
      slot.restart = null;
      // Also one that is starting: it obeys once it has started.
      slot.process?.ask('stop', null).catch(() => undefined);
    }
    this.#lookWhetherEnded();
    await this.#ended.promise;
    return this.#exitCode;
  }

  #launch(slot: Slot): void {
    slot.restart = null;
    slot.process = new GatewayProcess(
      slot.number,
      {
        onUp: async (address) => {
          slot.address = address;
          await this.#teach(slot);
          this.#up(slot);
        },
        onTold: (told) => this.placing.tell(slot.number, told),
        onShare: (secret) => this.#share(slot, secret),
        onEnd: (ending) => this.#onEnd(slot, ending),
      },
      this.#guard,
    );
  }

  #up(slot: Slot): void {
    // It may have ended meanwhile.
    if (slot.address === null) return;
    slot.upSinceMs = performance.now();
    this.placing.up(slot.number);
    slot.first.resolve(null);
  }

  /** What the others know: secrets that were made before it came up. */
  async #teach({ process }: Slot): Promise<void> {
    const secrets = this.#secrets.good(Date.now()).map(([id, secret]) => ({ id, secret }));
    if (secrets.length > 0) await process?.ask('learn', secrets).catch(() => undefined);
  }

  /** Resolves once the others know it, or have not answered in time. */
  async #share(from: Slot, shared: SharedSecret): Promise<void> {
    this.#secrets.add(shared.id, shared.secret, Date.now());
    const others = this.#slots.filter((slot) => slot !== from && slot.address !== null);
    await Promise.all(
      others.map(async ({ process }) => {
        await process?.ask('learn', [shared]).catch(() => undefined);
      }),
    );
  }

  #onEnd(slot: Slot, ending: Ending): void {
    const { number, address } = slot;
    const { logger } = this.#options;
    const upMs = address === null ? 0 : performance.now() - slot.upSinceMs;
    const calls = this.placing.told(number)?.open ?? 0;
    slot.process = null;
    slot.address = null;
    this.placing.down(number);
    if (this.#stopping) {
      this.#exitCode ||= ending.code ?? 1;
      slot.first.resolve(ending);
      return this.#lookWhetherEnded();
    }
    this.lost.set(number, (this.lost.get(number) ?? 0) + 1);
    logger.error({ number, ...ending, calls }, 'a gateway ended, and its calls with it');
    slot.first.resolve(ending);
    if (this.#began) this.#startAgain(slot, upMs);
  }

  #startAgain(slot: Slot, upMs: number): void {
    const afterMs = slot.backOff.next(upMs);
    this.#options.logger.info({ number: slot.number, after_ms: afterMs }, 'a gateway is started again');
    slot.restart = setTimeout(
      this.#guard.wrap('placement.restart', () => this.#launch(slot)),
      afterMs,
    );
  }

  #killAll(): void {
    for (const { number, process } of this.#slots) {
      if (!process) continue;
      this.#options.logger.error({ number }, 'a gateway did not stop in time');
      process.kill();
    }
  }

  #lookWhetherEnded(): void {
    if (this.#slots.every(({ process }) => process === null)) this.#ended.resolve();
  }
}
