import { damage } from './core/bytes.js';
import { planCall, ORDINARY, type CallPlan } from './core/plan.js';
import { Random } from './core/random.js';
import { hangUp } from './http-client.js';
import { RawClient } from './raw-client.js';

const POST_MS = 15_000;
const BOUNDARY = '----fuzz-client';

/** What a client of the fuzzer tells of itself. */
export interface FuzzClientEvents {
  /** The code of an error event, or how HTTP answered. */
  readonly onCode: (code: string) => void;
}

/** A raw client with the plan of its life. */
export class FuzzClient {
  readonly name: string;
  readonly plan: CallPlan;
  readonly raw: RawClient;
  /** Sent by it so far; the schedule counts by this. */
  inputs = 0;
  /** Messages that are not known to have reached the gateway. */
  unacknowledged = 0;
  /** What it had acknowledged last, and when that was. */
  progress = { acknowledged: 0, atMs: performance.now() };
  /** It began to leave. */
  leaving = false;
  location: string | null = null;
  readonly #url: string;
  readonly #onCode: (code: string) => void;
  readonly #heardText: (() => void)[] = [];

  /** @param seed of its plan; null: an ordinary client */
  constructor(url: string, name: string, seed: number | null, { onCode }: FuzzClientEvents) {
    const random = new Random(seed ?? 0);
    this.name = name;
    this.#url = url;
    this.#onCode = onCode;
    this.plan = seed === null ? ORDINARY : planCall(random);
    this.raw = new RawClient(url, this.plan, {
      onText: (text) => this.#heard(text),
      damage: (datagram) => damage(random, datagram),
    });
  }

  /** @returns whether it connected; where it did not, it is gone without a word */
  async open(): Promise<boolean> {
    const answer = await this.#post(await this.raw.offer());
    if (answer === null) {
      await this.raw.close(true);
      return false;
    }
    const { leaveAfterMs } = this.plan;
    if (leaveAfterMs !== null) setTimeout(() => void this.leave(), leaveAfterMs);
    // An answer to an odd offer may be one that werift does not take.
    await this.raw.answer(answer).catch(() => undefined);
    if (await this.raw.connected()) return true;
    await this.raw.close(true);
    return false;
  }

  /** Resolves at the next text of an answer, or when the time is over (ms). */
  async answering(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#heardText.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Goes, in its own way. Idempotent. */
  async leave(): Promise<void> {
    if (this.leaving) return;
    this.leaving = true;
    const { leaving } = this.plan;
    if (leaving === 'alert' || leaving === 'all') this.raw.record(21, Buffer.from([1, 0]));
    if (leaving === 'channel' || leaving === 'all') this.raw.closeChannel(0);
    // Another channel lives on for a while.
    if (leaving === 'channel') await new Promise((resolve) => setTimeout(resolve, 300));
    if ((leaving === 'hangup' || leaving === 'all') && this.location !== null) {
      const status = await hangUp(this.#url, this.location);
      this.#onCode(`hangup ${status ?? 'unanswered'}`);
    }
    await this.raw.close(leaving === 'silent' || leaving === 'alert');
  }

  async #post(offer: string): Promise<string | null> {
    const signal = AbortSignal.timeout(POST_MS);
    const headers = { 'content-type': this.#type };
    try {
      const response = await fetch(new URL('v1/realtime/calls', this.#url), {
        method: 'POST',
        headers,
        body: this.#body(offer),
        signal,
      });
      const text = await response.text();
      this.location = response.headers.get('location');
      this.#onCode(
        response.ok ? String(response.status) : (/"code":"(\w+)"/.exec(text)?.[1] ?? String(response.status)),
      );
      return response.ok ? text : null;
    } catch {
      return null;
    }
  }

  get #type(): string {
    const types = {
      sdp: 'application/sdp',
      json: 'application/json',
      multipart: `multipart/form-data; boundary=${BOUNDARY}`,
    };
    return types[this.plan.form];
  }

  #body(sdp: string): string {
    const session = { type: 'realtime', max_output_tokens: 32 };
    if (this.plan.form === 'sdp') return sdp;
    if (this.plan.form === 'json') return JSON.stringify({ sdp, session });
    const part = (name: string, value: string): string =>
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    return `${part('sdp', sdp)}${part('session', JSON.stringify(session))}--${BOUNDARY}--\r\n`;
  }

  #heard(text: string): void {
    if (text.startsWith('{"type":"response.output_text.delta"'))
      for (const heard of this.#heardText.splice(0)) heard();
    if (!text.startsWith('{"type":"error"')) return;
    this.#onCode(/"code":"(\w+)"/.exec(text)?.[1] ?? 'error');
  }
}
