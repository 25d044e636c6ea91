import type { RtpIn } from './rtp.js';

/** So long (ms) the stream that is heard must send nothing before another takes its place: then what is held is all there is. */
const PROVEN_MS = 120;
const MAX_HELD = 500;

/**
 * Another audio stream while one is heard: a sender that changed its SSRC, with or without a word (RFC 3550, 8.2), or a second
 * one that nobody asked for. Its packets are kept until that is known, so that the first word of the new one is not lost.
 */
export class Successor {
  #held: { readonly packet: RtpIn; readonly atMs: number }[] = [];

  /** @returns whether the stream that sent last at `lastAtMs` has been silent for long enough to be over */
  static follows(lastAtMs: number, nowMs: number): boolean {
    return nowMs - lastAtMs >= PROVEN_MS;
  }

  /** The SSRC that is next; null: no packets are held. */
  get ssrc(): number | null {
    return this.#held[0]?.packet.ssrc ?? null;
  }

  /** @returns packets that were given up for it */
  hold(packet: RtpIn, nowMs: number): number {
    this.#held.push({ packet, atMs: nowMs });
    return this.#held.length > MAX_HELD && this.#held.shift() ? 1 : 0;
  }

  /** The stream that is heard goes on: what has waited is of a second one. @returns packets given up */
  expire(nowMs: number): number {
    const before = this.#held.length;
    if (before > 0) this.#held = this.#held.filter(({ atMs }) => nowMs - atMs < PROVEN_MS);
    return before - this.#held.length;
  }

  /** When the first packet came that is held. */
  get sinceMs(): number | null {
    return this.#held[0]?.atMs ?? null;
  }

  /** The packets of the stream that is next, which are then held no more. */
  take(): readonly RtpIn[] {
    const { ssrc } = this;
    const packets = this.#held.map(({ packet }) => packet);
    this.#held = this.#held.filter(({ packet }) => packet.ssrc !== ssrc);
    return packets.filter((packet) => packet.ssrc === ssrc);
  }
}
