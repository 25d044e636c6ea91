/** The RTP clock of Opus, whatever it was sampled at (RFC 7587). */
export const OPUS_CLOCK_RATE = 48_000;
const MAX_TICKS = 5760; // 120 ms, RFC 6716 section 3.4 [R5]

/** 48 kHz ticks of one frame for each of the 32 configurations (RFC 6716, table 2). */
function frameTicks(config: number): number {
  if (config < 12) return [480, 960, 1920, 2880][config & 3] ?? 0;
  if (config < 16) return config & 1 ? 960 : 480;
  return 120 << (config & 3);
}

/** Duration of an Opus packet in 48 kHz ticks, or null where the packet is malformed. Reads the header only. */
export function opusTicks(packet: Uint8Array): number | null {
  const toc = packet[0];
  if (toc === undefined) return null;
  const code = toc & 3;
  const countByte = packet[1];
  if (code === 3 && countByte === undefined) return null;
  const frames = code === 0 ? 1 : code === 3 ? (countByte ?? 0) & 0x3f : 2;
  const ticks = frames * frameTicks(toc >> 3);
  return ticks > 0 && ticks <= MAX_TICKS ? ticks : null;
}

/** A packet of one or two bytes says "silence from here on" (discontinuous transmission): packets pause after it. */
export function isDtx(packet: Uint8Array): boolean {
  return packet.length <= 2;
}
