import 'reflect-metadata';
import net, { type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Module, type INestApplication } from '@nestjs/common';
import { pino } from 'pino';
import { VisavisError } from '#modules/contracts';
import { ConversationService } from '#modules/conversation';
import { ENGINE } from '#modules/decoder';
import { MediaService } from '#modules/media';
import { monotonicClock } from '../../clock.js';
import { startHttp } from '../../http.js';
import { Lifecycle } from '../../lifecycle/lifecycle.js';
import { LifecycleModule } from '../../lifecycle/lifecycle.module.js';
import { LOGGER, type Logger } from '../../telemetry/logger.js';
import { Metrics } from '../../telemetry/metrics.js';
import { TelemetryModule } from '../../telemetry/telemetry.module.js';
import { ACCESS, ANYBODY, type Access } from '../access.js';
import { CALL_ENVIRONMENT } from '../calls-environment.js';
import { CallsService } from '../calls.service.js';
import { randomIds } from '../ids.js';
import { FakeConversation } from '../testing/fake-conversation.js';
import { TestSocket } from '../testing/socket.js';
import { WebSocketDoor } from './websocket.door.js';

/** Fake: the conversation, and who may do what. Real: Node's server, ws on both sides, the calls. */
const conversations: FakeConversation[] = [];
const tenants: (string | undefined)[] = [];
let broken = false;
const ended: string[] = [];

const opener = {
  tellsTurnEnds: false,
  async open(options: { onEvent: FakeConversation['emit']; tenant?: string }) {
    if (broken) throw new VisavisError('engine_restarting', 'No worker is up.');
    const conversation = new FakeConversation(options.onEvent);
    conversations.push(conversation);
    tenants.push(options.tenant);
    return conversation;
  },
};
/** The key is the tenant. */
const access: Access = {
  async authorize({ headers }) {
    const key = /openai-insecure-api-key\.([\w-]+)/.exec(headers['sec-websocket-protocol'] ?? '')?.[1];
    if (key === 'stolen') throw new VisavisError('capacity', 'Not you.');
    const tenant = key ?? 'anonymous';
    return {
      ...ANYBODY,
      tenant,
      open: () => ({ started: () => undefined, end: () => void ended.push(tenant) }),
    };
  },
};

@Module({
  imports: [TelemetryModule.forRoot(pino({ level: 'silent' })), LifecycleModule],
  providers: [
    CallsService,
    WebSocketDoor,
    { provide: ACCESS, useValue: access },
    { provide: MediaService, useValue: { decodeImage: () => Promise.reject(new Error('none')) } },
    { provide: ConversationService, useValue: opener },
    { provide: ENGINE, useValue: { caps: { modelId: 'visavis-pocket', maxSessions: 4 } } },
    {
      provide: CALL_ENVIRONMENT,
      inject: [Metrics, LOGGER, Lifecycle],
      useFactory: (metrics: Metrics, logger: Logger, lifecycle: Lifecycle) => ({
        clock: monotonicClock,
        ids: randomIds,
        metrics,
        logger,
        lifecycle,
        limits: { maxCallMs: 3_600_000, audioAheadMs: 2000 },
      }),
    },
  ],
})
class TestModule {}

