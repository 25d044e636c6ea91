/**
 * Every requirement of RFC 9725 on a server. Real: HTTP, the doors, media with its ICE (the client's is by hand where it has to do
 * what no client does). Fake: the conversation, and who may do what.
 */
import 'reflect-metadata';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { Module, type INestApplication } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { pino } from 'pino';
import { VisavisError } from '#modules/contracts';
import { ConversationService } from '#modules/conversation';
import { ENGINE } from '#modules/decoder';
import { MediaModule, MediaService } from '#modules/media';
import { startHttp } from '../../src/http.js';
import { HttpModule } from '../../src/http/http.module.js';
import { Base } from '../../src/http/place.js';
import { Proxies } from '../../src/http/proxies.js';
import { LifecycleModule } from '../../src/lifecycle/lifecycle.module.js';
import { Lifecycle } from '../../src/lifecycle/lifecycle.js';
import { ClientIce } from '../../src/ice/ice-servers.js';
import { ACCESS, CallsService, OffersService, type Access } from '../../src/realtime/index.js';
import { ANYBODY } from '../../src/realtime/access.js';
import { HttpErrorsFilter } from '../../src/realtime/http-errors.filter.js';
import { RealtimeModule } from '../../src/realtime/realtime.module.js';
import { FakeConversation } from '../../src/realtime/testing/fake-conversation.js';
import { TelemetryModule } from '../../src/telemetry/telemetry.module.js';
import { WhipModule } from '../../src/whip/whip.module.js';
import { IceSocket, told } from '../support/ice-client.js';
import { sleep, until } from '../support/media-call.js';
import { Stranger } from '../support/stranger.js';

jest.setTimeout(30_000);

const SDP = { 'content-type': 'application/sdp' };
const FRAGMENT = { 'content-type': 'application/trickle-ice-sdpfrag' };
const ICE_SERVERS = [
  { urls: ['stun:stun.example.net'] },
  { urls: ['turn:turn.example.net?transport=udp'], username: 'user', credential: 'myPassword' },
];
const conversations: FakeConversation[] = [];
const opener = {
  open: (options: { onEvent: FakeConversation['emit'] }) => {
    conversations.push(new FakeConversation(options.onEvent));
    return Promise.resolve(conversations.at(-1));
  },
};
/** Two keys, each of another tenant; without one everybody is let in where `locked` is not set. */
let locked = false;
const access: Access = {
  authorize: ({ headers }: IncomingMessage) => {
    const key = /^Bearer (\w+)$/.exec(headers.authorization ?? '')?.[1];
    if (!locked) return Promise.resolve(ANYBODY);
    if (key !== 'one' && key !== 'two')
      return Promise.reject(new VisavisError('bad_request', 'No key.', 'authorization'));
    return Promise.resolve({ ...ANYBODY, tenant: key });
  },
};

const realtime = RealtimeModule.forRoot({
  imports: [
    MediaModule.forRoot({ iceHosts: ['127.0.0.1'], icePortRange: [41_000, 41_007] }),
    {
      module: class Fakes {},
      providers: [
        { provide: ConversationService, useValue: opener },
        { provide: ENGINE, useValue: { caps: { modelId: 'fake', maxSessions: 4 } } },
      ],
      exports: [ConversationService, ENGINE],
    },
  ],
  access: { provide: ACCESS, useValue: access },
  ice: new ClientIce({ servers: ICE_SERVERS, turnSecret: null, turnTtlS: 3600 }),
});

@Module({
  imports: [
    TelemetryModule.forRoot(pino({ level: 'silent' })),
    LifecycleModule,
    HttpModule.forRoot(new Base(null, new Proxies())),
    realtime,
    WhipModule.forRoot(realtime),
  ],
  providers: [{ provide: APP_FILTER, useClass: HttpErrorsFilter }],
})
class TestModule {}

