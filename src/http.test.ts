import 'reflect-metadata';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { clientSecretSchema, httpErrorSchema, sessionWithSecretSchema } from '@vis-a-vis/protocol';
import { pino } from 'pino';
import { ConversationService } from '#modules/conversation';
import { ENGINE } from '#modules/decoder';
import { startHttp } from './http.js';
import { Base } from './http/place.js';
import { Proxies } from './http/proxies.js';
import type { Access } from './keys/access.js';
import { KeysModule } from './keys/keys.module.js';
import { accessWith, asking, keyFor, keySet } from './keys/testing/keys.js';
import { HttpErrorsFilter } from './realtime/http-errors.filter.js';
import { TelemetryModule } from './telemetry/telemetry.module.js';

/** Real: Nest, Express, CORS, the filter and the keys, over HTTP. Fake: the engine, of which only the model's name is asked, and the conversations. */
@Module({
  providers: [
    {
      provide: ENGINE,
      useValue: { caps: { modelId: 'visavis-pocket', instructions: true, maxContextTokens: 4096 } },
    },
    { provide: ConversationService, useValue: { tellsTurnEnds: true } },
  ],
  exports: [ENGINE, ConversationService],
})
class EngineModule {}

const logger = pino({ level: 'silent' });
let folder: string;
let app: NestExpressApplication;
let access: Access;
let root: string;

async function start(base: string | null, made: Access): Promise<void> {
  access = made;
  @Module({
    imports: [
      TelemetryModule.forRoot(logger),
      KeysModule.forRoot(made, { imports: [{ module: EngineModule }], maxCallMs: 60_000 }),
    ],
    providers: [{ provide: APP_FILTER, useClass: HttpErrorsFilter }],
  })
  class TestModule {}
  const edge = { access: made, base: new Base(base, new Proxies()), docs: join(folder, 'docs') };
  app = await startHttp(TestModule, logger, join(folder, 'page'), edge);
  await app.listen(0, '127.0.0.1');
  root = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'visavis-http-'));
  for (const part of ['docs', 'page']) {
    await mkdir(join(folder, part));
    await writeFile(join(folder, part, 'index.html'), `the ${part}`);
  }
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => app.close());

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(root + path, { headers, redirect: 'manual' });
const code = async (response: Response) => [
  response.status,
  httpErrorSchema.parse(await response.json()).error.code,
];
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

describe('below a path', () => {
  it('serves what a proxy has taken the path off, and what it has not', async () => {
    await start('/at/home', accessWith());
    for (const path of ['/', '/at/home/']) expect(await (await get(path)).text()).toBe('the page');
    for (const path of ['/docs/', '/at/home/docs/']) expect(await (await get(path)).text()).toBe('the docs');
    expect((await get('/at/home/metrics')).status).toBe(200);
    expect((await get('/at/homes/metrics')).status).toBe(404);
  });

  it.each([
    ['/at/home', '/at/home/'],
    ['/at/home?autostart=1', '/at/home/?autostart=1'],
    ['/at/home/docs', '/at/home/docs/'],
    ['/docs?a=b', '/docs/?a=b'],
  ])('leads %s to %s, whatever proxies stand between', async (from, to) => {
    await start('/at/home', accessWith());
    const { status, headers } = await get(from);
    expect(status).toBe(308);
    expect(headers.get('location')).not.toContain('/at');
    expect(new URL(headers.get('location')!, root + from).href).toBe(root + to);
  });
});

describe('what is for operators', () => {
  const keys = keySet([{ id: 'acme' }, { id: 'watch', scopes: ['metrics', 'docs'] }]);

  it.each([['/metrics'], ['/METRICS'], ['/docs'], ['/docs/index.html']])(
    '%s is for this machine and for its key',
    async (path) => {
      await start(null, accessWith({ keys }));
      expect((await get(path)).status).toBeLessThan(400);
      const passedOn = { 'x-forwarded-for': '10.0.0.2' };
      const refused = await get(path, passedOn);
      expect(refused.headers.get('www-authenticate')).toBe('Bearer');
      expect(await code(refused)).toEqual([401, 'missing_api_key']);
      expect(await code(await get(path, { ...passedOn, ...bearer(keyFor('acme')) }))).toEqual([
        403,
        'insufficient_permissions',
      ]);
      expect((await get(path, { ...passedOn, ...bearer(keyFor('watch')) })).status).toBeLessThan(400);
    },
  );

  it('keeps the API page from asking anybody else', async () => {
    await start(null, accessWith());
    expect((await get('/docs/')).headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'self';/,
    );
  });
});

