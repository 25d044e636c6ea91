import { keyOf } from './credentials.js';

describe('keyOf', () => {
  it.each([
    [{ authorization: 'Bearer abc' }, 'abc'],
    [{ authorization: 'bearer  abc ' }, 'abc'],
    [{ authorization: 'Basic abc' }, null],
    [{ authorization: 'Bearer' }, null],
    [{ authorization: 'Bearer a b' }, null],
    [{}, null],
    [{ 'sec-websocket-protocol': 'realtime, openai-insecure-api-key.ek_1, openai-beta.realtime-v1' }, 'ek_1'],
    [{ 'sec-websocket-protocol': 'realtime' }, null],
    [{ 'sec-websocket-protocol': 'realtime, openai-insecure-api-key.' }, null],
    [{ authorization: 'Bearer abc', 'sec-websocket-protocol': 'openai-insecure-api-key.ek_1' }, 'abc'],
  ])('reads %j', (headers, key) => {
    expect(keyOf(headers)).toBe(key);
  });
});