let app: INestApplication;
let url: string;
let calls: CallsService;
const strangers: Stranger[] = [];
const sockets: IceSocket[] = [];

beforeAll(async () => {
  app = await startHttp(TestModule, pino({ level: 'silent' }), null);
  await app.listen(0, '127.0.0.1');
  calls = app.get(CallsService, { strict: false });
  url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}/whip`;
});
afterAll(() => app.close());
beforeEach(() => (conversations.length = 0));
afterEach(async () => {
  locked = false;
  for (const socket of sockets.splice(0)) socket.close();
  await Promise.all(open.splice(0).map((location) => fetch(location, { method: 'DELETE' })));
  await Promise.all(strangers.splice(0).map((one) => one.close()));
  await until(() => calls.openCalls === 0);
});

function client(): Stranger {
  const one = new Stranger(app.get(MediaService, { strict: false }));
  strangers.push(one);
  return one;
}

const open: string[] = [];
const post = (body: string, headers: Record<string, string> = SDP) =>
  fetch(url, { method: 'POST', headers, body });

interface Session {
  readonly answer: string;
  readonly location: string;
  readonly etag: string;
  readonly response: Response;
}

async function publish(offer: string, headers: Record<string, string> = SDP): Promise<Session> {
  const response = await post(offer, headers);
  expect(response.status).toBe(201);
  const location = new URL(response.headers.get('location') ?? '', url).href;
  open.push(location);
  return { response, location, etag: response.headers.get('etag') ?? '', answer: await response.text() };
}

const offered = (): Promise<string> => client().track('audio').track('video').offer();

/** The client's ICE by hand: it waits for our ClientHello, so that what comes tells where we send. */
async function handmade(): Promise<Session & { readonly first: IceSocket; readonly own: typeof MINE }> {
  const offer = (await client().track('audio').offer())
    .replace(/a=(candidate|end-of-candidates).*\r\n/g, '')
    .replace(/a=ice-ufrag:.*/g, `a=ice-ufrag:${MINE.ufrag}`)
    .replace(/a=ice-pwd:.*/g, `a=ice-pwd:${MINE.password}`)
    .replace(/a=setup:actpass/g, 'a=setup:passive');
  const session = await publish(offer);
  const first = await socket(told(session.answer), MINE);
  first.check({ nominates: true });
  await until(() => first.data.length > 0);
  return { ...session, first, own: MINE };
}
const MINE = { ufrag: 'mine', password: 'a-password-of-some-length' };
const ANEW = { ufrag: 'anew', password: 'another-password-of-a-length' };

async function socket(...[remote, own]: ConstructorParameters<typeof IceSocket>): Promise<IceSocket> {
  const one = await new IceSocket(remote, own).bind();
  sockets.push(one);
  return one;
}

const fragment = ({ ufrag, password }: typeof MINE, ...candidates: string[]) =>
  [
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${password}`,
    'm=audio 9 RTP/AVP 0',
    'a=mid:0',
    ...candidates.map((candidate) => `a=candidate:${candidate}`),
    '',
  ].join('\r\n');
const patch = (location: string, body: string, headers: Record<string, string>) =>
  fetch(location, { method: 'PATCH', headers: { ...FRAGMENT, ...headers }, body });

async function problemOf(response: Response): Promise<Record<string, unknown>> {
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const problem = (await response.json()) as Record<string, unknown>;
  expect(problem).toMatchObject({
    type: 'about:blank',
    status: response.status,
    title: expect.any(String) as string,
    detail: expect.any(String) as string,
  });
  return problem;
}

