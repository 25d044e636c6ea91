import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import http, { type IncomingHttpHeaders } from 'node:http';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import { build } from 'esbuild';
import { launchChromium } from './support/chromium.js';
import { Gateway } from './support/gateway.js';

jest.setTimeout(120_000);

// Real: the built gateway as its own process, the model, and other people's WHIP clients.

/** An address of this machine that is not loopback's: libnice, and with it GStreamer, uses none of those. */
function ownAddress(): string {
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const found = own.find(({ family, internal }) => family === 'IPv4' && !internal);
  if (!found) throw new Error('GStreamer needs an IPv4 address beside loopback (ip link add … type dummy)');
  return found.address;
}

let gateway: Gateway;
beforeAll(async () => {
  gateway = await Gateway.start({ VISAVIS_ICE_HOSTS: `127.0.0.1,${ownAddress()}` });
});
afterAll(() => gateway?.stop());

/** What `support/whip-page.mjs` brings back. */
interface Published {
  readonly requests: [method: string, status: number][];
  readonly types: string[];
  readonly text: string;
  readonly status: string;
  readonly restarted: [status: number, etag: string];
  readonly anew: boolean;
  readonly reason: string;
}

it('@eyevinn/whip-web-client, in Chromium: speaks, trickles, restarts ICE, is answered by its events, and ends the session', async () => {
  const entry = fileURLToPath(new URL('support/whip-page.mjs', import.meta.url));
  const bundle = await build({ entryPoints: [entry], bundle: true, format: 'iife', write: false });
  const folder = 'test/fixtures/e2e';
  const browser = await launchChromium({ video: `${folder}/table.mjpeg`, audio: `${folder}/question.wav` });
  try {
    const page = await browser.newPage();
    await page.goto(`${gateway.url}health`);
    const clip = await readFile('test/fixtures/call/colour.ogg', 'base64');
    await page.addScriptTag({ content: `globalThis.clip = '${clip}';` });
    await page.addScriptTag({ content: bundle.outputFiles[0]?.text ?? '' });
    const result = await page.evaluate<Published>(`publish(${JSON.stringify(`${gateway.url}whip`)})`);
    expect([result.status, result.text]).toEqual(['completed', expect.stringMatching(/red/i)]);
    expect(result.types).toEqual(['session.created', 'input_audio_buffer.speech_started']);
    expect(result.restarted).toEqual([200, expect.stringMatching(/^".+"$/)]);
    expect([result.anew, result.reason]).toEqual([true, 'hangup']);
    const of = (method: string) =>
      result.requests.filter(([name]) => name === method).map(([, status]) => status);
    expect([of('OPTIONS'), of('POST'), of('DELETE')]).toEqual([[200], [201], [200]]);
    expect(of('PATCH').length).toBeGreaterThan(0);
    // Candidates after the restart, which their client knows nothing of, come with the tag of the session before.
    expect(of('PATCH').filter((status) => status !== 204 && status !== 412)).toEqual([]);
  } finally {
    await browser.close();
  }
});

interface Passed {
  readonly method: string;
  readonly status: number;
  readonly asked: IncomingHttpHeaders;
  readonly told: IncomingHttpHeaders;
}

/** Stands between a client and the gateway, and notes what is asked and answered. */
async function listenIn(): Promise<{ url: string; passed: Passed[]; close: () => void }> {
  const passed: Passed[] = [];
  const server = http.createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    const onward = http.request(new URL(url, gateway.url), { method, headers }, (answer) => {
      const { statusCode: status = 0, headers: told } = answer;
      passed.push({ method, status, asked: headers, told });
      response.writeHead(status, told);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { url, passed, close: () => server.close().closeAllConnections() };
}

/** A WAV file (16-bit mono) with silence before and after its sound (ms). */
async function question(path: string, beforeMs: number, afterMs: number): Promise<Buffer> {
  const wav = await readFile(path);
  const data = wav.indexOf('data') + 8;
  const bytesPerMs = (wav.readUInt32LE(24) * 2) / 1000;
  const silence = (ms: number) => Buffer.alloc(2 * Math.round((ms * bytesPerMs) / 2));
  const sound = Buffer.concat([silence(beforeMs), wav.subarray(data), silence(afterMs)]);
  const head = Buffer.from(wav.subarray(0, data));
  head.writeUInt32LE(data + sound.length - 8, 4);
  head.writeUInt32LE(sound.length, data - 4);
  return Buffer.concat([head, sound]);
}

/** The events of a stream, as they come. */
async function* eventsFrom(url: string): AsyncGenerator<Record<string, unknown>> {
  const response = await fetch(url);
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1];
      text = text.slice(end + 2);
      if (data !== undefined) yield JSON.parse(data) as Record<string, unknown>;
    }
  }
}

