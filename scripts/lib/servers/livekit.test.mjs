import { newEnough } from './livekit.mjs';

it.each([
  ['go1.26.0', true],
  ['go1.26.8', true],
  ['go1.27rc1', true],
  ['go2.0', true],
  ['go1.25.9', true],
  ['go1.24.9', false],
  ['go1.19.8', false],
  ['', false],
])('%s: new enough for the LiveKit server is %s', (version, suits) => {
  expect(newEnough(version)).toBe(suits);
});