describe('POST', () => {
  test('opens a session: 201, its URL, its strong tag, and an answer with all candidates', async () => {
    const offer = await offered();
    const { response, location, etag, answer } = await publish(offer);
    expect(response.headers.get('content-type')).toBe('application/sdp');
    expect(location).toMatch(new RegExp(`^${url}/.{20,}$`));
    expect(etag).toMatch(/^"[^"]+"$/);
    expect(answer).toMatch(/^v=0\r\n/);
    expect(answer).toMatch(/a=group:BUNDLE 0 1/);
    expect(answer.match(/^a=candidate:.* 127\.0\.0\.1 /gm)?.length).toBeGreaterThan(0);
    expect(answer.indexOf('a=candidate')).toBeLessThan(answer.indexOf('m=video'));
    expect(answer).toMatch(/a=end-of-candidates/);
    expect(answer.match(/^a=recvonly/gm)).toHaveLength(2);
    expect(answer.match(/^a=rtcp-mux/gm)).toHaveLength(2);
    expect(answer.match(/^m=\w+ 0 /gm)).toBeNull();
  });

  test('its URL cannot be guessed from another', async () => {
    const offer = await client().track('audio').offer();
    const [one, two] = [await publish(offer), await publish(offer)].map(({ location }) =>
      location.split('/').at(-1),
    );
    expect(one).not.toBe(two);
    // 96 bits of chance, beside the prefix.
    expect(one?.replace(/^rtc_/, '')).toMatch(/^[\w-]{16,}$/);
  });

  test('a client that is only ever active in DTLS is answered as the server', async () => {
    const offer = (await client().track('audio').offer()).replaceAll('a=setup:actpass', 'a=setup:active');
    expect((await publish(offer)).answer).toMatch(/a=setup:passive/);
  });

  test('a client without any candidate yet is answered', async () => {
    const offer = (await offered()).replace(/a=(candidate|end-of-candidates).*\r\n/g, '');
    expect((await publish(offer)).answer).toMatch(/a=candidate/);
  });

  test('another content type: 415', async () => {
    const others: Record<string, string>[] = [{ 'content-type': 'application/json' }, FRAGMENT, {}];
    for (const headers of others) {
      const response = await post(await offered(), headers);
      expect(response.status).toBe(415);
      expect(await problemOf(response)).toMatchObject({ code: 'bad_content_type' });
    }
    expect(calls.openCalls).toBe(0);
  });

  test.each([
    ['hello', 400],
    ['', 400],
    ['v=0\r\ns=-\r\n', 400],
  ])('what is no offer (%j): %i', async (body, status) => {
    const response = await post(body);
    expect(response.status).toBe(status);
    expect(await problemOf(response)).toMatchObject({ code: 'bad_sdp', param: 'sdp' });
  });

  test('an offer that can be taken in part only is refused as a whole: 422, and nothing stays open', async () => {
    const offer = await offered();
    const parts = [
      await client().track('audio').track('video').track('video').offer(),
      offer.replaceAll(/VP8\/90000/g, 'AV9/90000'),
      offer.replace(/(m=video[\s\S]*?)a=sendonly/, '$1a=recvonly'),
      offer.replace('BUNDLE 0 1', 'BUNDLE 0'),
    ];
    for (const part of parts) {
      const response = await post(part);
      expect(response.status).toBe(422);
      expect(await problemOf(response)).toMatchObject({ code: 'unacceptable_offer' });
    }
    expect([calls.openCalls, app.get(MediaService, { strict: false }).openPeers]).toEqual([0, 0]);
  });

  test('where there is no room: 503, and when to come again', async () => {
    const offers = await Promise.all(Array.from({ length: 4 }, () => client().track('audio').offer()));
    for (const offer of offers) {
      const peer = await publish(offer);
      const one = await socket(told(peer.answer), {
        ufrag: /a=ice-ufrag:(\S+)/.exec(offer)?.[1] ?? '',
        password: /a=ice-pwd:(\S+)/.exec(offer)?.[1] ?? '',
      });
      // Heard from: it keeps its place.
      one.check();
      await until(() => one.answers.length > 0);
    }
    const response = await post(await offered());
    expect(response.status).toBe(503);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await problemOf(response)).toMatchObject({ code: 'capacity' });
  });

  test('a body without end: 413, told as any other error', async () => {
    const response = await post('v=0\r\n'.repeat(100_000));
    expect(response.status).toBe(413);
    expect(await problemOf(response)).toMatchObject({ code: 'payload_too_large' });
  });
});

