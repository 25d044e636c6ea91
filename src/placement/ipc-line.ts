import { VisavisError, type Guard } from '#modules/contracts';

/** One end of Node's channel between a process and its child: `process`, or what `fork` returns. */
export interface Channel {
  readonly connected: boolean;
  send?(message: object, done: (error: Error | null) => void): boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
}

type Message =
  | { readonly k: 'ask'; readonly id: number; readonly what: string; readonly body: unknown }
  | { readonly k: 'answer'; readonly id: number; readonly ok: boolean; readonly value: unknown };

type Pair = [asked: unknown, answered: unknown];
interface Pending {
  readonly timer: NodeJS.Timeout;
  settle(ok: boolean, value: unknown): void;
}

/** Longest time that an answer is waited for (ms). */
const PATIENCE_MS = 3000;

/**
 * Questions and answers between a parent and a gateway, in both directions.
 * @typeParam Ours what the other side asks of us
 * @typeParam Theirs what we ask of it
 */
export class IpcLine<Ours extends { [K in keyof Ours]: Pair }, Theirs extends { [K in keyof Theirs]: Pair }> {
  readonly #channel: Channel;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  constructor(
    channel: Channel,
    deeds: { readonly [K in keyof Ours]: (asked: Ours[K][0]) => Ours[K][1] | Promise<Ours[K][1]> },
    guard: Guard,
  ) {
    this.#channel = channel;
    channel.on(
      'message',
      guard.wrap('placement.ipc', async (message: unknown) => {
        if (!isMessage(message)) return;
        if (message.k === 'answer') this.#pending.get(message.id)?.settle(message.ok, message.value);
        else if (Object.hasOwn(deeds, message.what)) {
          const what = message.what as keyof Ours;
          await this.#do(message.id, () => deeds[what](message.body));
        }
      }),
    );
    channel.on(
      'disconnect',
      guard.wrap('placement.ipc', () => {
        for (const pending of this.#pending.values()) pending.settle(false, 'the other process has gone');
      }),
    );
  }

  /**
   * @param patienceMs Infinity: as long as the other process is there
   * @throws VisavisError `internal_error`: it has gone, does not answer in time, or failed
   */
  ask<K extends keyof Theirs & string>(
    what: K,
    body: Theirs[K][0],
    patienceMs = PATIENCE_MS,
  ): Promise<Theirs[K][1]> {
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<Theirs[K][1]>();
    const fail = (why: string): void => {
      reject(new VisavisError('internal_error', `${what}: ${why}`));
    };
    const settle = (ok: boolean, value: unknown): void => {
      clearTimeout(timer);
      this.#pending.delete(id);
      if (ok) resolve(value);
      else fail(String(value));
    };
    const late = (): void => settle(false, `no answer within ${patienceMs} ms`);
    const timer = setTimeout(late, Math.min(patienceMs, 2 ** 31 - 1)).unref();
    this.#pending.set(id, { timer, settle });
    this.#send({ k: 'ask', id, what, body }, (why) => settle(false, why));
    return promise;
  }

  async #do(id: number, deed: () => unknown): Promise<void> {
    try {
      this.#send({ k: 'answer', id, ok: true, value: await deed() });
    } catch (error) {
      this.#send({
        k: 'answer',
        id,
        ok: false,
        value: error instanceof Error ? error.message : String(error),
      });
    }
  }

  /** What cannot be sent has nobody to read it. */
  #send(message: Message, onLost: (why: string) => void = () => undefined): void {
    if (!this.#channel.connected || !this.#channel.send) return onLost('the other process has gone');
    this.#channel.send(message, (error) => {
      if (error) onLost(error.message);
    });
  }
}

function isMessage(message: unknown): message is Message {
  if (typeof message !== 'object' || message === null || !('k' in message) || !('id' in message))
    return false;
  return (message.k === 'ask' || message.k === 'answer') && typeof message.id === 'number';
}
