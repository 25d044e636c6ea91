import { jest } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, request as ask, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { connectNode, type NodeCall } from '@vis-a-vis/client/node';
import { httpErrorSchema } from '@vis-a-vis/protocol';
import type { Browser } from 'playwright-core';
import { artifact, launchChromium } from './support/chromium.js';
import { Gateway, runGateway } from './support/gateway.js';

jest.setTimeout(120_000);

/** Real: the built gateway as its own process, calls over WebRTC and WebSocket, Chromium, a proxy over HTTP. */
const KEYS = {
  acme: 'vv_acme_0123456789012345678901234567890123456789012',
  other: 'vv_other_123456789012345678901234567890123456789012',
  few: 'vv_few_12345678901234567890123456789012345678901234',
  short: 'vv_short_123456789012345678901234567890123456789012',
  watch: 'vv_watch_123456789012345678901234567890123456789012',
};
const entry = (id: keyof typeof KEYS, more: object = {}) => ({
  id,
  hash: `sha256:${createHash('sha256').update(KEYS[id]).digest('hex')}`,
  ...more,
});
const FILE = [
  entry('acme', { origins: ['https://app.example'] }),
  entry('other'),
  entry('few', { limits: { concurrent_calls: 1, sessions_per_minute: 2 } }),
  entry('short', { limits: { minutes_per_day: 0.05 } }),
  entry('watch', { scopes: ['metrics'] }),
];
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

let folder: string;
let file: string;
let gateway: Gateway;
const calls: NodeCall[] = [];
const secrets: string[] = [];

const dial = async (apiKey: string): Promise<NodeCall> => {
  const call = await connectNode({ url: gateway.url, apiKey });
  calls.push(call);
  return call;
};
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    ({ code }: { code: string }) => code,
  );
const post = (path: string, headers: Record<string, string> = {}, body?: string) =>
  fetch(gateway.url + path, { method: 'POST', headers, ...(body !== undefined && { body }) });
const codeOf = async (response: Response) => [
  response.status,
  httpErrorSchema.parse(await response.json()).error.code,
];
const mint = async (key: string, body: object = {}): Promise<string> => {
  const headers = { ...bearer(key), 'content-type': 'application/json' };
  const { value } = (await (
    await post('v1/realtime/client_secrets', headers, JSON.stringify(body))
  ).json()) as {
    value: string;
  };
  secrets.push(value);
  return value;
};
const goesOn = async (call: NodeCall) =>
  expect((await call.ask('hello')).status).toMatch(/^(completed|incomplete)$/);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'visavis-keys-'));
  file = join(folder, 'keys.json');
  await writeFile(file, JSON.stringify({ keys: FILE }));
  gateway = await Gateway.start({ VISAVIS_API_KEYS_FILE: file, VISAVIS_LOG_LEVEL: 'debug' });
}, 90_000);
afterAll(async () => {
  await Promise.all(calls.map((call) => call.close()));
  await gateway?.stop();
  await rm(folder, { recursive: true });
});

