import {
  PictureLossIndication,
  ReceiverEstimatedMaxBitrate,
  RtcpPayloadSpecificFeedback,
  RtcpReceiverInfo,
  RtcpRrPacket,
  type RtcpPacket,
  type RtcpSrPacket,
} from 'werift';

import type { Feedback } from '../../core/receiver.js';
import type { SenderReport } from '../../core/rtp.js';

/** The feedback as RTCP packets, in one compound that begins with a report, as RFC 3550 wants it. */
export function rtcpOf(feedback: Feedback, senderSsrc: number, videoKbps: number): RtcpPacket[] {
  const { reports, keyFramesOf, capOf } = feedback;
  if (reports.length === 0 && keyFramesOf.length === 0 && capOf.length === 0) return [];
  const packets: RtcpPacket[] = [
    new RtcpRrPacket({
      ssrc: senderSsrc,
      reports: reports.map(
        (r) =>
          new RtcpReceiverInfo({
            ssrc: r.ssrc,
            fractionLost: r.fractionLost,
            packetsLost: r.packetsLost,
            highestSequence: r.highestSequence,
            jitter: r.jitter,
            lsr: r.lastSr,
            dlsr: r.delaySinceLastSr,
          }),
      ),
    }),
  ];
  for (const mediaSsrc of keyFramesOf) {
    const feedback = new PictureLossIndication({ senderSsrc, mediaSsrc });
    packets.push(new RtcpPayloadSpecificFeedback({ feedback }));
  }
  // One for all: it says what the streams that it names may take together, and senders go by the last one that came.
  if (capOf.length > 0) packets.push(remb(senderSsrc, capOf, capOf.length * videoKbps * 1000));
  return packets;
}

/** Receiver estimated maximum bitrate: an 18-bit mantissa and a 6-bit exponent. */
function remb(
  senderSsrc: number,
  ssrcFeedbacks: readonly number[],
  bitsPerSecond: number,
): RtcpPayloadSpecificFeedback {
  let brExp = 0;
  let brMantissa = bitsPerSecond;
  while (brMantissa >= 2 ** 18) {
    brMantissa = Math.floor(brMantissa / 2);
    brExp += 1;
  }
  return new RtcpPayloadSpecificFeedback({
    feedback: new ReceiverEstimatedMaxBitrate({
      senderSsrc,
      mediaSsrc: 0,
      ssrcNum: ssrcFeedbacks.length,
      brExp,
      brMantissa,
      ssrcFeedbacks: [...ssrcFeedbacks],
    }),
  });
}

export function senderReportOf(packet: RtcpSrPacket): SenderReport {
  const { ntpTimestamp, rtpTimestamp } = packet.senderInfo;
  const seconds = Number(ntpTimestamp >> 32n);
  const fraction = Number(ntpTimestamp & 0xffff_ffffn);
  return {
    ssrc: packet.ssrc,
    ntpMs: seconds * 1000 + (fraction * 1000) / 2 ** 32,
    compactNtp: Number((ntpTimestamp >> 16n) & 0xffff_ffffn),
    rtpTimestamp,
  };
}
