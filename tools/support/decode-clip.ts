import type { AudioClip } from '@vis-a-vis/client/node';
import { createDecoder, type SampleRate } from 'libopus-wasm';

/** The sound of a clip's packets, mono. */
export async function decodeClip({ packets }: AudioClip, sampleRate: SampleRate): Promise<Float32Array> {
  const decoder = await createDecoder({ sampleRate, channels: 1 });
  try {
    const parts = packets.map((packet) => decoder.decodeFloat(packet));
    const pcm = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      pcm.set(part, at);
      at += part.length;
    }
    return pcm;
  } finally {
    decoder.free();
  }
}
