import { VisavisError } from '#modules/contracts';
import type { AgreedMedia, MediaHandlers, MediaPeer, MediaService, Reception } from '#modules/media';
import type { CaptureRecord } from '../capture/core/records.js';
import { pacedDecoder } from './paced-parts.js';
import type { Paced } from './paced-engine.js';

/** How often a receiver is driven (ms), as the media service drives those of its peers. */
const TICK_MS = 20;

type RecordOf<T extends CaptureRecord['t']> = Extract<CaptureRecord, { t: T }>;

export interface ConnectionOptions {
  /** Whom the client's events are told, and where the gateway's go. */
  readonly onSent: (via: string, text: string) => void;
  readonly frameIntervalMs: number;
}

/** A peer connection out of a capture: the receiver is real; ICE, DTLS and data channels are what the records say. */
export class ReplayedConnection implements MediaPeer {
  readonly id = 'replay';
  readonly answerSdp = '';
  /** What is sent is in the trace at once. */
  readonly delivered = true;
  readonly ice = { ufrag: '', password: '', candidates: [], kind: 'audio', mid: null };
  readonly #paced: Paced;
  readonly #options: ConnectionOptions;
  #reception: Reception | null = null;
  #handlers: MediaHandlers | null = null;
  #agreed: AgreedMedia | null = null;
  #largestBytes = 0;
  #closed = false;

  private constructor(paced: Paced, options: ConnectionOptions) {
    this.#paced = paced;
    this.#options = options;
  }

  /** Ahead of its time, for decoders are loaded. */
  static async prepare(
    media: Pick<MediaService, 'receive'>,
    paced: Paced,
    options: ConnectionOptions,
  ): Promise<ReplayedConnection> {
    const connection = new ReplayedConnection(paced, options);
    connection.#reception = await media.receive(
      {
        onAudio: (frame) => connection.#handlers?.onAudio(frame),
        onVideo: (frame) => connection.#handlers?.onVideo(frame),
        onDrop: (reason, count) => {
          paced.trace.add({ t: 'drop', reason, count });
          connection.#handlers?.onDrop(reason, count);
        },
      },
      {
        frameIntervalMs: options.frameIntervalMs,
        decoder: (own) => pacedDecoder(own, paced),
      },
    );
    return connection;
  }

  get trackKinds(): readonly ('audio' | 'video')[] {
    return this.#agreed?.trackKinds ?? [];
  }

  get largestMessageBytes(): number {
    return this.#largestBytes;
  }

  /** It is the peer that answers an offer. */
  answer(handlers: MediaHandlers): this {
    this.#handlers = handlers;
    return this;
  }

  /** @returns false: nobody has answered its offer */
  get answered(): boolean {
    return this.#handlers !== null;
  }

  agreed({ codecs, videos, parameter_sets, kinds }: RecordOf<'agreed'>): void {
    this.#agreed = {
      payloadTypes: new Map(codecs),
      videos:
        videos?.map(({ payload_types: payloadTypes, ...video }) => ({ ...video, payloadTypes })) ??
        cameraOf(kinds),
      parameterSets: new Map(parameter_sets.map(([type, sets]) => [type, sets.map(bytesOf)])),
      trackKinds: kinds,
    };
    this.#reception?.onAgreed(this.#agreed);
  }

  connected(): void {
    this.#handlers?.onChecked?.();
    this.#handlers?.onConnected?.();
    this.#tick();
  }

  rtp({ at, ssrc, pt, seq, ts, m, p, mid }: RecordOf<'rtp'>): void {
    const packet = { ssrc, payloadType: pt, sequenceNumber: seq, timestamp: ts, marker: m === 1 };
    if (!this.#closed) this.#reception?.onRtp({ ...packet, payload: bytesOf(p), mid: mid ?? null }, at);
  }

  report({ at, ssrc, ntp_ms: ntpMs, compact_ntp: compactNtp, ts: rtpTimestamp }: RecordOf<'report'>): void {
    if (!this.#closed) this.#reception?.onSenderReport({ ssrc, ntpMs, compactNtp, rtpTimestamp }, at);
  }

  opened(via: string, largestBytes: number): void {
    this.#largestBytes = largestBytes;
    this.#handlers?.onChannel(via);
  }

  message(via: string, data: string | Uint8Array): void {
    this.#handlers?.onMessage(via, data);
  }

  tooLarge(): void {
    this.#handlers?.onDrop('oversized_message', 1);
  }

  send(label: string, text: string): 'sent' | 'not_open' {
    if (this.#closed) return 'not_open';
    this.#options.onSent(label, text);
    return 'sent';
  }

  bufferedAmount(): number {
    return 0;
  }

  addCandidates(): number {
    return 0;
  }

  restartIce(): never {
    throw new VisavisError('session_closed', 'A replay has no network.');
  }

  renegotiate(): never {
    throw new VisavisError('session_closed', 'A replay has no network.');
  }

  stats(): ReturnType<Reception['stats']> {
    if (!this.#reception) throw new VisavisError('session_closed', 'The replay has not begun.');
    return this.#reception.stats();
  }

  async close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    this.#handlers?.onClosed('closed_by_us');
    this.#reception?.close();
  }

  #tick(): void {
    if (this.#closed) return;
    const { time } = this.#paced;
    const nowMs = time.nowMs();
    this.#reception?.tick(nowMs);
    time.at(nowMs + TICK_MS, () => this.#tick());
  }
}

/** Of a capture from before there were screens. */
function cameraOf(kinds: AgreedMedia['trackKinds']): AgreedMedia['videos'] {
  return kinds.includes('video') ? [{ source: 'camera', mid: null, ssrcs: [], payloadTypes: [] }] : [];
}

function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}
