import { turnPolicy } from './turn-detection.js';

const OPTIONS = { tentativePauseMs: 100, bargeInMs: 200 };
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
    expect([null, 0, 1].map((p) => policy?.silenceMs(p))).toEqual([200, 200, 200]);
  });

  // Silence (ms) where the model says nothing, where it is sure, where it is not, and the least it is sure of.
  test.each([
    ['low', 1000, { sureMs: 300, unsureMs: 2000, sureFrom: 0.8 }],
    ['medium', 500, { sureMs: 150, unsureMs: 1200, sureFrom: 0.6 }],
    ['auto', 500, { sureMs: 150, unsureMs: 1200, sureFrom: 0.6 }],
    ['high', 300, { sureMs: 100, unsureMs: 800, sureFrom: 0.4 }],
  ] as const)('semantic_vad of eagerness %s', (eagerness, silenceMs, { sureMs, unsureMs, sureFrom }) => {
    const policy = turnPolicy({ type: 'semantic_vad', eagerness, ...ANSWERING }, OPTIONS);
    expect(policy).toMatchObject({
      detection: { silenceDurationMs: silenceMs },
      interruptResponse: false,
      idleTimeoutMs: null,
    });
    expect(policy?.silenceMs(null)).toBe(silenceMs);
    expect(policy?.silenceMs(sureFrom)).toBe(sureMs);
    expect(policy?.silenceMs(sureFrom - 0.01)).toBe(unsureMs);
  });
});