describe('a gateway with keys', () => {
  let bystander: NodeCall;
  beforeAll(async () => {
    bystander = await dial(KEYS.other);
  });
  afterEach(() => goesOn(bystander));

  it('refuses wrong keys at every door, with a code and a way to bring one', async () => {
    const refused = await post('v1/realtime/calls', { 'content-type': 'application/sdp' }, 'v=0');
    expect(refused.headers.get('www-authenticate')).toBe('Bearer');
    expect(await codeOf(refused)).toEqual([401, 'missing_api_key']);
    for (const path of [
      'v1/realtime/calls',
      'v1/realtime',
      'v1/realtime/calls/rtc_x/hangup',
      'v1/realtime/client_secrets',
    ])
      expect(await codeOf(await post(path, bearer('vv_wrong')))).toEqual([401, 'invalid_api_key']);
    expect(await refusal(dial('vv_wrong'))).toBe('invalid_api_key');
    expect(await refusal(dial(KEYS.watch))).toBe('insufficient_permissions');
    const evil = { ...bearer(KEYS.acme), origin: 'https://evil.example' };
    expect(await codeOf(await post('v1/realtime/client_secrets', evil))).toEqual([403, 'origin_not_allowed']);
    expect(await upgradeStatus(null)).toBe(401);
    expect(await upgradeStatus(KEYS.watch)).toBe(403);
    expect(await upgradeStatus(KEYS.other)).toBe(101);
  });

  it('lets nobody end or join another’s call', async () => {
    const id = await idOfCall(KEYS.other);
    expect(await codeOf(await post(`v1/realtime/calls/${id}/hangup`, bearer(KEYS.acme)))).toEqual([
      404,
      'not_found',
    ]);
    expect(await upgradeStatus(KEYS.acme, `?call_id=${id}`)).toBe(404);
    expect(await upgradeStatus(KEYS.other, `?call_id=${id}`)).toBe(101);
    expect((await post(`v1/realtime/calls/${id}/hangup`, bearer(KEYS.other))).status).toBe(200);
  });

  it('holds a key to its limits, whichever door it is used at', async () => {
    const call = await dial(KEYS.few);
    expect(await refusal(dial(KEYS.few))).toBe('rate_limit_exceeded');
    expect(await upgradeStatus(KEYS.few)).toBe(429);
    await call.close();
    // It is told within moments that the call has gone.
    let code = '';
    for (let tries = 0; tries < 50 && code !== 'none'; tries += 1) {
      code = await refusal(dial(KEYS.few));
      if (code !== 'none') await sleep(100);
    }
    expect(code).toBe('none');
    await calls.at(-1)?.close();
    await sleep(500);
    // Two in a minute.
    const sdp = { ...bearer(KEYS.few), 'content-type': 'application/sdp' };
    const refused = await post('v1/realtime/calls', sdp, 'v=0\r\n');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await codeOf(refused)).toEqual([429, 'rate_limit_exceeded']);
  });

  it('ends a call that is over its minutes, and says why', async () => {
    const call = await dial(KEYS.short);
    const told: string[] = [];
    call.on('error', ({ code }) => told.push(code));
    await new Promise((resolve) => call.on('closed', resolve));
    expect(told).toEqual(['insufficient_quota']);
    expect(await refusal(dial(KEYS.short))).toBe('insufficient_quota');
  });

  it('makes secrets that open calls with their session', async () => {
    const secret = await mint(KEYS.acme, {
      session: { type: 'realtime', instructions: 'Be brief.' },
      visavis: { fixed: true },
    });
    const call = await dial(secret);
    const told: string[] = [];
    call.on('error', ({ code }) => told.push(code));
    const session = await new Promise<{ instructions: string }>((resolve) => {
      call.on('event', (event) => {
        if (event.type === 'session.updated') resolve(event.session);
      });
      call.update({ instructions: 'Be long.' });
      call.update({ max_output_tokens: 16 });
    });
    expect(session.instructions).toBe('Be brief.');
    expect(told).toEqual(['session_fixed']);
    await goesOn(call);
    await call.close();
  });

  it('refuses a body that is too large before it asks for anything else', async () => {
    const sdp = { ...bearer(KEYS.other), 'content-type': 'application/sdp' };
    expect(await codeOf(await post('v1/realtime/calls', sdp, 'v'.repeat(300_000)))).toEqual([
      413,
      'payload_too_large',
    ]);
  });

  it('answers a thousand malformed events with as many errors, and goes on', async () => {
    const call = await dial(KEYS.other);
    const codes = new Map<string, number>();
    const all = new Promise<void>((resolve) => {
      let count = 0;
      call.on('error', ({ code }) => {
        codes.set(code, (codes.get(code) ?? 0) + 1);
        if ((count += 1) === 1000) resolve();
      });
    });
    const kinds = [
      '{',
      '[]',
      '{"type":"no.such.event"}',
      '{"type":"session.update"}',
      '{"type":"response.create","response":5}',
    ];
    for (let n = 0; n < 1000; n += 1) {
      call.sendText(kinds[n % kinds.length]!);
      if (n % 50 === 49) await sleep(5);
    }
    await all;
    expect(Object.fromEntries(codes)).toEqual({ invalid_json: 200, invalid_event: 600, unknown_event: 200 });
    await goesOn(call);
    await call.close();
  });

  it('shows its metrics to this machine and to their key, not to who comes by a proxy', async () => {
    const metrics = (headers: Record<string, string>) => fetch(`${gateway.url}metrics`, { headers });
    expect((await metrics({})).status).toBe(200);
    const passedOn = { 'x-forwarded-for': '203.0.113.7' };
    expect(await codeOf(await metrics(passedOn))).toEqual([401, 'missing_api_key']);
    expect(await codeOf(await metrics({ ...passedOn, ...bearer(KEYS.acme) }))).toEqual([
      403,
      'insufficient_permissions',
    ]);
    expect((await metrics({ ...passedOn, ...bearer(KEYS.watch) })).status).toBe(200);
  });

  it('reads its keys anew on SIGHUP: a withdrawn one ends its calls, a broken file changes nothing', async () => {
    const call = await dial(KEYS.acme);
    const secret = await mint(KEYS.acme);
    const told: string[] = [];
    call.on('error', ({ code }) => told.push(code));
    await writeFile(file, '{"keys": [');
    gateway.signal('SIGHUP');
    await sleep(500);
    await goesOn(call);
    await writeFile(file, JSON.stringify({ keys: FILE.filter(({ id }) => id !== 'acme') }));
    gateway.signal('SIGHUP');
    await new Promise((resolve) => call.on('closed', resolve));
    expect(told).toEqual(['invalid_api_key']);
    expect(await refusal(dial(KEYS.acme))).toBe('invalid_api_key');
    expect(await refusal(dial(secret))).toBe('invalid_api_key');
  });
});

