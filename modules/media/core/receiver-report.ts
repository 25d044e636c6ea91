import { unwrap16, unwrap32 } from './rtp.js';

/** One report block of an RTCP receiver report (RFC 3550, section 6.4.1). */
export interface ReportBlock {
  readonly ssrc: number;
  /** Lost since the last report, in 1/256. */
  readonly fractionLost: number;
  readonly packetsLost: number;
  readonly highestSequence: number;
  /** In ticks of the RTP clock. */
  readonly jitter: number;
  readonly lastSr: number;
  /** In 1/65536 s. */
  readonly delaySinceLastSr: number;
}

/** Reception statistics of one SSRC (RFC 3550, appendix A.3 and A.8). */
export class ReceptionStats {
  readonly #ssrc: number;
  readonly #ticksPerMs: number;
  #first = -1;
  #highest = 0;
  #received = 0;
  #jitter = 0;
  #transit: number | null = null;
  #timestamp = 0;
  #reportedExpected = 0;
  #reportedReceived = 0;
  #lastSr = 0;
  #lastSrAtMs = 0;

  constructor(ssrc: number, clockRate: number) {
    this.#ssrc = ssrc;
    this.#ticksPerMs = clockRate / 1000;
  }

  onPacket(sequenceNumber: number, timestamp: number, arrivedAtMs: number): void {
    if (this.#first < 0) {
      this.#first = sequenceNumber;
      this.#highest = sequenceNumber;
      this.#timestamp = timestamp;
    }
    this.#highest = Math.max(this.#highest, unwrap16(this.#highest, sequenceNumber));
    this.#received += 1;
    this.#timestamp = unwrap32(this.#timestamp, timestamp);
    const transit = arrivedAtMs * this.#ticksPerMs - this.#timestamp;
    if (this.#transit !== null) this.#jitter += (Math.abs(transit - this.#transit) - this.#jitter) / 16;
    this.#transit = transit;
  }

  onSenderReport(compactNtp: number, nowMs: number): void {
    this.#lastSr = compactNtp;
    this.#lastSrAtMs = nowMs;
  }

  /** The next report block, or null before the first packet. */
  report(nowMs: number): ReportBlock | null {
    if (this.#first < 0) return null;
    const expected = this.#highest - this.#first + 1;
    const expectedNow = expected - this.#reportedExpected;
    const lostNow = expectedNow - (this.#received - this.#reportedReceived);
    this.#reportedExpected = expected;
    this.#reportedReceived = this.#received;
    return {
      ssrc: this.#ssrc,
      fractionLost:
        expectedNow > 0 && lostNow > 0 ? Math.min(255, Math.floor((lostNow * 256) / expectedNow)) : 0,
      packetsLost: Math.max(0, Math.min(0x7f_ffff, expected - this.#received)),
      highestSequence: this.#highest >>> 0,
      jitter: Math.round(this.#jitter) >>> 0,
      lastSr: this.#lastSr,
      delaySinceLastSr: this.#lastSr ? Math.round((nowMs - this.#lastSrAtMs) * 65.536) >>> 0 : 0,
    };
  }
}