describe('PATCH', () => {
  test('a candidate of the session that its tag names: 204, and it is checked', async () => {
    const { location, etag, answer, own } = await handmade();
    const later = await socket(told(answer), own);
    const line = `1 1 udp 2122260223 127.0.0.1 ${later.socket.address().port} typ host`;
    const restart = await patch(location, fragment(ANEW), { 'if-match': '*' });
    const tag = restart.headers.get('etag') ?? '';
    expect(tag).not.toBe(etag);
    const anew = told(`${await restart.text()}\r\n${answer}`);
    const moved = await socket({ ...anew, port: told(answer).port }, ANEW);
    const its = `1 1 udp 2122260223 127.0.0.1 ${moved.socket.address().port} typ host`;
    const response = await patch(location, fragment(ANEW, its), { 'if-match': tag });
    expect([response.status, await response.text()]).toEqual([204, '']);
    await until(() => moved.checks.length > 0);
    // Of the session before it: nobody is asked.
    expect((await patch(location, fragment(own, line), { 'if-match': etag })).status).toBe(412);
    expect(later.checks).toEqual([]);
  });

  test('without If-Match: 428; with a tag of another session, or a weak one: 412', async () => {
    const { location, etag } = await publish(await offered());
    const missing = await patch(location, fragment(MINE), {});
    expect([missing.status, (await problemOf(missing))['code']]).toEqual([428, 'precondition_required']);
    for (const tag of ['"other"', `W/${etag}`, 'other']) {
      const stale = await patch(location, fragment(MINE), { 'if-match': tag });
      expect([stale.status, (await problemOf(stale))['code']]).toEqual([412, 'precondition_failed']);
    }
    expect((await patch(location, fragment(MINE), { 'if-match': `"x", ${etag}` })).status).toBe(204);
  });

  test('the tag in the header that Eyevinn’s client puts it in counts, too', async () => {
    const { location, etag } = await publish(await offered());
    expect((await patch(location, fragment(MINE), { etag })).status).toBe(204);
    expect((await patch(location, fragment(MINE), { etag: '"other"' })).status).toBe(412);
  });

  test('candidates that cannot be used, and the end of them, are taken without a word: 204', async () => {
    const { location, etag } = await publish(await offered());
    const body = `${fragment(MINE, 'nonsense', '1 1 tcp 1 a.local 9 typ host')}a=end-of-candidates\r\n`;
    expect((await patch(location, body, { 'if-match': etag })).status).toBe(204);
  });

  test('a flood of them: 429, and when to come again; the session goes on', async () => {
    const { location, etag } = await publish(await offered());
    const statuses = new Set<number>();
    let refused: Response | null = null;
    for (let round = 0; round < 40 && refused === null; round++) {
      const sent = Array.from({ length: 10 }, () => patch(location, fragment(MINE), { 'if-match': etag }));
      for (const response of await Promise.all(sent)) {
        statuses.add(response.status);
        if (response.status === 429) refused ??= response;
      }
    }
    expect([...statuses].toSorted((one, other) => one - other)).toEqual([204, 429]);
    expect(refused!.headers.get('retry-after')).toBe('1');
    expect(await problemOf(refused!)).toMatchObject({ code: 'rate_limit_exceeded' });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect((await patch(location, fragment(MINE), { 'if-match': etag })).status).toBe(204);
  });

  test('another content type: 415; what is no fragment: 400', async () => {
    const { location, etag } = await publish(await offered());
    const other = await patch(location, fragment(MINE), { ...SDP, 'if-match': etag });
    expect([other.status, (await problemOf(other))['code']]).toEqual([415, 'bad_content_type']);
    for (const body of ['', 'hello', 'a=mid:0']) {
      const broken = await patch(location, body, { 'if-match': etag });
      expect([broken.status, (await problemOf(broken))['code']]).toEqual([400, 'bad_sdp']);
    }
  });

  test('ICE anew: 200, our new credentials and candidates, a new tag; media move over once it connects', async () => {
    const { location, etag, answer, first } = await handmade();
    const response = await patch(location, fragment(ANEW), { 'if-match': '*' });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, FRAGMENT['content-type']]);
    const ours = await response.text();
    const tag = response.headers.get('etag');
    expect(tag).toMatch(/^"[^"]+"$/);
    expect(tag).not.toBe(etag);
    expect(ours).toMatch(
      /^a=ice-ufrag:\S+\r\na=ice-pwd:\S{22,}\r\nm=audio 9 RTP\/AVP 0\r\na=mid:0\r\na=candidate:/,
    );
    const anew = told(ours);
    expect([anew.ufrag === told(answer).ufrag, anew.port]).toEqual([false, told(answer).port]);
    const second = await socket(anew, ANEW);
    second.check({ nominates: true });
    await until(() => second.data.length > 0, 5000);
    const before = first.data.length;
    await sleep(1500);
    expect(first.data.length).toBe(before);
    expect(calls.openCalls).toBe(1);
  });

  test('a request for it that is repeated is answered alike: the first answer may have been lost', async () => {
    const { location } = await handmade();
    const [one, two] = [
      await patch(location, fragment(ANEW), { 'if-match': '*' }),
      await patch(location, fragment(ANEW), { 'if-match': '*' }),
    ];
    expect(two.headers.get('etag')).toBe(one.headers.get('etag'));
    expect(await two.text()).toBe(await one.text());
  });

  test('a restart that fails ends nothing: not one that is refused, nor one that never connects', async () => {
    const { location, first } = await handmade();
    for (const body of ['a=ice-ufrag:anew\r\n', 'hello', 'a=ice-ufrag:a b\r\na=ice-pwd:c\r\n']) {
      expect((await patch(location, body, { 'if-match': '*' })).status).toBe(400);
    }
    expect((await patch(location, fragment(ANEW), { 'if-match': '*' })).status).toBe(200);
    const before = first.data.length;
    await until(() => first.data.length > before, 5000);
    // And it may be tried again.
    expect((await patch(location, fragment({ ...ANEW, ufrag: 'more' }), { 'if-match': '*' })).status).toBe(
      200,
    );
    expect(calls.openCalls).toBe(1);
  });
});

