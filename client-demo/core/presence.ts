/** Speech is taken to be this much louder than the noise, where there is any (15 dB). */
const PRIOR = 10 ** 1.5;
/** How much of the noise's estimate each new sound leaves as it is. */
const KEEP = 0.8;
const KEEP_PRESENCE = 0.9;
/** A sound that has been taken for speech so long is looked at anew: it may be noise that has grown. */
const STUCK = 0.99;
/** Power of the quietest microphone (−70 dB): silence as such is no noise to compare with. */
const FLOOR = 1e-7;

/**
 * How likely it is that a sound holds speech, by how much it stands out of the noise around it. The estimate of T. Gerkmann and
 * R. C. Hendriks, "Unbiased MMSE-based noise power estimation with low complexity and low tracking delay" (2012), for one band: that of
 * voices. It is the page's own, to look at; what the gateway takes for speech it says itself.
 */
export class SpeechPresence {
  #noise: number | null = null;
  #smoothed = 0;

  /** @param power mean square of a voice band's samples, of some 50 ms @returns 0..1 */
  push(power: number): number {
    const heard = Math.max(power, FLOOR);
    this.#noise ??= heard;
    let presence = presenceOf(heard / this.#noise);
    this.#smoothed = KEEP_PRESENCE * this.#smoothed + (1 - KEEP_PRESENCE) * presence;
    if (this.#smoothed > STUCK) presence = Math.min(presence, STUCK);
    const noise = presence * this.#noise + (1 - presence) * heard;
    this.#noise = Math.max(FLOOR, KEEP * this.#noise + (1 - KEEP) * noise);
    return presence;
  }
}

/** @param ratio of power to the noise's */
function presenceOf(ratio: number): number {
  return 1 / (1 + (1 + PRIOR) * Math.exp((-ratio * PRIOR) / (1 + PRIOR)));
}
