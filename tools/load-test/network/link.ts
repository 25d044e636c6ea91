import type { LinkSettings } from '../scenario/scenario.js';

/** Why a datagram does not arrive. */
export type Loss = 'loss' | 'burst' | 'queue';

/** What becomes of a datagram: when it arrives, or why it does not. */
export type Fate = { readonly atMs: number; readonly overtakes: boolean } | { readonly lost: Loss };

export interface LinkCounts {
  readonly sent: number;
  readonly lost: Readonly<Record<Loss, number>>;
  readonly overtook: number;
}

/**
 * One direction of a network, as a model: it says what becomes of each datagram. A bottleneck with a queue, then loss, independent and in
 * bursts (Gilbert's two states), then delay with jitter.
 */
export class Link {
  readonly #settings: LinkSettings;
  readonly #random: () => number;
  /** The bottleneck has sent all that it has by then. */
  #freeAtMs = -Infinity;
  #lastAtMs = -Infinity;
  #inBurst = false;
  #sent = 0;
  #overtook = 0;
  readonly #lost: Record<Loss, number> = { loss: 0, burst: 0, queue: 0 };

  /** @param random in [0, 1) */
  constructor(settings: LinkSettings, random: () => number) {
    this.#settings = settings;
    this.#random = random;
  }

  get counts(): LinkCounts {
    return { sent: this.#sent, lost: { ...this.#lost }, overtook: this.#overtook };
  }

  push(bytes: number, nowMs: number): Fate {
    this.#sent += 1;
    const leavesAtMs = this.#bottleneck(bytes, nowMs);
    if (leavesAtMs === null) return this.#drop('queue');
    if (this.#burst()) return this.#drop('burst');
    if (this.#random() < this.#settings.loss) return this.#drop('loss');
    const { delayMs, jitterMs, reorder } = this.#settings;
    const earliestMs = leavesAtMs + delayMs;
    if (reorder > 0 && this.#random() < reorder) {
      const overtakes = earliestMs < this.#lastAtMs;
      if (overtakes) this.#overtook += 1;
      return { atMs: earliestMs, overtakes };
    }
    const atMs = Math.max(this.#lastAtMs, earliestMs + jitterMs * this.#random());
    this.#lastAtMs = atMs;
    return { atMs, overtakes: false };
  }

  /** @returns when it has left the bottleneck; null: its queue is full */
  #bottleneck(bytes: number, nowMs: number): number | null {
    const { bandwidth } = this.#settings;
    if (!bandwidth) return nowMs;
    const fromMs = Math.max(nowMs, this.#freeAtMs);
    if (fromMs - nowMs > bandwidth.queueMs) return null;
    // kbit/s are bits a millisecond.
    this.#freeAtMs = fromMs + (bytes * 8) / bandwidth.kbitPerS;
    return this.#freeAtMs;
  }

  #burst(): boolean {
    const { bursts } = this.#settings;
    if (!bursts) return false;
    this.#inBurst = this.#inBurst ? this.#random() >= 1 / bursts.length : this.#random() < bursts.share;
    return this.#inBurst;
  }

  #drop(lost: Loss): Fate {
    this.#lost[lost] += 1;
    return { lost };
  }
}