describe('DELETE', () => {
  test('ends the session, whatever tag it brings: 200; there is none afterwards', async () => {
    const { location } = await handmade();
    const response = await fetch(location, { method: 'DELETE', headers: { 'if-match': '"stale"' } });
    expect(response.status).toBe(200);
    expect([calls.openCalls, app.get(MediaService, { strict: false }).openPeers]).toEqual([0, 0]);
    for (const again of [
      await fetch(location, { method: 'DELETE' }),
      await patch(location, fragment(ANEW), { 'if-match': '*' }),
    ]) {
      expect([again.status, (await problemOf(again))['code']]).toEqual([404, 'not_found']);
    }
  });
});

describe('OPTIONS, and methods that are kept free', () => {
  const { Accept, links } = {
    Accept: 'application/sdp',
    links: [
      '<stun:stun.example.net>; rel="ice-server"',
      '<turn:turn.example.net?transport=udp>; rel="ice-server"; username="user"; credential="myPassword"; credential-type="password"',
    ].join(', '),
  };

  test('the endpoint says what it takes, and which servers there are for ICE', async () => {
    const response = await fetch(url, { method: 'OPTIONS' });
    expect(response.status).toBe(200);
    expect(response.headers.get('accept-post')).toBe(Accept);
    expect(response.headers.get('link')).toBe(links);
    expect(response.headers.get('access-control-allow-methods')).toMatch(/PATCH/);
  });

  test('who may not publish is told of no server that takes credentials', async () => {
    locked = true;
    try {
      const response = await fetch(url, { method: 'OPTIONS' });
      expect(response.headers.get('link')).toBe('<stun:stun.example.net>; rel="ice-server"');
      const known = await fetch(url, { method: 'OPTIONS', headers: { authorization: 'Bearer one' } });
      expect(known.headers.get('link')).toBe(links);
    } finally {
      locked = false;
    }
  });

  test('a preflight is not told of servers', async () => {
    const headers = { origin: 'https://a.example', 'access-control-request-method': 'POST' };
    const response = await fetch(url, { method: 'OPTIONS', headers });
    expect([response.ok, response.headers.get('link')]).toEqual([true, null]);
  });

  test('the answer to an offer tells of them, too, beside the events', async () => {
    const { response } = await publish(await offered());
    const link = response.headers.get('link') ?? '';
    expect(link).toContain(links);
    expect(link).toMatch(/<[^>]*\/whip\/events\/[\w-]{32}>; rel="urn:ietf:params:whip:ext:/);
  });

  test('a session says that it takes fragments', async () => {
    const { location } = await publish(await offered());
    const response = await fetch(location, { method: 'OPTIONS' });
    expect([response.status, response.headers.get('accept-patch')]).toEqual([200, FRAGMENT['content-type']]);
  });

  test.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'])('%s of the endpoint: 405', async (method) => {
    const response = await fetch(url, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });

  test.each(['GET', 'HEAD', 'PUT', 'POST'])('%s of a session: 405', async (method) => {
    const { location } = await publish(await offered());
    const response = await fetch(location, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'PATCH, DELETE, OPTIONS']);
  });
});

