import 'reflect-metadata';
import net, { type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Module, type INestApplication } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { httpErrorSchema } from '@vis-a-vis/protocol';
import { pino } from 'pino';
import { VisavisError } from '#modules/contracts';
import { ConversationService } from '#modules/conversation';
import { ENGINE } from '#modules/decoder';
import { MediaService, type MediaHandlers, type MediaPeer } from '#modules/media';
import { startHttp } from '../http.js';
import { monotonicClock } from '../clock.js';
import { Base } from '../http/place.js';
import { Proxies } from '../http/proxies.js';
import { ClientIce } from '../ice/ice-servers.js';
import { Lifecycle } from '../lifecycle/lifecycle.js';
import { LifecycleModule } from '../lifecycle/lifecycle.module.js';
import { LOGGER, type Logger } from '../telemetry/logger.js';
import { Metrics } from '../telemetry/metrics.js';
import { TelemetryModule } from '../telemetry/telemetry.module.js';
import { ACCESS, openAccess } from './access.js';
import { CallsController } from './calls.controller.js';
import { CALL_ENVIRONMENT } from './calls-environment.js';
import { CallsService } from './calls.service.js';
import { HOLD_MS } from './core/admission/admission.js';
import { HttpErrorsFilter } from './http-errors.filter.js';
import { FakeConversation } from './testing/fake-conversation.js';
import { randomIds } from './ids.js';
import { OffersService } from './offers.service.js';

/** Fake: media and conversation. Real: Nest, Express, the body parsers, the filter and the calls over real HTTP. */
const handlers: MediaHandlers[] = [];
const conversations: FakeConversation[] = [];
/** Whose peers were closed. */
const gone = new Set<MediaHandlers>();
const sent: { type: string; error?: { code: string } }[] = [];
let full = false;
/** By how much the gateway's clock is put forward. */
let aheadMs = 0;
let ports = Infinity;
let holdBack: Promise<unknown> | null = null;

