import { Application, createEncoder, Signal } from 'libopus-wasm';

const RATE = 48_000;
const PACKET = 960;
const SECONDS = 4;
/** Peaks of a room in which nobody speaks, −46 dBFS: a microphone with gain control. What is softer than −60 is not even scored. */
const NOISE = 0.005;
/** Packets of at most this many bytes say that nothing is to be heard, and are not sent (RFC 6716, 2.1.9). */
const DTX_BYTES = 2;

/** What is sent each 20 ms, over and over; null: nothing. */
export type Microphone = readonly (Uint8Array | null)[];

/** A room by libopus, as a browser sets it. @param dtx the receiver wants no packets where there is nothing to be heard (`usedtx`) */
export async function roomTone(dtx: boolean): Promise<Microphone> {
  const encoder = await createEncoder({
    sampleRate: RATE,
    channels: 1,
    application: Application.Voip,
    signal: Signal.Voice,
    bitrate: 32_000,
    fec: true,
    dtx,
  });
  try {
    let seed = 7;
    const packets: (Uint8Array | null)[] = [];
    for (let n = 0; n < (SECONDS * RATE) / PACKET; n += 1) {
      const pcm = Float32Array.from({ length: PACKET }, () => {
        seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
        return (seed / 2 ** 31 - 1) * NOISE;
      });
      const packet = encoder.encodeFloat(pcm);
      packets.push(packet.length > DTX_BYTES ? Uint8Array.from(packet) : null);
    }
    // The first second is what an encoder makes before it has settled.
    return packets.slice(RATE / PACKET);
  } finally {
    encoder.free();
  }
}
