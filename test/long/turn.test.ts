import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { connectNode } from '@vis-a-vis/client/node';
import type { IceServers, SessionExtras } from '@vis-a-vis/protocol';
import type { Browser } from 'playwright-core';
import { Coturn } from '../../tools/support/coturn.js';
import { launchChromium } from '../e2e/support/chromium.js';
import { Gateway, runGateway } from '../e2e/support/gateway.js';
import { callProgram, openProgram } from '../e2e/support/program-page.js';

jest.setTimeout(120_000);

/** Real: the built gateway as its own process, its model, Chromium, and coturn with credentials that the gateway made. */
const TURN_PORT = 21_790;
/** Chromium sends no datagram then. */
const WITHOUT_UDP = '--webrtc-ip-handling-policy=disable_non_proxied_udp';

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
    VISAVIS_ICE_UDP_PORT: '21791',
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
    browser = await launchChromium(undefined, udp ? [] : [WITHOUT_UDP]);
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
  const created = await new Promise<{ visavis?: SessionExtras | undefined }>((resolve) => {
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

it('npm start -- --check-network tries ports, addresses and TURN servers', async () => {
  const turn = `turn:127.0.0.1:${TURN_PORT}`;
  const settings = {
    VISAVIS_ICE_UDP_PORT: '21792',
    VISAVIS_ICE_HOSTS: '127.0.0.1,::1',
    VISAVIS_ICE_SERVERS: JSON.stringify([{ urls: [turn, `${turn}?transport=tcp`] }]),
    VISAVIS_TURN_SECRET_FILE: join(folder, 'secret'),
  };
  const fine = await runGateway(['--check-network'], settings);
  expect([fine.code, fine.stderr]).toEqual([0, '']);
  expect(fine.stdout.trimEnd().split('\n')).toEqual([
    'ok      clients are told of 127.0.0.1, ::1',
    expect.stringMatching(/^ok {6}UDP 127\.0\.0\.1:21792 answers \(\d+\.\d ms\)$/),
    expect.stringMatching(/^ok {6}UDP \[::1\]:21792 answers \(\d+\.\d ms\)$/),
    expect.stringMatching(/^ok {6}turn:127\.0\.0\.1:21790 relays by 127\.0\.0\.1:\d+ \(\d+ ms\)$/),
    expect.stringMatching(/^ok {6}turn:\S+transport=tcp relays by 127\.0\.0\.1:\d+ \(\d+ ms\)$/),
  ]);
  await writeFile(join(folder, 'other'), 'another');
  const bad = await runGateway(['--check-network'], {
    ...settings,
    VISAVIS_ICE_UDP_PORT: '21791',
    VISAVIS_TURN_SECRET_FILE: join(folder, 'other'),
  });
  expect(bad.code).toBe(1);
  expect(bad.stdout).toMatch(/^fail {4}VISAVIS_ICE_UDP_PORT: .*EADDRINUSE.*is a gateway running\?$/m);
  expect(bad.stdout.match(/^fail {4}turn:.* does not relay: .*/gm)).toHaveLength(2);
});

it('the page /check tells what works, and what fails where UDP is blocked', async () => {
  const media = { video: 'test/fixtures/e2e/table.mjpeg', audio: 'test/fixtures/e2e/question.wav' };
  const checked = async (more: readonly string[]): Promise<[Record<string, string>, string]> => {
    const browser = await launchChromium(media, more);
    try {
      const page = await browser.newPage();
      await page.goto(`${gateway.url}check?autostart=1`);
      await page.locator('#start:not([disabled])').waitFor({ timeout: 60_000 });
      const items = await page.locator('#results li').all();
      const states = await Promise.all(
        items.map(async (item) => [
          await item.getAttribute('data-name'),
          await item.getAttribute('data-state'),
        ]),
      );
      return [
        Object.fromEntries(states) as Record<string, string>,
        await page.locator('#verdict').innerText(),
      ];
    } finally {
      await browser.close();
    }
  };
  const all = { Gateway: 'ok', Microphone: 'ok', Camera: 'ok', 'TURN over TCP': 'ok' };
  expect(await checked([])).toEqual([{ ...all, UDP: 'ok', 'TURN over UDP': 'ok' }, 'Calls work from here.']);
  expect(await checked([WITHOUT_UDP])).toEqual([
    { ...all, UDP: 'fails', 'TURN over UDP': 'fails' },
    'Calls work from here.',
  ]);
});

it('a secret that the TURN server does not share opens nothing there', async () => {
  const username = `${Math.floor(Date.now() / 1000) + 600}:stranger`;
  const urls = `turn:127.0.0.1:${TURN_PORT}?transport=udp`;
  const iceServers = [{ urls, username, credential: 'guessed' }];
  await expect(dialIn(true, { iceServers, iceTransportPolicy: 'relay', timeoutMs: 4000 })).rejects.toThrow(
    /connect/,
  );
});
