import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { request } from './http.js';
import { ORDINARY, planCall, shapeOffer } from './plan.js';
import { Random } from './random.js';
import { damageOffer } from './sdp.js';

const offer = readFileSync(
  fileURLToPath(new URL('../../../test/fixtures/fuzz/offers/chromium.sdp', import.meta.url)),
  'utf8',
).replace(/\n/g, '\r\n');

describe('offers', () => {
  it('are damaged, and most are still recognisable', () => {
    const random = new Random(1);
    const offers = Array.from({ length: 200 }, () => damageOffer(random, offer));
    // A line without a number is spared by a damage to numbers.
    expect(offers.filter((sdp) => sdp === offer).length).toBeLessThan(20);
    expect(offers.filter((sdp) => sdp.includes('m=audio')).length).toBeGreaterThan(150);
    expect(offers.some((sdp) => !sdp.includes('\r\n'))).toBe(true);
  });

  it('of a plan say its message size and its role', () => {
    const plan = { ...ORDINARY, setup: 'passive' as const, maxMessageSize: '300' };
    expect(shapeOffer(offer, plan)).toMatch(/a=max-message-size:300\r\n/);
    expect(shapeOffer(offer, plan)).not.toMatch(/a=setup:actpass/);
    expect(shapeOffer(offer, { ...ORDINARY, maxMessageSize: '' })).not.toMatch(/max-message-size/);
    expect(shapeOffer(offer, ORDINARY)).toBe(offer);
  });
});

describe('requests', () => {
  const random = new Random(1);
  const requests = Array.from({ length: 600 }, () => request(random, [offer]));
  const all = requests.map(({ bytes }) => bytes.toString('latin1'));

  it('come in the three forms, and as HTTP that is odd', () => {
    for (const type of ['application/sdp', 'application/json', 'multipart/form-data']) {
      expect(all.some((text) => text.includes(`Content-Type: ${type}`))).toBe(true);
    }
    expect(new Set(requests.map(({ kind }) => kind))).toEqual(new Set(['sdp', 'http']));
    expect(new Set(requests.map(({ afterwards }) => afterwards))).toEqual(
      new Set(['wait', 'close', 'reset']),
    );
  });

  it('some are larger than is read, and some are never finished', () => {
    expect(requests.some(({ bytes }) => bytes.length > 262_144)).toBe(true);
    expect(requests.some(({ bytes, afterwards }) => afterwards !== 'wait' && bytes.length < 200)).toBe(true);
  });
});

test('plans are of every way to leave, and repeated by their seed', () => {
  const random = new Random(1);
  const leaving = new Set(Array.from({ length: 300 }, () => planCall(random).leaving));
  expect([...leaving].sort()).toEqual(['alert', 'all', 'channel', 'close', 'hangup', 'shutdown', 'silent']);
  expect(planCall(new Random(9))).toEqual(planCall(new Random(9)));
});
