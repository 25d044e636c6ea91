import { turnPolicy } from './turn-detection.js';

const OPTIONS = { tentativePauseMs: 100, bargeInMs: 200 };
/** Speech of which all may have been said. */
const LONG_MS = 1500;
const ANSWERING = { create_response: true, interrupt_response: false };

describe('turnPolicy', () => {
  test('null is manual', () => {
    expect(turnPolicy(null, OPTIONS)).toBeNull();
  });

  test('server_vad is taken as it is, whatever the model thinks', () => {
    const policy = turnPolicy(
      {
        type: 'server_vad',
        threshold: 0.6,
        prefix_padding_ms: 100,
        silence_duration_ms: 200,
        create_response: false,
        interrupt_response: true,
        idle_timeout_ms: 6000,
      },
      OPTIONS,
    );
    expect(policy).toMatchObject({
      detection: { threshold: 0.6, prefixPaddingMs: 100, silenceDurationMs: 200, ...OPTIONS },
      createResponse: false,
      interruptResponse: true,
      idleTimeoutMs: 6000,
    });
    expect([null, 0, 1].map((p) => policy?.silenceMs(p, LONG_MS))).toEqual([200, 200, 200]);
  });

  // Silence (ms) where the model says nothing, where it is sure, and where it is sure of the contrary.
  test.each([
    ['low', 1000, 500, 2000],
    ['medium', 500, 300, 1800],
    ['auto', 500, 300, 1800],
    ['high', 300, 100, 1700],
  ] as const)('semantic_vad of eagerness %s', (eagerness, silenceMs, shortestMs, longestMs) => {
    const policy = turnPolicy({ type: 'semantic_vad', eagerness, ...ANSWERING }, OPTIONS)!;
    expect(policy).toMatchObject({
      detection: { silenceDurationMs: silenceMs },
      interruptResponse: false,
      idleTimeoutMs: null,
    });
    expect(policy.silenceMs(null, LONG_MS)).toBe(silenceMs);
    expect([1, 0.9].map((p) => policy.silenceMs(p, LONG_MS))).toEqual([shortestMs, shortestMs]);
    expect([0, 0.05].map((p) => policy.silenceMs(p, LONG_MS))).toEqual([longestMs, longestMs]);
    const falling = [0.1, 0.75, 0.8, 0.85, 1].map((p) => policy.silenceMs(p, LONG_MS));
    expect(falling).toEqual(falling.toSorted((x, y) => y - x));
    expect(new Set(falling).size).toBeGreaterThan(3);
  });

  test('the more eager, the sooner it is over, whatever the model thinks', () => {
    const [low, medium, high] = (['low', 'medium', 'high'] as const).map((eagerness) =>
      turnPolicy({ type: 'semantic_vad', eagerness, ...ANSWERING }, OPTIONS)!,
    );
    for (let p = 0; p <= 1; p += 0.05) {
      expect(low!.silenceMs(p, LONG_MS)).toBeGreaterThan(medium!.silenceMs(p, LONG_MS));
      expect(medium!.silenceMs(p, LONG_MS)).toBeGreaterThan(high!.silenceMs(p, LONG_MS));
    }
  });
});