describe('the page', () => {
  let browser: Browser;
  let proxy: Server;
  let below: string;
  beforeAll(async () => {
    browser = await launchChromium();
    const up = new URL(gateway.url);
    proxy = createServer((from, to) => {
      if (!from.url?.startsWith('/at/home/')) return void to.writeHead(404).end('another site');
      const path = from.url.slice('/at/home'.length);
      const { headers, method } = from;
      from.pipe(
        ask({ host: up.hostname, port: up.port, path, method, headers }, (answer) => {
          to.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(to);
        }),
      );
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    below = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/at/home/`;
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    proxy?.closeAllConnections();
    proxy?.close();
  });

  it('asks for a key, and works with it below a path', async () => {
    const page = await browser.newPage();
    await page.goto(below);
    expect(await page.getByLabel('Key').isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByLabel('Key').fill(await mint(KEYS.other));
    expect(await page.locator('#problem').innerText()).toMatch(/asks for a key/);
    await page.getByRole('button', { name: 'Start' }).click();
    await page.locator('#state[data-state=ready]').waitFor({ timeout: 30_000 });
    await page.close();
  });

  it('takes a key from behind the hash, and leaves it nowhere', async () => {
    const page = await browser.newPage();
    await page.goto(`${below}?autostart=1#key=${await mint(KEYS.other)}`);
    await page.locator('#state[data-state=ready]').waitFor({ timeout: 30_000 });
    expect(page.url()).toBe(`${below}?autostart=1`);
    await page.close();
  });

  it('of the API shows every operation, and asks nobody else for anything', async () => {
    const page = await browser.newPage();
    const asked: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(`${gateway.url}docs`);
    await page.locator('.opblock').first().waitFor({ timeout: 30_000 });
    const { length } = (
      await readFile(fileURLToPath(new URL('../../docs/openapi.yaml', import.meta.url)), 'utf8')
    ).match(/^ {6}operationId: /gm)!;
    expect(await page.locator('.opblock').count()).toBe(length);
    expect(await page.getByText('RealtimeServerEvent', { exact: true }).count()).toBeGreaterThan(0);
    expect(asked.filter((url) => !url.startsWith(gateway.url) && !url.startsWith('data:'))).toEqual([]);
    expect(complaints).toEqual([]);
    await page.screenshot({ path: await artifact('api-page.png') });
    await page.close();
  });
});

describe('the log', () => {
  it('holds no key, whatever came of it', async () => {
    const { stdout, stderr } = await gateway.stop();
    expect(stdout).toContain('the keys could not be read anew');
    for (const secret of [...Object.values(KEYS), ...secrets, 'vv_wrong'])
      expect(`${stdout}${stderr}`.includes(secret)).toBe(false);
  });
});

describe('without keys', () => {
  it('no others than this machine are served', async () => {
    const { code, stderr } = await runGateway([], { VISAVIS_HOST: '0.0.0.0' });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^bad_config: VISAVIS_HOST: .*VISAVIS_API_KEYS_FILE.*\n$/),
    ]);
    const checked = await runGateway(['--check-config'], {
      VISAVIS_HOST: '0.0.0.0',
      VISAVIS_ALLOW_ANONYMOUS: '1',
    });
    expect(checked.code).toBe(0);
  });

  it('a file of keys that is broken is told before anything starts', async () => {
    const { code, stderr } = await runGateway(['--check-config'], { VISAVIS_API_KEYS_FILE: '/no/such/file' });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^bad_config: VISAVIS_API_KEYS_FILE: /)]);
  });
});

/** @returns the HTTP status that answers a request for a WebSocket; 101: it is one */
function upgradeStatus(key: string | null, query = ''): Promise<number> {
  const url = `${gateway.url.replace('http', 'ws')}v1/realtime${query}`;
  const socket = new WebSocket(
    url,
    key === null ? ['realtime'] : ['realtime', `openai-insecure-api-key.${key}`],
  );
  return new Promise((resolve, reject) => {
    socket.on('unexpected-response', (_request, { statusCode }) => resolve(statusCode ?? 0));
    socket.on('open', () => {
      socket.close();
      resolve(101);
    });
    socket.on('error', reject);
  });
}

/** Opens a call that is left to itself. */
async function idOfCall(key: string): Promise<string> {
  let id = '';
  const call = await connectNode({
    url: gateway.url,
    exchange: async (offer) => {
      const headers = { ...bearer(key), 'content-type': 'application/sdp' };
      const response = await post('v1/realtime/calls', headers, offer);
      id = response.headers.get('location')?.split('/').at(-1) ?? '';
      return response.text();
    },
  });
  calls.push(call);
  return id;
}
