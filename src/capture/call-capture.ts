import type { CaptureNotice } from '@vis-a-vis/protocol';
import type { AgreedMedia, ReceptionTap, RtpIn, SenderReport } from '#modules/media';
import type { ClientTape, Tape, TapedClient } from '../realtime/index.js';
import type { CaptureFile } from './capture-file.js';
import type { CaptureHeader, TimedRecord } from './core/records.js';
import { withoutCredentials } from './core/without-credentials.js';

export interface CallCaptureOptions {
  readonly header: CaptureHeader;
  readonly file: Pick<CaptureFile, 'write' | 'end'>;
  /** The gateway's monotonic clock. */
  readonly nowMs: () => number;
  readonly maxMs: number;
}

type Untimed = TimedRecord extends infer R ? (R extends TimedRecord ? Omit<R, 'at'> : never) : never;

/** What goes by in one call, as lines of its file. */
export class CallCapture implements Tape {
  readonly #options: CallCaptureOptions;
  readonly #beganAtMs: number;
  #clients = 0;
  #over = false;
  /** What was said before anybody came: an offer that nobody follows up is no call. */
  #held: string[] | null;

  constructor(options: CallCaptureOptions) {
    this.#options = options;
    this.#beganAtMs = options.nowMs();
    this.#held = [JSON.stringify(options.header)];
  }

  get notice(): CaptureNotice {
    return { max_minutes: this.#options.maxMs / 60_000 };
  }

  media(c: number): ReceptionTap {
    let payloadTypes: AgreedMedia['payloadTypes'] = new Map();
    return {
      onAgreed: (agreed) => {
        ({ payloadTypes } = agreed);
        this.#put(agreedRecord(agreed, c));
      },
      onRtp: (packet, nowMs) => {
        const codec = payloadTypes.get(packet.payloadType);
        const k = codec === undefined ? null : codec === 'opus' ? 'audio' : 'video';
        this.#put({ ...rtpRecord(packet), c, k }, nowMs);
      },
      onSenderReport: (report, nowMs) => this.#put({ ...reportRecord(report), c }, nowMs),
    };
  }

  connected(c: number): void {
    this.#begin();
    this.#put({ t: 'connected', c });
  }

  client({ via, connection, largestBytes }: TapedClient): ClientTape {
    this.#begin();
    const s = this.#clients++;
    // Of a client that has said nothing of it there is no bound, and JSON knows none.
    const largest_bytes = Number.isFinite(largestBytes) ? largestBytes : Number.MAX_SAFE_INTEGER;
    this.#put({ t: 'open', s, via, c: connection, largest_bytes });
    return {
      received: (data) =>
        this.#put(
          typeof data === 'string' ? { t: 'in', s, text: data } : { t: 'in', s, bytes: base64Of(data) },
        ),
      tooLarge: () => this.#put({ t: 'too_large', s }),
      sent: (text) => this.#put({ t: 'out', s, text: withoutCredentials(text) }),
      left: () => this.#put({ t: 'left', s }),
    };
  }

  close(reason: string): void {
    this.#put({ t: 'closed', reason });
    this.#end('complete');
  }

  /** The line that says why the capture ends before its call. */
  cutLine(why: string): string {
    return JSON.stringify({ t: 'cut', at: this.#since(this.#options.nowMs()), why });
  }

  #put(record: Untimed, nowMs = this.#options.nowMs()): void {
    if (this.#over) return;
    const at = this.#since(nowMs);
    if (at > this.#options.maxMs) return this.#end('minutes');
    const line = JSON.stringify({ at, ...record });
    if (this.#held) this.#held.push(line);
    else this.#options.file.write(line);
  }

  #begin(): void {
    if (this.#over) return;
    for (const line of this.#held ?? []) this.#options.file.write(line);
    this.#held = null;
  }

  #end(how: 'complete' | 'minutes'): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.file.end(how);
  }

  /** Microseconds are enough. */
  #since(nowMs: number): number {
    return Math.max(0, Math.round((nowMs - this.#beganAtMs) * 1000) / 1000);
  }
}

function agreedRecord({ payloadTypes, videos, parameterSets, trackKinds }: AgreedMedia, c: number): Untimed {
  return {
    t: 'agreed',
    c,
    kinds: [...trackKinds],
    codecs: [...payloadTypes],
    videos: videos.map(({ source, mid, ssrcs, payloadTypes: types }) => ({
      source,
      mid,
      ssrcs: [...ssrcs],
      payload_types: [...types],
    })),
    parameter_sets: [...parameterSets].map(([type, sets]) => [type, sets.map(base64Of)]),
  };
}

function rtpRecord({ ssrc, payloadType, sequenceNumber, timestamp, marker, payload, mid }: RtpIn) {
  return {
    t: 'rtp' as const,
    ssrc,
    pt: payloadType,
    seq: sequenceNumber,
    ts: timestamp,
    m: marker ? (1 as const) : (0 as const),
    p: base64Of(payload),
    ...(mid != null && { mid }),
  };
}

function reportRecord({ ssrc, ntpMs, compactNtp, rtpTimestamp }: SenderReport) {
  return { t: 'report' as const, ssrc, ntp_ms: ntpMs, compact_ntp: compactNtp, ts: rtpTimestamp };
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
