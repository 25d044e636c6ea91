import type { VideoSource } from '#modules/contracts';

import type { AgreedVideo } from '../ports.js';
import type { RtpIn } from '../rtp.js';

/** SSRCs whose section is remembered: a sender that changes its own again and again must not fill the memory. */
const MOST_KNOWN = 64;

/**
 * Tells whose packet one is: by its SSRC, where the offer declares it or an earlier packet told its mid; by the mid that it tells itself;
 * by a payload type that one video alone has; else it is the camera's (RFC 9143, 9.2, which has no such last resort). Of one video alone
 * nothing has to be told.
 */
export class VideoRouter {
  /** Mids by SSRC, also of sections that flow no more: what is still on its way of them is nobody else's. */
  readonly #known = new Map<number, string>();
  #videos: readonly AgreedVideo[] = [];

  /**
   * What offer and answer came to: a camera, a screen, both or neither.
   * @param playing sources by SSRC, as they are played now: they go on as what they were, whether they tell a mid again or not
   */
  agree(videos: readonly AgreedVideo[], playing: ReadonlyMap<number, VideoSource> = new Map()): void {
    for (const [ssrc, source] of playing) {
      const mid = this.#videos.find((video) => video.source === source)?.mid ?? null;
      if (mid !== null && !this.#known.has(ssrc)) this.#learn(ssrc, mid);
    }
    this.#videos = videos;
    const declared = videos.flatMap(({ mid, ssrcs }) => ssrcs.map((ssrc) => ({ mid, ssrc })));
    // What is declared twice is the first one's.
    for (const { mid, ssrc } of declared.toReversed()) if (mid !== null) this.#learn(ssrc, mid);
  }

  /** Whether the mid that a packet of this SSRC tells would tell more than is known. */
  asksMid(ssrc: number): boolean {
    return this.#videos.length > 1 && !this.#known.has(ssrc);
  }

  /** @returns null: it is of none that flows */
  sourceOf({ ssrc, payloadType, mid }: Pick<RtpIn, 'ssrc' | 'payloadType' | 'mid'>): VideoSource | null {
    const known = this.#known.get(ssrc);
    if (known !== undefined) return this.#sourceOfMid(known);
    const [first, second] = this.#videos;
    if (!first || !second) return first?.source ?? null;
    if (mid != null) {
      this.#learn(ssrc, mid);
      return this.#sourceOfMid(mid);
    }
    const own = this.#videos.filter(({ payloadTypes }) => payloadTypes.includes(payloadType));
    return own.length === 1 ? (own[0]?.source ?? null) : 'camera';
  }

  #sourceOfMid(mid: string): VideoSource | null {
    return this.#videos.find((video) => video.mid === mid)?.source ?? null;
  }

  #learn(ssrc: number, mid: string): void {
    this.#known.delete(ssrc);
    this.#known.set(ssrc, mid);
    for (const oldest of this.#known.keys()) if (this.#known.size > MOST_KNOWN) this.#known.delete(oldest);
  }
}