it('simple-whip-client of Debian: speaks, trickles, is answered by the events of its Link, and ends the session', async () => {
  const front = await listenIn();
  const file = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
  // It begins to speak as soon as it is started: the question comes when it has surely connected.
  const folder = await mkdtemp(join(tmpdir(), 'whip-'));
  await writeFile(
    join(folder, 'question.wav'),
    await question(file('speech/color-of-star.wav'), 10_000, 4000),
  );
  const audio = `filesrc location=${join(folder, 'question.wav')} ! wavparse ! identity sync=true ! audioconvert ! audioresample ! opusenc ! rtpopuspay pt=100 ssrc=1 ! queue ! application/x-rtp,media=audio,encoding-name=OPUS,payload=100`;
  const video = `filesrc location=${file('e2e/table.mjpeg')} ! jpegparse ! jpegdec ! imagefreeze is-live=true ! videoconvert ! video/x-raw,framerate=5/1 ! vp8enc deadline=1 keyframe-max-dist=5 ! rtpvp8pay pt=96 ssrc=2 ! queue ! application/x-rtp,media=video,encoding-name=VP8,payload=96`;
  // Why the client needs it, the file says.
  const source = fileURLToPath(new URL('support/no-upnp.c', import.meta.url));
  execFileSync('cc', ['-shared', '-fPIC', '-nostdlib', '-o', join(folder, 'libgupnp-igd-1.0.so.4'), source]);
  const client = spawn(
    'whip-client',
    ['-o', '-t', 'any', '-u', `${front.url}whip`, '-A', audio, '-V', video],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LD_LIBRARY_PATH: folder },
    },
  );
  let said = '';
  for (const stream of [client.stdout, client.stderr])
    stream.on('data', (bytes) => void (said += String(bytes)));
  const ended = once(client, 'exit');
  try {
    const opened = await Promise.race([
      (async () => {
        for (;;) {
          const post = front.passed.find(({ method }) => method === 'POST');
          if (post) return post;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      })(),
      ended.then(() => Promise.reject(new Error(`the client ended: ${said}`))),
    ]);
    expect([opened.status, opened.asked.authorization]).toEqual([201, 'Bearer any']);
    const link = /<([^>]*)>; rel="[^"]*server-sent-events"/.exec(String(opened.told.link))?.[1] ?? '';
    let text = '';
    let last: Record<string, unknown> = {};
    for await (const event of eventsFrom(new URL(link, `${front.url}whip`).href)) {
      last = event;
      if (event['type'] === 'response.output_text.delta') text += String(event['delta']);
      // It stops as people stop it.
      if (event['type'] === 'response.done') client.kill('SIGINT');
    }
    await ended;
    expect([text, last]).toEqual([expect.stringMatching(/red/i), { reason: 'hangup' }]);
    const of = (name: string) => front.passed.filter(({ method }) => method === name);
    expect(of('PATCH').map(({ status, asked }) => [status, asked['if-match']])).toEqual(
      of('PATCH').map(() => [204, opened.told.etag]),
    );
    expect(of('PATCH').length).toBeGreaterThan(0);
    expect(of('DELETE').map(({ status }) => status)).toEqual([200]);
  } finally {
    client.kill('SIGKILL');
    front.close();
    await rm(folder, { recursive: true });
  }
});
