import { damageJson, type Json } from './json.js';
import type { Random } from './random.js';
import { damageOffer } from './sdp.js';

/** One request as it goes over the socket. */
export interface RawRequest {
  readonly bytes: Buffer;
  /** How the client treats its connection after it has sent all that it sends. */
  readonly afterwards: 'wait' | 'close' | 'reset';
  /** What it is: an offer that may be answered, or one that only HTTP looks at. */
  readonly kind: 'sdp' | 'http';
}

const BOUNDARY = '----fuzz0123456789';

/** A request to open a call (mostly), around an offer that is damaged (mostly). */
export function request(random: Random, offers: readonly string[]): RawRequest {
  const offer = random.pick(offers);
  const sdp = random.chance(0.95) ? damageOffer(random, offer) : offer;
  if (random.chance(0.25)) return oddRequest(random, sdp);
  const { type, body } = bodyOf(random, sdp);
  return { bytes: post(random, type, body), afterwards: random.chance(0.9) ? 'wait' : 'close', kind: 'sdp' };
}

/** The three forms in which clients post an offer. */
function bodyOf(random: Random, sdp: string): { type: string; body: Buffer } {
  const session: Json = random.pick<Json>([
    { type: 'realtime', instructions: 'Be brief.' },
    { type: 'realtime', audio: { input: { turn_detection: null } } },
    {},
  ]);
  const said: Json = random.chance(0.5) ? damageJson(random, session) : session;
  switch (random.weighted({ sdp: 4, json: 2, form: 2 })) {
    case 'sdp':
      return {
        type: random.pick(['application/sdp', 'application/sdp; charset=utf-8', 'Application/SDP']),
        body: Buffer.from(sdp),
      };
    case 'json': {
      const whole: Json = { sdp, session: said };
      return {
        type: 'application/json',
        body: Buffer.from(JSON.stringify(random.chance(0.7) ? whole : damageJson(random, whole))),
      };
    }
    case 'form':
      return {
        type: `multipart/form-data; boundary=${BOUNDARY}`,
        body: Buffer.from(form(random, sdp, JSON.stringify(said))),
      };
  }
}

function form(random: Random, sdp: string, session: string): string {
  const part = (name: string, value: string): string =>
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${random.chance(0.2) ? '; filename="x"' : ''}\r\n\r\n${value}\r\n`;
  const parts = [part('sdp', sdp), ...(random.chance(0.7) ? [part('session', session)] : [])];
  if (random.chance(0.1)) parts.reverse();
  if (random.chance(0.1)) parts.push(part(random.pick(['sdp', 'session', '', '__proto__']), 'x'));
  return `${parts.join('')}${random.chance(0.9) ? `--${BOUNDARY}--\r\n` : ''}`;
}

function post(random: Random, type: string, body: Buffer, headers: readonly string[] = []): Buffer {
  const path = random.weighted({
    '/v1/realtime/calls': 6,
    '/v1/realtime?model=x': 1,
    '/v1/realtime/calls?x=%00': 0.2,
  });
  const head = [
    `POST ${path} HTTP/1.1`,
    'Host: gateway',
    `Content-Type: ${type}`,
    `Content-Length: ${body.length}`,
    ...headers,
    '',
    '',
  ];
  return Buffer.concat([Buffer.from(head.join('\r\n')), body]);
}

const PATHS = [
  '/',
  '/health',
  '/metrics',
  '/v1/realtime/calls',
  '/v1/realtime',
  '/v1/realtime/calls/x/hangup',
  '/%00',
  '/../package.json',
  '/%2e%2e/%2e%2e/etc/passwd',
  '//',
  '/v1/realtime/calls/%F0%9F%92%A9/hangup',
];
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'TRACE', 'CONNECT', 'X'];

/** What HTTP itself has to bear. */
function oddRequest(random: Random, sdp: string): RawRequest {
  const body = Buffer.from(sdp);
  const whole = post(random, 'application/sdp', body);
  const odd = (bytes: Buffer, afterwards: RawRequest['afterwards'] = 'wait'): RawRequest => ({
    bytes,
    afterwards,
    kind: 'http',
  });
  switch (
    random.weighted({
      half: 3,
      path: 4,
      type: 2,
      length: 2,
      chunked: 2,
      huge: 1,
      headers: 1,
      junk: 2,
      pipeline: 1,
      encoding: 2,
      upgrade: 1,
    })
  ) {
    case 'half':
      return odd(whole.subarray(0, random.int(1, whole.length - 1)), random.pick(['close', 'reset']));
    case 'path':
      return odd(
        Buffer.from(
          `${random.pick(METHODS)} ${random.pick(PATHS)} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`,
        ),
      );
    case 'type':
      return odd(
        post(
          random,
          random.pick([
            'text/html',
            '',
            'multipart/form-data',
            'multipart/form-data; boundary=',
            'application/json; charset=utf-16',
            'a'.repeat(2000),
          ]),
          body,
        ),
      );
    case 'length':
      return odd(
        Buffer.from(
          whole
            .toString('latin1')
            .replace(
              /Content-Length: \d+/,
              `Content-Length: ${random.pick(['-1', '0', '5', '99999999', 'x', '1e3'])}`,
            ),
          'latin1',
        ),
        random.pick(['close', 'reset']),
      );
    case 'chunked':
      return odd(
        Buffer.concat([
          chunkedHead(),
          Buffer.from(`${random.pick([body.length.toString(16), 'zz', 'ffffffffffffffff', '-1'])}\r\n`),
          body,
          Buffer.from('\r\n0\r\n\r\n'),
        ]),
        random.pick(['wait', 'close']),
      );
    case 'huge':
      return odd(
        post(
          random,
          'application/sdp',
          Buffer.alloc(
            random.pick([262_143, 262_144, 262_145, 600_000]),
            random.pick(['a', 'v=0\r\n', '\0']),
          ),
        ),
      );
    case 'headers':
      return odd(
        post(
          random,
          'application/sdp',
          body,
          Array.from(
            { length: random.pick([1, 100, 3000]) },
            (_, n) => `X-${n}: ${'y'.repeat(random.pick([1, 100]))}`,
          ),
        ),
      );
    case 'junk':
      return odd(random.bytes(random.int(1, 300)), random.pick(['wait', 'close']));
    case 'pipeline':
      return odd(
        Buffer.concat(
          Array.from({ length: random.int(2, 6) }, () =>
            Buffer.from('GET /health HTTP/1.1\r\nHost: x\r\n\r\n'),
          ),
        ),
        'reset',
      );
    case 'encoding':
      return odd(
        post(random, 'application/sdp', body, [
          `Content-Encoding: ${random.pick(['gzip', 'br', 'deflate', 'identity', 'x'])}`,
        ]),
      );
    case 'upgrade':
      return odd(
        Buffer.from(
          `GET ${random.pick(PATHS)} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${random.pick(['websocket', 'h2c'])}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n\r\n`,
        ),
        random.pick(['wait', 'reset']),
      );
  }
}

function chunkedHead(): Buffer {
  return Buffer.from(
    'POST /v1/realtime/calls HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\nTransfer-Encoding: chunked\r\n\r\n',
  );
}
