/** A track that is shown, and whether the SDK opened it. */
export interface ShownTrack {
  readonly track: MediaStreamTrack;
  readonly own: boolean;
}

interface Carrier {
  transceiver: RTCRtpTransceiver | null;
  /** Tells the gateway of what has changed. */
  readonly renegotiate: () => Promise<void>;
}

/** The screen that a person shares, beside the camera: a second video in whichever connection carries the call. */
export class BrowserScreen {
  readonly #carriers = new Map<RTCPeerConnection, Carrier>();
  #shown: ShownTrack | null = null;

  get shown(): ShownTrack | null {
    return this.#shown;
  }

  attach(peer: RTCPeerConnection, renegotiate: () => Promise<void>): void {
    this.#carriers.set(peer, { transceiver: this.#shown && send(peer, this.#shown.track), renegotiate });
  }

  detach(peer: RTCPeerConnection): void {
    this.#carriers.delete(peer);
  }

  /** @param shown null: nothing any more */
  async show(shown: ShownTrack | null): Promise<void> {
    this.#shown = shown;
    const all = [...this.#carriers].map(([peer, carrier]) => carry(peer, carrier, shown));
    // One that another connection takes the place of may fail as it likes.
    await Promise.allSettled(all);
    await all.at(-1);
  }

  /** An offer that says which of its videos is the screen (`a=content:slides`, RFC 4796): browsers do not. */
  marked(peer: RTCPeerConnection, offer: string): string {
    const mid = this.#carriers.get(peer)?.transceiver?.mid;
    return mid == null ? offer : offer.replace(`a=mid:${mid}\r\n`, `$&a=content:slides\r\n`);
  }
}

async function carry(peer: RTCPeerConnection, carrier: Carrier, shown: ShownTrack | null): Promise<void> {
  const { transceiver } = carrier;
  if (!transceiver && !shown) return;
  if (!transceiver && shown) carrier.transceiver = send(peer, shown.track);
  if (transceiver) {
    await transceiver.sender.replaceTrack(shown?.track ?? null);
    const direction = shown ? 'sendonly' : 'inactive';
    if (transceiver.direction === direction) return;
    transceiver.direction = direction;
  }
  await carrier.renegotiate();
}

function send(peer: RTCPeerConnection, track: MediaStreamTrack): RTCRtpTransceiver {
  return peer.addTransceiver(track, { direction: 'sendonly' });
}
