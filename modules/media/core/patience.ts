import { SAMPLE_RATE } from '#modules/contracts';

/** A sender that said it pauses (DTX) is silent, but for the jitter of its next packet (ms). */
const JITTER_MS = 100;
/** Packets that stop in mid-word are waited for (ms): a network stalls for up to a second, and nothing is lost. */
const STALL_MS = 1200;
/** Words have gaps of less than this (ms). The longer it was quiet before, the likelier the speech is over, and the less is waited. */
const QUIET_MS = 200;
const LESS_PER_QUIET_MS = 2;
const LONG_QUIET_MS = 600;
/** But a network that only stutters is not silence (ms). */
const LEAST_MS = 400;
/** Below the loudest of late by this much (−26 dB), or at this level (−55 dBFS), it is quiet. */
const QUIET_BELOW_LOUDEST = 0.05;
const QUIET_LEVEL = 0.0018;
/** What was loud counts for less the longer ago it is (ms). */
const LOUDEST_FADES_MS = 2000;

/** How long packets that do not come are waited for before their time counts as silence. */
export class Patience {
  #loudest = 0;
  #quietMs = 0;
  #paused = false;

  /** Sound that was heard. @param pcm 16 kHz mono */
  heard(pcm: Float32Array): void {
    const ms = (pcm.length * 1000) / SAMPLE_RATE;
    let peak = 0;
    for (let at = 0; at < pcm.length; at += 1) peak = Math.max(peak, Math.abs(pcm[at] ?? 0));
    this.#loudest = Math.max(peak, this.#loudest * Math.exp(-ms / LOUDEST_FADES_MS));
    const quiet = peak <= Math.max(QUIET_LEVEL, this.#loudest * QUIET_BELOW_LOUDEST);
    this.#quietMs = quiet ? this.#quietMs + ms : 0;
  }

  /** @param paused the newest packet says that no more comes while it is quiet */
  packet(paused: boolean): void {
    this.#paused = paused;
  }

  /** Nobody has spoken for longer than within a sentence, and most turns are over. */
  get quietForLong(): boolean {
    return this.#quietMs >= LONG_QUIET_MS;
  }

  get ms(): number {
    if (this.#paused) return JITTER_MS;
    if (this.#quietMs < QUIET_MS) return STALL_MS;
    return Math.max(LEAST_MS, STALL_MS - LESS_PER_QUIET_MS * this.#quietMs);
  }
}