describe('keys', () => {
  const bearer = (key: string) => ({ ...SDP, authorization: `Bearer ${key}` });

  test('without one nothing is opened; with another’s a session is not to be found', async () => {
    locked = true;
    const offer = await offered();
    expect((await post(offer)).ok).toBe(false);
    expect((await post(offer, bearer('nobody'))).ok).toBe(false);
    const { location, etag } = await publish(offer, bearer('one'));
    const [theirs, ours] = ['two', 'one'].map((key) => ({ authorization: `Bearer ${key}` }));
    for (const headers of [theirs, {}]) {
      const answers = [
        await patch(location, fragment(MINE), { 'if-match': etag, ...headers }),
        await fetch(location, { method: 'DELETE', ...(headers && { headers }) }),
      ];
      for (const answer of answers) expect(answer.ok).toBe(false);
    }
    const missed = await fetch(location, { method: 'DELETE', headers: theirs! });
    expect([missed.status, (await problemOf(missed))['code']]).toEqual([404, 'not_found']);
    expect((await patch(location, fragment(MINE), { 'if-match': etag, ...ours })).status).toBe(204);
    expect((await fetch(location, { method: 'DELETE', headers: ours! })).status).toBe(200);
  });
});

describe('events', () => {
  const eventsOf = ({ response }: Session) =>
    new URL(/<([^>]*\/events\/[^>]*)>/.exec(response.headers.get('link') ?? '')?.[1] ?? '', url).href;

  test('what is said in the session is read from the URL that its Link names, to the end', async () => {
    const stranger = client().track('audio');
    const session = await publish(await stranger.offer());
    await stranger.connection.setRemoteDescription({ type: 'answer', sdp: session.answer });
    const stream = await fetch(eventsOf(session));
    expect(stream.headers.get('content-type')).toBe('text/event-stream');
    const text = stream.text();
    await until(() => conversations.length === 1);
    conversations[0]!.emit({ type: 'audio_cleared' });
    const late = await fetch(eventsOf(session), { headers: { 'last-event-id': '1' } });
    await fetch(session.location, { method: 'DELETE' });
    const types = async (read: Promise<string>) => (await read).match(/^event: .*/gm);
    expect(await types(text)).toEqual([
      'event: session.created',
      'event: input_audio_buffer.cleared',
      'event: closed',
    ]);
    expect(await types(late.text())).toEqual(['event: input_audio_buffer.cleared', 'event: closed']);
  });

  test('nobody reads them by the address of the session, nor when it is over', async () => {
    const session = await publish(await offered());
    const id = session.location.split('/').at(-1);
    expect((await fetch(`${url}/events/${id}`)).status).toBe(404);
    const events = eventsOf(session);
    await fetch(session.location, { method: 'DELETE' });
    expect((await fetch(events)).status).toBe(404);
  });
});

