import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { connectNode } from '@vis-a-vis/client/node';
import type { IceServers } from '@vis-a-vis/protocol';
import type { Browser } from 'playwright-core';
import { Coturn } from '../support/coturn.js';
import { launchChromium } from './support/chromium.js';
import { Gateway } from './support/gateway.js';
import { callProgram, openProgram } from './support/program-page.js';

jest.setTimeout(120_000);

/** Real: the built gateway as its own process, its model, Chromium, and coturn with credentials that the gateway made. */
const TURN_PORT = 42_790;

interface Dialled {
  readonly status: string;
  readonly pair: {
    readonly local: { readonly type: string; readonly relay?: string };
    readonly gathered: string[];
  };
}

let folder: string;
let coturn: Coturn;
let gateway: Gateway;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'visavis-'));
  await writeFile(join(folder, 'secret'), 'a secret of both\n');
  coturn = await Coturn.start(TURN_PORT, 'a secret of both');
  const turn = `turn:127.0.0.1:${TURN_PORT}`;
  gateway = await Gateway.start({
    VISAVIS_ICE_UDP_PORT: '42791',
    VISAVIS_ICE_SERVERS: JSON.stringify([{ urls: [`${turn}?transport=udp`, `${turn}?transport=tcp`] }]),
    VISAVIS_TURN_SECRET_FILE: join(folder, 'secret'),
  });
});
afterAll(async () => {
  await gateway?.stop();
  await coturn?.stop();
  await rm(folder, { recursive: true, force: true });
});

const servers = async (): Promise<IceServers> =>
  (await (await fetch(`${gateway.url}v1/realtime/ice_servers`)).json()) as IceServers;

/** A Chromium page that dials. @param udp false: it sends no datagram */
async function dialIn(udp: boolean, options: object): Promise<Dialled> {
  let browser: Browser | undefined;
  try {
    browser = await launchChromium(
      undefined,
      udp ? [] : ['--webrtc-ip-handling-policy=disable_non_proxied_udp'],
    );
    const page = await openProgram(browser, gateway.url, 'network-page.mjs');
    await callProgram(page, 'gather');
    return await callProgram<Dialled>(page, 'dial', options);
  } finally {
    await browser?.close();
  }
}

it('Chromium with relay candidates only, by the servers that the gateway names: TURN over UDP', async () => {
  const { status, pair } = await dialIn(true, { iceTransportPolicy: 'relay' });
  expect([status, pair.local.type, pair.local.relay]).toEqual(['completed', 'relay', 'udp']);
  expect(new Set(pair.gathered)).toEqual(new Set(['relay']));
});

it('Chromium without UDP: TURN over TCP is the way out, and nothing else is', async () => {
  const { status, pair } = await dialIn(false, {});
  expect([status, pair.local.type, pair.local.relay]).toEqual(['completed', 'relay', 'tcp']);
  await expect(dialIn(false, { iceServers: [], timeoutMs: 4000 })).rejects.toThrow(/connect/);
});

it('Node by TURN', async () => {
  const [server] = (await servers()).ice_servers;
  const [urls = ''] = server?.urls ?? [];
  const types: string[] = [];
  const call = await connectNode({
    url: gateway.url,
    iceServers: [{ urls, username: server?.username ?? '', credential: server?.credential ?? '' }],
    session: { max_output_tokens: 16 },
    onPeer: (peer) => peer.onIceCandidate.subscribe((one) => one?.candidate && types.push(one.candidate)),
  });
  expect((await call.ask('hello')).status).toBe('completed');
  expect(types.some((line) => / typ relay /.test(line))).toBe(true);
  await call.close();
});

it('tells of the servers wherever clients look: beside the offer, in the session, by a client secret', async () => {
  const { ice_servers: told, ice_servers_expire_at: expiresAtS } = await servers();
  expect(told).toEqual([
    {
      urls: [`turn:127.0.0.1:${TURN_PORT}?transport=udp`, `turn:127.0.0.1:${TURN_PORT}?transport=tcp`],
      username: `${expiresAtS}:anonymous`,
      credential: expect.stringMatching(/^[\w+/]{27}=$/) as string,
    },
  ]);
  let link: string | null = null;
  const call = await connectNode({
    url: gateway.url,
    exchange: async (body) => {
      const headers = { 'content-type': 'application/sdp' };
      const response = await fetch(`${gateway.url}v1/realtime/calls`, { method: 'POST', headers, body });
      link = response.headers.get('link');
      return response.text();
    },
  });
  const created = await new Promise<{ visavis?: IceServers }>((resolve) => {
    call.on('event', (event) => event.type === 'session.created' && resolve(event));
  });
  expect(created.visavis?.ice_servers).toHaveLength(1);
  expect(link).toMatch(/^<turn:.*>; rel="ice-server"; username="\d+:anonymous"; credential="/);
  await call.close();
  const secret = await fetch(`${gateway.url}v1/realtime/client_secrets`, { method: 'POST' });
  expect(await secret.json()).toMatchObject({
    visavis: { ice_servers: [{ username: expect.any(String) as string }] },
  });
});

it('a secret that the TURN server does not share opens nothing there', async () => {
  const username = `${Math.floor(Date.now() / 1000) + 600}:stranger`;
  const urls = `turn:127.0.0.1:${TURN_PORT}?transport=udp`;
  const iceServers = [{ urls, username, credential: 'guessed' }];
  await expect(dialIn(true, { iceServers, iceTransportPolicy: 'relay', timeoutMs: 4000 })).rejects.toThrow(
    /connect/,
  );
});
