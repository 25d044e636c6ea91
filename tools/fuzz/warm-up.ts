import { setTimeout as sleep } from 'node:timers/promises';
import { FuzzClient } from './fuzz-client.js';
import type { Seeds } from './seeds.js';

const CHUNK_MS = 20;
const SECONDS = 4;

/**
 * A burst of ordinary load: so many calls at once as the fuzzer will have open, each with sound, pictures and questions, some
 * times over. What the gateway loads at its first use, and what it keeps for the next, is there then.
 */
export async function ordinaryLoad(
  url: string,
  seeds: Seeds,
  { clients, rounds }: { clients: number; rounds: number },
): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all(Array.from({ length: clients }, (_, n) => ordinaryCall(url, seeds, `w${round}-${n}`)));
  }
}

async function ordinaryCall(url: string, seeds: Seeds, name: string): Promise<void> {
  const client = new FuzzClient(url, name, null, { onCode: () => undefined });
  if (!(await client.open())) return;
  const image = `data:image/jpeg;base64,${Buffer.from(seeds.jpeg).toString('base64')}`;
  const content = [
    { type: 'input_text', text: 'what do you see' },
    { type: 'input_image', image_url: image },
  ];
  client.raw.text(
    0,
    JSON.stringify({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } }),
  );
  client.raw.text(0, JSON.stringify({ type: 'response.create', response: { max_output_tokens: 32 } }));
  const { audio, video } = client.raw.streams;
  for (let n = 0; n < (1000 * SECONDS) / CHUNK_MS; n += 1) {
    send(client, audio, { n, ticks: 960 * n, payload: seeds.opus[n % seeds.opus.length] });
    if (video && n % 4 === 0)
      send(client, video, {
        n: n / 4,
        ticks: 7200 * (n / 4),
        payload: seeds.vp8[(n / 4) % seeds.vp8.length],
      });
    await sleep(CHUNK_MS);
  }
  await client.leave();
}

function send(
  { raw }: FuzzClient,
  { ssrc, payloadType }: { ssrc: number; payloadType: number },
  { n, ticks, payload }: { n: number; ticks: number; payload: Uint8Array | undefined },
): void {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(0x8080 | payloadType, 0);
  header.writeUInt16BE(n & 0xffff, 2);
  header.writeUInt32BE(ticks >>> 0, 4);
  header.writeUInt32BE(ssrc, 8);
  raw.rtp({
    bytes: Buffer.concat([header, payload ?? Buffer.alloc(0)]),
    headerLength: 12,
    ssrc,
    sequenceNumber: n & 0xffff,
  });
}
