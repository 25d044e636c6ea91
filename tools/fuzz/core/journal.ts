import type { Action } from './schedule.js';

/** How inputs are counted. */
export type InputKind =
  'sdp' | 'http' | 'stun' | 'dtls' | 'srtp' | 'srtcp' | 'sctp' | 'dcep' | 'event' | 'leave';

/** One input as it was sent: a datagram, a message or a request. */
export interface Input {
  readonly n: number;
  /** Since the run began. */
  readonly atMs: number;
  readonly kind: InputKind;
  readonly action: Action;
  /** Text as it is, bytes in hexadecimal; cut off where it is long. The seed of the action has all of it. */
  readonly data: string;
}

const INPUTS_KEPT = 500;
const LONGEST = 4000;

/** Keeps the last inputs, to tell what a gateway died of, and the openings of the calls that they belong to. */
export class Journal {
  readonly #inputs: Input[] = [];
  readonly #openings = new Map<string, { readonly atMs: number; readonly action: Action }>();
  #n = 0;

  /** Inputs so far, whether or not anybody took them. */
  get count(): number {
    return this.#n;
  }

  opened(action: Action, atMs: number): void {
    if (action.call !== null) this.#openings.set(action.call, { atMs, action });
  }

  sent(kind: InputKind, action: Action, data: Uint8Array | string, atMs: number): void {
    const text =
      typeof data === 'string'
        ? data.slice(0, LONGEST)
        : Buffer.from(data.subarray(0, LONGEST / 2)).toString('hex');
    this.#inputs.push({ n: ++this.#n, atMs: Math.round(atMs), kind, action, data: text });
    if (this.#inputs.length <= INPUTS_KEPT) return;
    this.#inputs.shift();
    if (this.#n % INPUTS_KEPT === 0) this.#forget();
  }

  /** One JSON object a line: the openings of the calls, then the inputs. */
  lines(): string[] {
    this.#forget();
    const openings = [...this.#openings.values()].map(({ atMs, action }) => ({
      atMs: Math.round(atMs),
      action,
    }));
    return [...openings, ...this.#inputs].map((line) => JSON.stringify(line));
  }

  /** Of calls that are not in the journal any more. */
  #forget(): void {
    const present = new Set(this.#inputs.map(({ action }) => action.call));
    const newest = [...this.#openings.keys()].slice(-16);
    for (const call of this.#openings.keys()) {
      if (!present.has(call) && !newest.includes(call)) this.#openings.delete(call);
    }
  }
}

/** What a replay does, and when; each action once. */
export function readJournal(text: string): { readonly atMs: number; readonly action: Action }[] {
  const seen = new Map<number, { readonly atMs: number; readonly action: Action }>();
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const { atMs, action } = JSON.parse(line) as { atMs: number; action: Action };
    if (!seen.has(action.id)) seen.set(action.id, { atMs, action });
  }
  return [...seen.values()].sort((a, b) => a.atMs - b.atMs || a.action.id - b.action.id);
}
