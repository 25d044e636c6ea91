import { RtcpSenderInfo, RtcpSrPacket, type RtpPacket, type RTCRtpSender } from 'werift';

const INTERVAL_MS = 1000;
/** From 1900, where NTP begins, to 1970. */
const NTP_EPOCH_MS = 2_208_988_800_000;

/**
 * Reports when the packets of a stream were sent, so that the receiver can put sound and picture on one clock. werift's own
 * reports are switched off: they write the decimals of the time into the NTP fraction, which is wrong by up to a second.
 */
export class SenderReports {
  readonly #sender: RTCRtpSender;
  readonly #timer: NodeJS.Timeout;
  #last: { ntpMs: number; rtpTimestamp: number } | null = null;
  #packets = 0;
  #bytes = 0;

  constructor(sender: RTCRtpSender) {
    this.#sender = sender;
    sender.rtcpRunning = true; // as if its own loop ran already
    this.#timer = setInterval(() => this.#send(), INTERVAL_MS);
  }

  onSent(packet: RtpPacket): void {
    const ntpMs = performance.timeOrigin + performance.now() + NTP_EPOCH_MS;
    this.#last = { ntpMs, rtpTimestamp: packet.header.timestamp };
    this.#packets += 1;
    this.#bytes += packet.payload.length;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #send(): void {
    if (!this.#last || this.#sender.dtlsTransport.state !== 'connected') return;
    const seconds = Math.floor(this.#last.ntpMs / 1000);
    const fraction = Math.floor(((this.#last.ntpMs / 1000) % 1) * 2 ** 32);
    const senderInfo = new RtcpSenderInfo({
      ntpTimestamp: (BigInt(seconds) << 32n) | BigInt(fraction),
      rtpTimestamp: this.#last.rtpTimestamp,
      packetCount: this.#packets,
      octetCount: this.#bytes % 2 ** 32,
    });
    const report = new RtcpSrPacket({ ssrc: this.#sender.ssrc, senderInfo });
    // A report that is lost with a closing socket is of no use any more.
    this.#sender.dtlsTransport.sendRtcp([report]).catch(() => undefined);
  }
}
