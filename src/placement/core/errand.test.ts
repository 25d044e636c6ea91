import { errandOf } from './errand.js';
import { tagOf } from './tags.js';

const ID = `rtc_${tagOf(1)}0123456789abcdef`;
const of = { k: 'of', number: 1 };

describe('errandOf', () => {
  it.each([
    ['POST', '/v1/realtime/calls', { k: 'offer', body: 'openai' }],
    ['POST', '/v1/realtime?model=x', { k: 'offer', body: 'openai' }],
    ['POST', '/V1/Realtime/Calls/', { k: 'offer', body: 'openai' }],
    ['POST', '/api/offer', { k: 'offer', body: 'rtvi' }],
    ['PATCH', '/api/offer', { k: 'offer', body: 'rtvi' }],
    ['POST', '/whip', { k: 'call' }],
    ['POST', '/start', { k: 'start' }],
    ['GET', '/health', { k: 'health' }],
    ['HEAD', '/metrics?x', { k: 'metrics' }],
    ['POST', `/v1/realtime/calls/${ID}`, of],
    ['POST', `/v1/realtime/calls/${ID}/hangup`, of],
    ['DELETE', `/v1/realtime/calls/${ID}?x`, of],
    ['OPTIONS', `/v1/realtime/calls/${ID}`, of],
    ['PATCH', `/whip/${ID}`, of],
    ['GET', `/whip/events/${tagOf(1)}token`, of],
    ['POST', `/sessions/start_${tagOf(1)}0123456789abcdef/api/offer`, of],
    ['PATCH', `/sessions/start_${tagOf(1)}0123456789abcdef/api/offer`, of],
    ['POST', '/v1/realtime/client_secrets', { k: 'any' }],
    ['GET', '/v1/realtime', { k: 'any' }],
    ['OPTIONS', '/v1/realtime/calls', { k: 'any' }],
    ['OPTIONS', '/whip', { k: 'any' }],
    ['DELETE', '/v1/realtime/calls/nobody', { k: 'any' }],
    ['POST', '/health', { k: 'any' }],
    ['GET', '/', { k: 'any' }],
    ['GET', 'http://[', { k: 'any' }],
  ])('%s %s', (method, url, expected) => {
    expect(errandOf({ method, url, upgrade: false })).toEqual(expected);
  });

  it.each([
    ['/v1/realtime?model=x', { k: 'call' }],
    [`/v1/realtime?call_id=${ID}`, of],
    [`/v1/realtime?resume=resume_${tagOf(1)}0123456789abcdef&last_event_id=event_1`, of],
    ['/v1/realtime?call_id=nobody', { k: 'call' }],
  ])('a WebSocket at %s', (url, expected) => {
    expect(errandOf({ method: 'GET', url, upgrade: true })).toEqual(expected);
  });
});
