/** One RTP packet as the core sees it: parsed, decrypted, without padding. */
export interface RtpIn {
  readonly ssrc: number;
  readonly payloadType: number;
  /** 16 bit, wraps. */
  readonly sequenceNumber: number;
  /** 32 bit media clock, wraps. */
  readonly timestamp: number;
  readonly marker: boolean;
  readonly payload: Uint8Array;
  /** Of its section, where the packet tells it and that had to be looked at. */
  readonly mid?: string | null;
}

/** An RTCP sender report, as far as clocks need it. */
export interface SenderReport {
  readonly ssrc: number;
  /** The sender's wall clock in ms (any epoch, the same for all of its tracks). */
  readonly ntpMs: number;
  /** Middle 32 bits of the NTP timestamp, to be echoed in receiver reports. */
  readonly compactNtp: number;
  readonly rtpTimestamp: number;
}

const HALF_16 = 0x8000;
const MOD_16 = 0x1_0000;
const HALF_32 = 0x8000_0000;
const MOD_32 = 0x1_0000_0000;

/** The 64-bit-safe sequence number nearest to `reference` whose low 16 bits are `value`. */
export function unwrap16(reference: number, value: number): number {
  return unwrap(reference, value, MOD_16, HALF_16);
}

/** The extended timestamp nearest to `reference` whose low 32 bits are `value`. */
export function unwrap32(reference: number, value: number): number {
  return unwrap(reference, value, MOD_32, HALF_32);
}

function unwrap(reference: number, value: number, modulus: number, half: number): number {
  const low = ((reference % modulus) + modulus) % modulus;
  let delta = value - low;
  if (delta > half) delta -= modulus;
  else if (delta < -half) delta += modulus;
  return reference + delta;
}
