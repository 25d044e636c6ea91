import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { connectNode, readIvf, type NodeCall } from '@vis-a-vis/client/node';
import { httpErrorSchema, type ServerEvent } from '@vis-a-vis/protocol';
import { WebSocket } from 'ws';
import { Gateway } from '../e2e/support/gateway.js';

jest.setTimeout(180_000);

// Real: the built gateway, and all that its callers do, over WebRTC and WebSocket. An engine worker that hangs makes its time scarce.

const PLACES = 20;
const OFFERS = 60;
const SOCKETS = 40;

/** How one that was not taken was told so. */
interface Refused {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly error: { readonly code: string; readonly param: string | null };
}

const refusedBy = async (status: number, retryAfter: string | null, body: string): Promise<Refused> => {
  const { error } = httpErrorSchema.parse(JSON.parse(body));
  return { status, retryAfter, error: { code: error.code, param: error.param } };
};

async function until<T>(find: () => T | undefined | Promise<T | undefined>, what: string): Promise<T> {
  for (let waited = 0; waited < 60_000; waited += 50) {
    const found = await find();
    if (found !== undefined) return found;
    await sleep(50);
  }
  throw new Error(`it never came to ${what}`);
}

const post = (gateway: Gateway, sdp: string) =>
  fetch(`${gateway.url}v1/realtime/calls`, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp' },
    body: sdp,
  });

describe('a hundred callers at once, where there are twenty places', () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await Gateway.start({ VISAVIS_MAX_CALLS: String(PLACES) });
  });
  afterAll(() => gateway?.stop());

  const valueOf = async (metric: string): Promise<number> => {
    const line = (await gateway.metrics()).split('\n').find((one) => one.startsWith(`${metric} `));
    return Number(line?.slice(metric.length + 1) ?? 0);
  };

  it('takes exactly twenty, refuses eighty with a code and when to come back, and leaves none half open', async () => {
    const refused: Refused[] = [];
    const ready: (() => void)[] = [];
    const go = Promise.withResolvers<void>();
    /** Has everybody's offer wait for all others'. */
    const barrier = async (): Promise<void> => {
      ready.push(() => undefined);
      if (ready.length === OFFERS) go.resolve();
      await go.promise;
    };
    const socketsBefore = await valueOf('nodejs_active_resources{type="UDPWrap"}');

    const offers = Array.from({ length: OFFERS }, async (): Promise<NodeCall | null> => {
      let isRefused = false;
      const call = connectNode({
        url: gateway.url,
        exchange: async (sdp) => {
          await barrier();
          const response = await post(gateway, sdp);
          if (response.status === 201) return response.text();
          isRefused = true;
          refused.push(
            await refusedBy(response.status, response.headers.get('retry-after'), await response.text()),
          );
          throw new Error('refused');
        },
      });
      return call.catch((error: unknown) => {
        if (!isRefused) throw error;
        return null;
      });
    });
    const sockets = Array.from({ length: SOCKETS }, async (): Promise<WebSocket | null> => {
      await go.promise;
      const socket = new WebSocket(`${gateway.url.replace(/^http/, 'ws')}v1/realtime`);
      socket.on('error', () => undefined);
      const { promise: answered, resolve } = Promise.withResolvers<IncomingMessage | null>();
      socket.on('open', () => resolve(null));
      socket.on('unexpected-response', (_request, response) => resolve(response));
      const response = await answered;
      if (response === null) return socket;
      const { 'retry-after': retryAfter = null } = response.headers;
      refused.push(await refusedBy(response.statusCode ?? 0, retryAfter, await text(response)));
      return null;
    });
    const calls = (await Promise.all(offers)).filter((call) => call !== null);
    const open = (await Promise.all(sockets)).filter((socket) => socket !== null);

    expect([calls.length + open.length, refused.length]).toEqual([PLACES, OFFERS + SOCKETS - PLACES]);
    for (const one of refused) {
      expect(one).toMatchObject({ status: 503, error: { code: 'capacity', param: 'calls' } });
      expect(Number(one.retryAfter)).toBeGreaterThanOrEqual(1);
    }
    expect(await valueOf('visavis_admission_refusals_total{reason="calls"}')).toBe(refused.length);

    await sleep(10_000);
    expect(await valueOf('visavis_sessions')).toBe(PLACES);
    expect(await valueOf('visavis_sessions_total')).toBe(PLACES);
    const held = (await valueOf('nodejs_active_resources{type="UDPWrap"}')) - socketsBefore;
    expect(held).toBe(calls.length);

    await Promise.all(calls.map((call) => call.close()));
    for (const socket of open) socket.close();
    await until(
      async () => ((await valueOf('visavis_sessions')) === 0 ? true : undefined),
      'the end of all calls',
    );
    const again = await connectNode({ url: gateway.url });
    expect((await again.ask('hello')).status).toBe('completed');
    await again.close();
  });
});