describe('GET /v1/realtime', () => {
  let app: INestApplication;
  let url: string;
  let calls: CallsService;
  const open: TestSocket[] = [];

  beforeAll(async () => {
    app = await startHttp(TestModule, pino({ level: 'silent' }), null);
    await app.listen(0, '127.0.0.1');
    calls = app.get(CallsService);
    url = `ws://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}/v1/realtime`;
  });
  afterAll(() => app.close());
  beforeEach(() => {
    broken = false;
    conversations.length = 0;
    tenants.length = 0;
    ended.length = 0;
  });
  afterEach(async () => {
    for (const client of open.splice(0)) client.socket.terminate();
    for (const end = performance.now() + 3000; calls.openCalls > 0; await sleep(5)) {
      if (performance.now() > end) throw new Error('a call outlived its client');
    }
  });

  const dial = async (query = '?model=gpt-realtime', key?: string) => {
    const protocols = ['realtime', ...(key === undefined ? [] : [`openai-insecure-api-key.${key}`])];
    const client = await TestSocket.open(url + query, protocols);
    open.push(client);
    await client.until('session.created');
    return client;
  };
  const conversation = () => conversations.at(-1)!;

  it('takes the subprotocol, greets with the whole session, and does not repeat the key', async () => {
    const client = await dial('', 'secret');
    expect(client.socket.protocol).toBe('realtime');
    const session = client.of('session.created')[0]!.session;
    expect(session).toMatchObject({
      object: 'realtime.session',
      audio: { input: { format: { rate: 24_000 } } },
    });
    expect(session.expires_at).toBeGreaterThan(Date.now() / 1000 + 3500);
    expect(tenants).toEqual(['secret']);
  });

  it('carries events both ways, and ends its call with the connection', async () => {
    const client = await dial();
    client.send({ type: 'session.update', session: { type: 'realtime', instructions: 'Be brief.' } });
    await client.until('session.updated');
    client.send({ type: 'response.create' });
    await client.until(() => conversation().intents.length === 2);
    client.close();
    await client.untilClosed();
    await client.until(() => conversation().closedBecause !== null);
    expect(conversation().closedBecause).toBe('closed_by_peer');
    expect(ended).toEqual(['anonymous']);
  });

  it('hears what is appended, gapless, in the format of the session', async () => {
    const client = await dial();
    const audio = (bytes: number) => Buffer.alloc(bytes, 1).toString('base64');
    client.send({ type: 'input_audio_buffer.append', audio: audio(4801) });
    client.send({ type: 'input_audio_buffer.append', audio: audio(4799) });
    client.send({
      type: 'session.update',
      session: { audio: { input: { format: { type: 'audio/pcmu' } } } },
    });
    client.send({ type: 'input_audio_buffer.append', audio: audio(800) });
    client.send({ type: 'input_audio_buffer.commit' });
    await client.until(() => conversation().intents.some(({ k }) => k === 'audio_commit'));
    const { audio: frames } = conversation();
    let endMs = 0;
    for (const frame of frames) {
      expect(frame.ptsMs).toBeCloseTo(endMs, 6);
      endMs = frame.ptsMs + frame.pcm.length / 16;
    }
    // 100 ms twice and 100 ms, less the filter's half length where the format changed.
    expect(endMs).toBeGreaterThan(297);
    expect(endMs).toBeLessThanOrEqual(300);
    expect(client.codes).toEqual([]);
  });

  it('holds up who appends faster than time goes by, then tells it, and stays as it was', async () => {
    const client = await dial();
    const chunk = Buffer.alloc(960).toString('base64');
    for (let i = 0; i < 3000; i++) {
      const named = i % 100 === 99 && { event_id: `e${i}` };
      client.send({ type: 'input_audio_buffer.append', audio: chunk, ...named });
    }
    client.send({ type: 'response.create' });
    await client.until(() => conversation().intents.some(({ k }) => k === 'response_create'), 9000);
    expect(new Set(client.codes)).toEqual(new Set(['audio_too_fast']));
    // Each that has a name is told, and of the others one a run.
    const ids = client.of('error').map(({ error }) => error.event_id);
    expect(ids.filter((id) => id !== null).length).toBeGreaterThan(15);
    expect(ids.filter((id) => id === null).length).toBeLessThan(15);
    // What 2 s ahead, 2 s of patience and the time that the test took allow, of 60 s.
    const heardMs = conversation().audio.length * 20;
    expect(heardMs).toBeGreaterThan(2000);
    expect(heardMs).toBeLessThan(30_000);
  });

  it('answers a thousand malformed messages with coded errors', async () => {
    const client = await dial();
    for (let i = 0; i < 1200; i++) client.send(i % 2 ? '{' : { type: 'sing', event_id: `e${i}` });
    await client.until(() => client.codes.length === 1200);
    expect(new Set(client.codes)).toEqual(new Set(['invalid_json', 'unknown_event']));
    client.send({ type: 'response.create' });
    await client.until(() => conversation().intents.length === 1);
  });

  it('tells a message that is too large, and one in binary, and goes on', async () => {
    const client = await dial();
    client.send('x'.repeat(8 * 1024 * 1024 + 1));
    client.socket.send(Buffer.from('{}'));
    await client.until(() => client.codes.length === 2);
    expect(client.codes).toEqual(['message_too_large', 'invalid_event']);
    client.send({ type: 'response.create' });
    await client.until(() => conversation().intents.length === 1);
  });

  it.each([
    ['hung up', 1000, 'hangup', (id: string) => calls.hangUp(id, { ...ANYBODY, tenant: 'anonymous' })],
    [
      'a bug of ours',
      1011,
      'internal_error',
      async (id: string) => calls.struck(id, 'test', new Error('struck')),
    ],
  ])('closes with code and reason: %s', async (_, code, reason, end) => {
    const client = await dial();
    const [id] = [...(calls as unknown as { calls: Map<string, unknown> }).calls.keys()];
    await end(id ?? '');
    expect(await client.untilClosed()).toEqual({ code, reason });
    expect(client.codes).toEqual(reason === 'hangup' ? [] : ['internal_error']);
  });

  it('cuts off who does not read, with a reason, and no other', async () => {
    const slow = await dial();
    const first = conversation();
    const other = await dial();
    const { _socket: slowSocket } = slow.socket as unknown as { _socket: net.Socket };
    slowSocket.pause();
    let emitted = 0;
    const text = 'x'.repeat(60_000);
    const part = { responseId: 'r', itemId: 'i', outputIndex: 0, contentIndex: 0 } as const;
    for (; emitted < 3000 && first.closedBecause === null; emitted++) {
      first.emit({ type: 'text_done', text, ...part });
      if (emitted % 50 === 0) await sleep(1);
    }
    await other.until(() => first.closedBecause !== null);
    expect(first.closedBecause).toBe('slow_client');
    other.send({ type: 'response.create' });
    await other.until(() => conversation().intents.length === 1);
    // It reads again, later than a socket is waited for that has nothing to read.
    await sleep(1500);
    slowSocket.resume();
    expect(await slow.untilClosed()).toEqual({ code: 1008, reason: 'slow_client' });
    expect(slow.codes).toEqual(['slow_client']);
    expect(slow.types.at(-1)).toBe('error');
    // What waited was given up: it stands before the reason no more.
    expect(slow.of('response.output_text.done').length).toBeLessThan(emitted - 900);
  });

  it('refuses in HTTP: another path, a call that is not there, whom nothing is granted, no place', async () => {
    const at = url.replace('/realtime', '/nothing');
    expect(await TestSocket.refusal(at)).toMatchObject({
      status: 404,
      body: { error: { code: 'not_found' } },
    });
    expect(await TestSocket.refusal(`${url}?call_id=rtc_none`)).toMatchObject({ status: 404 });
    for (let i = 0; i < 4; i++) await dial();
    expect(await TestSocket.refusal(url)).toMatchObject({
      status: 503,
      retryAfter: '2',
      body: { error: { code: 'capacity' } },
    });
  });

  it.each(['//', '//[', '/v1/realtime/../nothing', 'http://gateway:99999/v1/realtime'])(
    'finds nothing at %s',
    async (target) => {
      const socket = net.connect(Number(new URL(url).port), '127.0.0.1');
      socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
      const [answer] = await new Promise<Buffer[]>((resolve) =>
        socket.once('data', (data) => resolve([data])),
      );
      expect(String(answer)).toMatch(/^HTTP\/1\.1 404[^]*"code":"not_found"/);
      socket.destroy();
    },
  );

  it('tells a client that cannot be served, by an event, and closes', async () => {
    broken = true;
    const client = await dial();
    expect(await client.untilClosed()).toEqual({ code: 1013, reason: 'engine_restarting' });
    expect(client.codes).toEqual(['engine_restarting']);
  });

  it('keeps nothing of a request that is no WebSocket', async () => {
    const socket = net.connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GET /v1/realtime HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    const [answer] = await new Promise<Buffer[]>((resolve) => socket.once('data', (data) => resolve([data])));
    expect(String(answer)).toMatch(/^HTTP\/1\.1 400/);
    socket.destroy();
    expect(calls.openCalls).toBe(0);
  });

  describe('?call_id=', () => {
    const begin = async (key?: string) => {
      const owner = await dial('', key);
      const [id] = [...(calls as unknown as { calls: Map<string, unknown> }).calls.keys()];
      return { owner, id: id ?? '' };
    };

    it('joins a call: is told what happens, may change and ask, several at once; leaves, and the call goes on', async () => {
      const { owner, id } = await begin();
      const [one, two] = [await dial(`?call_id=${id}`), await dial(`?call_id=${id}`)];
      one.send({ type: 'session.update', session: { instructions: 'Be brief.' } });
      for (const client of [owner, one, two]) await client.until('session.updated');
      two.send({ type: 'response.cancel', event_id: 'c1' });
      await two.until(() => conversation().intents.some(({ k }) => k === 'response_cancel'));
      one.close();
      await one.untilClosed();
      conversation().emit({ type: 'audio_cleared' });
      for (const client of [owner, two]) await client.until('input_audio_buffer.cleared');
      expect(calls.openCalls).toBe(1);
    });

    it('ends with the call', async () => {
      const { owner, id } = await begin();
      const side = await dial(`?call_id=${id}`);
      owner.close();
      expect(await side.untilClosed()).toEqual({ code: 1000, reason: 'closed_by_peer' });
    });

    it('does not know calls of somebody else', async () => {
      const { id } = await begin('one');
      expect(await TestSocket.refusal(`${url}?call_id=${id}`)).toMatchObject({ status: 404 });
      await dial(`?call_id=${id}`, 'one');
    });
  });

  describe('?resume=', () => {
    const delta = (text: string) =>
      conversation().emit({
        type: 'text_delta',
        responseId: 'r',
        itemId: 'i',
        outputIndex: 0,
        contentIndex: 0,
        delta: text,
        atMs: 0,
      });
    const said = (client: TestSocket) => client.of('response.output_text.delta').map((event) => event.delta);
    const begin = async (key?: string) => {
      const client = await dial('', key);
      client.send({ type: 'session.update', session: { visavis: { resume: true } } });
      await client.until('session.updated');
      return { client, token: client.of('session.updated')[0]!.visavis!.resume!.token };
    };
    const lost = async (client: TestSocket) => {
      client.socket.terminate();
      await client.until(() => calls.resumption.detached === 1);
    };
    const back = (token: string, last = '', key?: string) =>
      dial(`?resume=${token}&last_event_id=${last}`, key);
    const refused = async (token: string, key?: string) => {
      const protocols = ['realtime', ...(key === undefined ? [] : [`openai-insecure-api-key.${key}`])];
      const { status, body } = await TestSocket.refusal(`${url}?resume=${token}`, protocols);
      return [status, (body as { error: { code: string } }).error.code];
    };

    it('goes on in the same conversation, with what was missed, each once', async () => {
      const { client, token } = await begin();
      client.send({ type: 'response.create' });
      await client.until(() => conversation().intents.length === 2);
      delta('a');
      await client.until('response.output_text.delta');
      const last = client.events.at(-1)!.event_id;
      await lost(client);
      delta('b');
      delta('c');
      const again = await back(token, last);
      expect(again.of('session.created')[0]!.visavis).toMatchObject({
        resume: { token: expect.not.stringMatching(token) as string, window_ms: 60_000 },
        resumed: { replayed: 1, missed: 0, received: 2 },
      });
      await again.until(() => said(again).length === 1);
      delta('d');
      await again.until(() => said(again).length === 2);
      expect(said(again)).toEqual(['bc', 'd']);
      again.send({ type: 'response.cancel' });
      await again.until(() => conversation().intents.length === 3);
      expect([conversations.length, calls.openCalls, calls.resumption.detached]).toEqual([1, 1, 0]);
      again.close();
    });

    it('takes the place of a connection that is not known to be lost yet', async () => {
      const { client, token } = await begin();
      const again = await back(token);
      expect(await client.untilClosed()).toEqual({ code: 1000, reason: 'resumed' });
      client.socket.terminate();
      again.send({ type: 'response.create' });
      await again.until(() => conversation().intents.length === 2);
      expect([calls.openCalls, conversation().closedBecause]).toEqual([1, null]);
      again.close();
    });

    it('again and again, each time by the newest token alone', async () => {
      let { client, token } = await begin();
      for (let n = 0; n < 3; n++) {
        await lost(client);
        client = await back(token);
        const before = token;
        token = client.of('session.created')[0]!.visavis!.resume!.token;
        // Its pong stands before what it sends then.
        await client.until(() => client.pings === 1);
        client.send({ type: 'response.create' });
        await client.until(() => conversation().intents.length === n + 2);
        expect(await refused(before)).toEqual([404, 'resume_not_found']);
      }
      client.close();
    });

    it('of several with one token one goes on, and the others are closed or refused', async () => {
      const { client, token } = await begin();
      await lost(client);
      const outcomes = await Promise.allSettled([back(token), back(token), back(token)]);
      const taken = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      await client.until(() => taken.filter(({ closed }) => closed === null).length === 1);
      expect(taken.flatMap(({ closed }) => closed?.reason ?? []).every((why) => why === 'resumed')).toBe(
        true,
      );
      const winner = taken.find(({ closed }) => closed === null)!;
      winner.send({ type: 'response.create' });
      await winner.until(() => conversation().intents.length === 2);
      expect(calls.openCalls).toBe(1);
      winner.close();
    });

    it('refuses what leads nowhere, and harms nobody', async () => {
      const { client, token } = await begin('one');
      for (const [forged, key] of [
        ['resume_none', 'one'],
        ['', 'one'],
        [token, 'two'],
        [token, undefined],
      ] as const)
        expect(await refused(forged, key)).toEqual([404, 'resume_not_found']);
      client.send({ type: 'response.create' });
      await client.until(() => conversation().intents.length === 2);
      await lost(client);
      (await back(token, '', 'one')).close();
    });

    it.each([
      ['who hangs up', true, (client: TestSocket) => client.close()],
      [
        'who breaks the protocol',
        true,
        (client: TestSocket) => client.socket.send('x'.repeat(17 * 1024 * 1024)),
      ],
      ['who has not asked for it', false, (client: TestSocket) => client.socket.terminate()],
    ])('does not keep the call of one %s', async (_, asks, leave) => {
      const client = asks ? (await begin()).client : await dial();
      leave(client);
      await client.until(() => conversation().closedBecause !== null);
      expect([calls.openCalls, calls.resumption.detached]).toEqual([0, 0]);
    });

    it('tells a sideband while its client is away, and performs what that asks for', async () => {
      const { client, token } = await begin();
      const [id] = [...(calls as unknown as { calls: Map<string, unknown> }).calls.keys()];
      const side = await dial(`?call_id=${id}`);
      expect(side.of('session.created')[0]!.visavis).toBeUndefined();
      await lost(client);
      side.send({ type: 'session.update', session: { instructions: 'Be brief.' } });
      await side.until('session.updated');
      const again = await back(token, client.events.at(-1)!.event_id);
      await again.until('session.updated');
      again.close();
    });
  });
});
