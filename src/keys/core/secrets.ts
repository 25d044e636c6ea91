import { exceeded } from './limits.js';

/** A client secret, as the gateway keeps it: never the secret itself. */
export interface Secret {
  /** Of the key that minted it; null: minted without keys. */
  readonly holder: string | null;
  /** SHA-256 of the whole `ek_…`. */
  readonly hash: Uint8Array;
  /** Wall clock (ms). */
  readonly expiresAtMs: number;
  /** What a session opened with it starts from, as JSON: as objects it would take twenty times as much. */
  readonly session: string;
  /** The fields that `session` names may not be changed by who uses it. */
  readonly fixed: boolean;
}

/** Bounds of what is kept; what a flood of requests for secrets can cost. */
export interface SecretBounds {
  /** Good ones of one holder. */
  readonly perHolder: number;
  readonly bytesPerHolder: number;
  /** Of all holders together, those that are only remembered among them. */
  readonly total: number;
  readonly totalBytes: number;
}

const BOUNDS: SecretBounds = {
  perHolder: 5000,
  bytesPerHolder: 4 * 1024 * 1024,
  total: 20_000,
  totalBytes: 32 * 1024 * 1024,
};
/** How long an expired secret is still known as one, so that its user is told so, where there is room (ms). */
const REMEMBERED_MS = 3_600_000;

/** The client secrets that are good, and those that were until a while ago, by their ids. */
export class Secrets {
  readonly #good = new Map<string, Secret>();
  readonly #expired = new Map<string, Secret>();
  readonly #bounds: SecretBounds;

  constructor(bounds = BOUNDS) {
    this.#bounds = bounds;
  }

  /** @throws VisavisError `rate_limit_exceeded` where there are too many already */
  add(id: string, secret: Secret, nowMs: number): void {
    this.sweep(nowMs);
    const b = this.#bounds;
    const all = [...this.#good.values()];
    refuseBeyond(
      all.filter(({ holder }) => holder === secret.holder),
      b.perHolder,
      b.bytesPerHolder,
    );
    refuseBeyond(all, b.total, b.totalBytes);
    this.#good.set(id, secret);
    while (this.#good.size + this.#expired.size > b.total) {
      const [oldest] = this.#expired.keys();
      if (oldest === undefined) break;
      this.#expired.delete(oldest);
    }

    function refuseBeyond(some: readonly Secret[], most: number, mostBytes: number): void {
      const bytes = some.reduce((sum, one) => sum + bytesOf(one), bytesOf(secret));
      if (some.length < most && bytes <= mostBytes) return;
      const soonest = some.reduce((least, one) => Math.min(least, one.expiresAtMs), secret.expiresAtMs);
      throw exceeded('client_secrets', 'Too many client secrets are good at once.', (soonest - nowMs) / 1000);
    }
  }

  /** @returns the secret of that id, be it expired */
  get(id: string): Secret | null {
    return this.#good.get(id) ?? this.#expired.get(id) ?? null;
  }

  /** Those that are good, by their ids. */
  good(nowMs: number): [id: string, secret: Secret][] {
    this.sweep(nowMs);
    return [...this.#good];
  }

  /** A key has been withdrawn, and what was minted with it goes along. */
  drop(holder: string): void {
    for (const secrets of [this.#good, this.#expired])
      for (const [id, secret] of secrets) if (secret.holder === holder) secrets.delete(id);
  }

  private sweep(nowMs: number): void {
    for (const [id, { expiresAtMs }] of this.#expired)
      if (expiresAtMs + REMEMBERED_MS <= nowMs) this.#expired.delete(id);
    for (const [id, secret] of this.#good) {
      if (secret.expiresAtMs > nowMs) continue;
      this.#good.delete(id);
      this.#expired.set(id, { ...secret, session: '' });
    }
  }
}

function bytesOf({ session }: Secret): number {
  return Buffer.byteLength(session);
}