describe('a gateway whose engine has no time', () => {
  const INTERVAL_MS = 400;
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await Gateway.start(
      {
        VISAVIS_FRAME_INTERVAL_MS: String(INTERVAL_MS),
        VISAVIS_ENGINE_STALL_MS: '120000',
        VISAVIS_MAX_FRAME_LAG_MS: '1500',
        VISAVIS_RECOVER_MS: '4000',
      },
      true,
    );
  });
  afterAll(() => gateway?.stop());

  type Event = ServerEvent & { readonly receivedAtMs: number };
  type Degraded = Extract<Event, { type: 'visavis.degraded' }>;
  type Attended = Extract<Event, { type: 'visavis.frame.attended' }>;

  it('gives its calls fewer frames, says so, refuses others, and gives all of it again', async () => {
    const { frames, ...clip } = await readIvf('test/fixtures/media/colours.vp8.ivf');
    // Another colour every fifth of a second, each as a key frame: every picture is news.
    const keys = frames.filter(({ key }) => key).map((frame, index) => ({ ...frame, ptsMs: index * 200 }));
    let offer = '';
    const call = await connectNode({
      url: gateway.url,
      video: { ...clip, frames: keys, durationMs: keys.length * 200 },
      exchange: async (sdp) => {
        offer = sdp;
        return (await post(gateway, sdp)).text();
      },
    });
    const events: Event[] = [];
    call.on('event', (event) => void events.push({ ...event, receivedAtMs: performance.now() }));
    const levels = () => events.filter((event): event is Degraded => event.type === 'visavis.degraded');
    const attended = () =>
      events.filter((event): event is Attended => event.type === 'visavis.frame.attended');
    call.update({ visavis: { events: ['degraded', 'frame.attended'] } });
    await until(() => attended()[2], 'frames that are attended');

    const struckAtMs = performance.now();
    expect(await gateway.strike(0, { do: 'hang', forMs: 14_000 })).toBe(true);
    const fewer = await until(
      () => levels().find(({ level }) => level?.rung === 'frame_rate'),
      'fewer frames',
    );
    expect(fewer).toMatchObject({
      part: 'capacity',
      level: { reason: 'engine_time', frame_interval_ms: 2 * INTERVAL_MS, max_frames: 48 },
    });
    const { refusal, error } = await until(async () => {
      // Slowly: each offer that is taken holds a place for a moment.
      await sleep(400);
      const response = await post(gateway, offer);
      const body = await response.text();
      return response.status === 503
        ? { refusal: response, error: httpErrorSchema.parse(JSON.parse(body)).error }
        : undefined;
    }, 'a refusal');
    expect(error).toMatchObject({ code: 'capacity', param: 'engine_time' });
    expect(Number(refusal.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    const narrow = levels().at(-1);
    expect(narrow?.level).toMatchObject({
      rung: 'window',
      frame_interval_ms: 4 * INTERVAL_MS,
      max_frames: 24,
    });

    const full = await until(
      () =>
        levels().find(
          ({ level, receivedAtMs }) => level?.rung === 'full' && receivedAtMs > struckAtMs + 14_000,
        ),
      'all frames',
    );
    expect(full.level).toMatchObject({ reason: null, frame_interval_ms: INTERVAL_MS, max_frames: 48 });
    // A picture every fifth of a second comes: what is attended in between is what the rung says.
    for (const [index, { receivedAtMs, level }] of levels().entries()) {
      const toMs = levels()[index + 1]?.receivedAtMs ?? Infinity;
      const shown = attended().filter(
        (frame) => frame.receivedAtMs - (frame.age_ms ?? 0) > receivedAtMs + 50 && frame.receivedAtMs < toMs,
      );
      const gaps = shown.slice(1).map(({ rtp_ms }, at) => rtp_ms - (shown[at]?.rtp_ms ?? NaN));
      const least = 0.75 * (level?.frame_interval_ms ?? Infinity);
      expect([level?.rung, gaps.filter((gap) => !(gap > least))]).toEqual([level?.rung, []]);
    }
    // And as many as before come again.
    await until(() => {
      const after = attended().filter(({ receivedAtMs }) => receivedAtMs > full.receivedAtMs);
      return after.some(
        ({ rtp_ms }, index) => (after[index + 1]?.rtp_ms ?? Infinity) - rtp_ms < 1.5 * INTERVAL_MS,
      )
        ? true
        : undefined;
    }, 'frames as often as before');
    expect(await gateway.metrics()).toMatch(/^visavis_admission_rung 0$/m);
    const after = await post(gateway, offer);
    expect(after.status).toBe(201);
    await after.text();
    await call.close();
  });
});