describe('a session that asks to be kept', () => {
  /** @returns what was answered; the client is connected where it is 201 */
  async function join(query: string): Promise<{ one: Stranger; response: Response; location: string }> {
    const one = client().track('audio');
    const response = await fetch(`${url}${query}`, { method: 'POST', headers: SDP, body: await one.offer() });
    const location = new URL(response.headers.get('location') ?? '', url).href;
    if (response.status !== 201) return { one, response, location };
    open.push(location);
    await one.connection.setRemoteDescription({ type: 'answer', sdp: await response.text() });
    await until(() => one.connection.connectionState === 'connected');
    return { one, response, location };
  }

  test('goes on over another connection, by the token that its events tell; they are read as before', async () => {
    const first = await join('?resume');
    await until(() => conversations.length === 1);
    const link = /<([^>]*\/whip\/events\/[^>]*)>/.exec(first.response.headers.get('link') ?? '')?.[1] ?? '';
    let said = '';
    const stream = (await fetch(new URL(link, url))).body?.pipeThrough(new TextDecoderStream());
    const reading = (async () => {
      for await (const piece of stream ?? []) said += piece;
    })();
    const tokens = () => [...said.matchAll(/"resume":\{"token":"([^"]+)"/g)].map(([, token]) => token ?? '');
    await until(() => tokens().length === 1);
    const second = await join(`?resume=${tokens()[0]}`);
    expect([second.response.status, second.location]).toEqual([201, first.location]);
    expect(second.response.headers.get('etag')).not.toBe(first.response.headers.get('etag'));
    await until(() => tokens().length === 2);
    // The connection before is closed, and nobody has hung up by that.
    await until(() => app.get(MediaService, { strict: false }).openPeers === 1);
    conversations[0]?.emit({ type: 'part_lost', part: 'video', why: 'gone' });
    await until(() => said.includes('part_lost'));
    expect([conversations.length, conversations[0]?.closedBecause, calls.openCalls]).toEqual([1, null, 1]);
    const used = await join(`?resume=${tokens()[0]}`);
    expect([used.response.status, (await problemOf(used.response))['code']]).toEqual([
      404,
      'resume_not_found',
    ]);
    await fetch(first.location, { method: 'DELETE' });
    await reading;
    expect(said).toContain('event: closed');
  });

  test('without asking it is told of no token; and a call of another kind is none of its sessions', async () => {
    await join('');
    const { call } = await app
      .get(OffersService, { strict: false })
      .open(
        { sdp: await client().track('audio').withChannel().offer(), session: { visavis: { resume: true } } },
        { grant: ANYBODY },
      );
    const token = call.ticket()?.token;
    const response = await join(`?resume=${token}`);
    expect(response.response.status).toBe(404);
    await calls.end(call.id, 'hangup');
  });
});

test('where the gateway is about to stop: 503, and when to come again', async () => {
  const lifecycle = app.get(Lifecycle, { strict: false });
  lifecycle.beginDrain();
  const response = await post(await offered());
  expect([response.status, Number(response.headers.get('retry-after')) > 0]).toEqual([503, true]);
});
