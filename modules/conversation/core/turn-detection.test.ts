import { turnPolicy } from './turn-detection.js';

describe('turnPolicy', () => {
  test('null is manual', () => {
    expect(turnPolicy(null)).toBeNull();
  });

  test('server_vad is taken as it is', () => {
    expect(
      turnPolicy({
        type: 'server_vad',
        threshold: 0.6,
        prefix_padding_ms: 100,
        silence_duration_ms: 200,
        create_response: false,
        interrupt_response: true,
        idle_timeout_ms: null,
      }),
    ).toEqual({
      detection: { threshold: 0.6, prefixPaddingMs: 100, silenceDurationMs: 200 },
      createResponse: false,
      interruptResponse: true,
    });
  });

  test.each([
    ['low', 1000],
    ['medium', 500],
    ['auto', 500],
    ['high', 300],
  ] as const)('semantic_vad of eagerness %s waits for %i ms of silence', (eagerness, silenceDurationMs) => {
    const policy = turnPolicy({
      type: 'semantic_vad',
      eagerness,
      create_response: true,
      interrupt_response: false,
    });
    expect(policy).toMatchObject({ detection: { silenceDurationMs }, interruptResponse: false });
  });
});