const until = async (condition: () => boolean, ms = 2000) => {
  for (const end = performance.now() + ms; !condition(); await sleep(5)) {
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${condition.toString()}`);
  }
};

const media = {
  decodeImage: async () => Promise.reject(new VisavisError('bad_image', 'No picture.')),
  async answer(sdp: string, given: MediaHandlers): Promise<MediaPeer> {
    if (!sdp.startsWith('v=0')) throw new VisavisError('bad_sdp', 'This is no SDP.', 'sdp');
    if (handlers.filter((h) => !gone.has(h)).length >= ports) throw new VisavisError('capacity', 'No port.');
    handlers.push(given);
    await holdBack;
    return {
      id: 'peer',
      answerSdp: 'v=0\r\nanswer',
      trackKinds: ['audio'],
      ice: { ufrag: 'ours', password: 'secret', candidates: [], kind: 'audio', mid: '0' },
      addCandidates: () => 0,
      restartIce: () => Promise.reject(new Error('not asked for')) as never,
      renegotiate: () => 'v=0\r\nanother answer',
      send: (_label, text) => {
        sent.push(JSON.parse(text));
        return 'sent';
      },
      bufferedAmount: () => 0,
      delivered: true,
      largestMessageBytes: 262_144,
      stats: () => {
        throw new Error('not asked for');
      },
      close: async () => void gone.add(given),
    };
  },
};
const opener = {
  tellsTurnEnds: false,
  async open(options: { onEvent: FakeConversation['emit'] }) {
    if (full) throw new VisavisError('capacity', 'No room.');
    const conversation = new FakeConversation(options.onEvent);
    conversations.push(conversation);
    return conversation;
  },
};

@Module({
  imports: [TelemetryModule.forRoot(pino({ level: 'silent' })), LifecycleModule],
  controllers: [CallsController],
  providers: [
    CallsService,
    OffersService,
    { provide: ACCESS, useValue: openAccess },
    { provide: ClientIce, useValue: ClientIce.none },
    { provide: Base, useValue: new Base('', new Proxies()) },
    { provide: MediaService, useValue: media },
    { provide: ConversationService, useValue: opener },
    { provide: ENGINE, useValue: { caps: { modelId: 'visavis-pocket', maxSessions: 2 } } },
    {
      provide: CALL_ENVIRONMENT,
      inject: [Metrics, LOGGER, Lifecycle],
      useFactory: (metrics: Metrics, logger: Logger, lifecycle: Lifecycle) => ({
        clock: { nowMs: () => monotonicClock.nowMs() + aheadMs },
        ids: randomIds,
        metrics,
        logger,
        lifecycle,
      }),
    },
    { provide: APP_FILTER, useClass: HttpErrorsFilter },
  ],
})
class TestModule {}

describe('POST /v1/realtime/calls', () => {
  let app: INestApplication;
  let url: string;
  let calls: CallsService;

  beforeAll(async () => {
    app = await startHttp(TestModule, pino({ level: 'silent' }), null);
    await app.listen(0, '127.0.0.1');
    calls = app.get(CallsService);
    url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  });
  afterAll(() => app.close());
  beforeEach(() => {
    full = false;
    aheadMs = 0;
    ports = Infinity;
    conversations.length = 0;
    sent.length = 0;
  });
  // Each test ends what it began: places are the process's.
  afterEach(async () => {
    for (const one of handlers.splice(0)) one.onClosed('closed_by_peer');
    await until(() => calls.openCalls === 0);
  });
  const connect = async (n: number) => {
    const before = conversations.length;
    handlers[n]?.onChecked?.();
    handlers[n]?.onConnected?.();
    await until(() => conversations.length > before);
  };

  const post = (path: string, type: string | null, body: string | FormData = 'v=0\r\n') =>
    fetch(url + path, { method: 'POST', body, ...(type && { headers: { 'content-type': type } }) });
  const code = async (response: Response) => {
    const parsed = httpErrorSchema.parse(await response.json());
    return [response.status, parsed.error.code];
  };

  it('answers 201 with bare SDP and the place of the call', async () => {
    const response = await post('/v1/realtime/calls', 'application/sdp');
    expect(response.status).toBe(201);
    expect(response.headers.get('content-type')).toBe('application/sdp');
    expect(response.headers.get('location')).toMatch(/^\/v1\/realtime\/calls\/rtc_[\w-]{16}$/);
    expect(response.headers.get('access-control-expose-headers')).toBe(
      'Location,Retry-After,ETag,Link,Accept-Post,Access-Control-Allow-Methods',
    );
    expect(await response.text()).toBe('v=0\r\nanswer');
  });

  it('takes a form and the legacy address', async () => {
    const form = new FormData();
    form.set('sdp', 'v=0\r\n');
    form.set('session', '{"type":"realtime"}');
    expect((await post('/v1/realtime/calls', null, form)).status).toBe(201);
    expect((await post('/v1/realtime?model=gpt-realtime', 'application/sdp')).status).toBe(201);
  });

  it('hangs a call up, once', async () => {
    const location = (await post('/v1/realtime/calls', 'application/sdp')).headers.get('location') ?? '';
    await connect(0);
    expect((await post(`${location}/hangup`, null, '')).status).toBe(200);
    expect(conversations[0]?.closedBecause).toBe('hangup');
    expect(await code(await post(`${location}/hangup`, null, ''))).toEqual([404, 'not_found']);
  });

  it('ends the conversation of a client that went away', async () => {
    await post('/v1/realtime/calls', 'application/sdp');
    await connect(0);
    handlers[0]?.onClosed('closed_by_peer');
    expect(conversations[0]?.closedBecause).toBe('closed_by_peer');
  });

  it.each([
    [415, 'bad_content_type', 'text/plain', 'v=0'],
    [400, 'bad_sdp', 'application/sdp', 'hello'],
    [400, 'bad_sdp', 'application/sdp', ''],
    [400, 'invalid_json', 'application/json', '{'],
    [413, 'payload_too_large', 'application/sdp', 'x'.repeat(300_000)],
  ])('refuses with %i %s', async (status, expected, type, body) => {
    expect(await code(await post('/v1/realtime/calls', type, body))).toEqual([status, expected]);
  });

  it('says when to come back where every place is taken, and asks media for nothing', async () => {
    for (const n of [0, 1]) {
      await post('/v1/realtime/calls', 'application/sdp');
      await connect(n);
    }
    const response = await post('/v1/realtime/calls', 'application/sdp');
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await code(response)).toEqual([503, 'capacity']);
    expect(handlers).toHaveLength(2);
  });

  it('takes of a burst as many as there are places, and says to the others when to come back', async () => {
    const burst = Array.from({ length: 10 }, () => post('/v1/realtime/calls', 'application/sdp'));
    const responses = await Promise.all(burst);
    const refused = responses.filter(({ status }) => status !== 201);
    expect([handlers.length, refused.length]).toEqual([2, 8]);
    for (const response of refused) {
      expect(response.headers.get('retry-after')).toBe('2');
      expect(httpErrorSchema.parse(await response.json()).error).toMatchObject({
        code: 'capacity',
        param: 'calls',
      });
    }
  });

  it('opens no conversation for an offer whose client does not connect, and keeps nobody out for it for long', async () => {
    for (let n = 0; n < 6; n += 1) {
      expect((await post('/v1/realtime/calls', 'application/sdp')).status).toBe(201);
      if (n % 2 === 1) aheadMs += HOLD_MS;
    }
    expect(conversations).toHaveLength(0);
  });

  it('gives the port of the oldest silent offer to the newest', async () => {
    ports = 1;
    expect((await post('/v1/realtime/calls', 'application/sdp')).status).toBe(201);
    expect(await code(await post('/v1/realtime/calls', 'application/sdp'))).toEqual([503, 'capacity']);
    aheadMs += HOLD_MS;
    expect((await post('/v1/realtime/calls', 'application/sdp')).status).toBe(201);
    expect(gone.has(handlers[0]!)).toBe(true);
    await connect(1);
    expect(await code(await post('/v1/realtime/calls', 'application/sdp'))).toEqual([503, 'capacity']);
  });

  it('ends what was begun for a client that closed its request', async () => {
    const { port } = new URL(url);
    const socket = net.connect(Number(port), '127.0.0.1');
    const head = 'POST /v1/realtime/calls HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\n';
    holdBack = new Promise((resolve) => socket.once('close', () => setTimeout(resolve, 50)));
    socket.write(`${head}Content-Length: 4\r\n\r\nv=0\n`, () => setTimeout(() => socket.destroy(), 50));
    await until(() => handlers.length === 1 && gone.has(handlers[0]!));
    expect(calls.openCalls).toBe(0);
    holdBack = null;
  });

  it('keeps what a client says before its conversation is there', async () => {
    await post('/v1/realtime/calls', 'application/sdp');
    handlers[0]?.onChannel('oai-events');
    const update = { type: 'session.update', session: { type: 'realtime', instructions: 'be brief' } };
    handlers[0]?.onMessage('oai-events', JSON.stringify(update));
    await connect(0);
    await until(() => conversations[0]?.intents[0]?.k === 'session_update');
  });

  it('tells a client that connected and cannot be served, by an event', async () => {
    full = true;
    await post('/v1/realtime/calls', 'application/sdp');
    handlers[0]?.onChecked?.();
    handlers[0]?.onConnected?.();
    handlers[0]?.onChannel('oai-events');
    await until(() => gone.has(handlers[0]!), 3000);
    expect(sent.map((e) => e.error?.code ?? e.type)).toEqual(['session.created', 'capacity']);
  });

  it('gives its form to the errors of unknown addresses', async () => {
    expect(await code(await fetch(`${url}/v1/nothing`))).toEqual([404, 'not_found']);
    const plain = await fetch(`${url}/v1/realtime?model=any`);
    expect(plain.headers.get('upgrade')).toBe('websocket');
    expect(await code(plain)).toEqual([426, 'upgrade_required']);
  });

  it('allows whatever headers a stock client sends', async () => {
    const response = await fetch(`${url}/v1/realtime/calls`, {
      method: 'OPTIONS',
      headers: {
        origin: 'http://localhost:5173',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,x-openai-agents-sdk,x-stainless-os',
      },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
    expect(response.headers.get('access-control-allow-headers')).toBe(
      'authorization,content-type,x-openai-agents-sdk,x-stainless-os',
    );
  });
});