describe('CORS', () => {
  const preflight = (origin: string) =>
    fetch(`${root}/v1/realtime/client_secrets`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'PATCH',
        'access-control-request-headers': 'authorization,if-match,etag,x-openai-agents-sdk,x-stainless-os',
      },
    });

  it('lets pages of the list read, whatever headers they send', async () => {
    await start(
      null,
      accessWith({ origins: { listed: ['https://app.example'], loopback: false, same: true } }),
    );
    const { status, headers } = await preflight('https://app.example');
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(headers.get('access-control-allow-methods')).toBe('GET,POST,PATCH,DELETE,OPTIONS');
    expect(headers.get('access-control-allow-headers')).toBe(
      'authorization,if-match,etag,x-openai-agents-sdk,x-stainless-os',
    );
    const answered = await get('/metrics', { origin: 'https://app.example' });
    expect(answered.headers.get('access-control-expose-headers')).toBe(
      'Location,Retry-After,ETag,Link,Accept-Post,Access-Control-Allow-Methods',
    );
  });

  it('lets no others, and says to caches that it depends', async () => {
    await start(null, accessWith());
    for (const response of [
      await preflight('https://evil.example'),
      await get('/', { origin: 'https://evil.example' }),
    ]) {
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
      expect(response.headers.get('vary')).toContain('Origin');
    }
  });
});

type Refusal = [number, string, string | null, unknown, Record<string, string> | undefined];

describe('POST /v1/realtime/client_secrets', () => {
  const post = (path: string, body: unknown, headers: Record<string, string> = bearer(keyFor('acme'))) =>
    fetch(`${root}/v1/realtime/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  beforeEach(() => start(null, accessWith({ keys: keySet([{ id: 'acme' }]) })));

  it('makes a secret with its session', async () => {
    const response = await post('client_secrets', {
      expires_after: { anchor: 'created_at', seconds: 60 },
      session: { type: 'realtime', instructions: 'Be brief.' },
    });
    expect(response.status).toBe(200);
    const { value, expires_at, session } = clientSecretSchema.parse(await response.json());
    expect(session).toMatchObject({ model: 'visavis-pocket', instructions: 'Be brief.' });
    expect(expires_at).toBe(Date.UTC(2026, 0, 1) / 1000 + 60);
    expect(await access.authorize(asking(value))).toMatchObject({
      tenant: 'acme',
      session: { instructions: 'Be brief.' },
    });
    expect(await code(await post('client_secrets', {}, bearer(value)))).toEqual([
      403,
      'insufficient_permissions',
    ]);
  });

  it('needs no body', async () => {
    const { expires_at } = clientSecretSchema.parse(await (await post('client_secrets', undefined)).json());
    expect(expires_at).toBe(Date.UTC(2026, 0, 1) / 1000 + 600);
  });

  it('has its older form', async () => {
    const answer = sessionWithSecretSchema.parse(
      await (await post('sessions', { instructions: 'Be brief.' })).json(),
    );
    expect(answer.instructions).toBe('Be brief.');
    expect((await access.authorize(asking(answer.client_secret.value))).session).toMatchObject({
      instructions: 'Be brief.',
    });
  });

  it.each([
    [401, 'missing_api_key', null, {}, {}],
    [401, 'invalid_api_key', null, {}, bearer('vv_wrong')],
    [400, 'invalid_json', null, '{', undefined],
    [400, 'bad_request', null, `{"session":${'{"tracing":'.repeat(6000)}1${'}'.repeat(6001)}`, undefined],
    [400, 'bad_request', 'expires_after.seconds', { expires_after: { seconds: 9 } }, undefined],
    [400, 'bad_request', 'expires_after.seconds', { expires_after: { seconds: 7201 } }, undefined],
    [400, 'bad_request', 'expires_after.anchor', { expires_after: { anchor: 'now' } }, undefined],
    [400, 'bad_request', 'session.type', { session: { type: 'transcription' } }, undefined],
    [400, 'unknown_parameter', 'expires_in', { expires_in: 5 }, undefined],
    [400, 'unknown_parameter', 'session.instruction', { session: { instruction: 'x' } }, undefined],
    [413, 'payload_too_large', null, ' '.repeat(300_000), undefined],
  ])('refuses with %i %s (%s)', async (...row) => {
    const [status, expected, param, body, headers] = row as Refusal;
    const response = await post('client_secrets', body, headers);
    const { error } = httpErrorSchema.parse(await response.json());
    expect([response.status, error.code, error.param]).toEqual([status, expected, param]);
  });

  it('refuses another form of body', async () => {
    const headers = { ...bearer(keyFor('acme')), 'content-type': 'text/plain' };
    expect(await code(await post('client_secrets', 'x', headers))).toEqual([415, 'bad_content_type']);
  });
});
