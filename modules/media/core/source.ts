import type { ReceptionStats } from './receiver-report.js';
import type { TrackClock } from './rtp-clock.js';
import type { RtpIn } from './rtp.js';

/** One RTP stream that is played. */
export interface Source<R> {
  readonly ssrc: number;
  readonly stats: ReceptionStats;
  readonly clock: TrackClock;
  readonly receiver: R;
  lastAtMs: number;
}

export function count(source: Source<unknown>, packet: Omit<RtpIn, 'payload'>, nowMs: number): void {
  source.stats.onPacket(packet.sequenceNumber, packet.timestamp, nowMs);
  source.lastAtMs = nowMs;
}
