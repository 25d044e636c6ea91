import { DEFAULTS, readSettings, turnDetection } from './settings.js';

describe('settings', () => {
  it('are read back as they were kept', () => {
    const chosen = { ...DEFAULTS, language: 'zh', turn: 'semantic', eagerness: 'high', speak: true } as const;
    expect(readSettings(JSON.stringify(chosen))).toEqual(chosen);
  });

  it.each([
    null,
    '',
    'null',
    '[1]',
    '{"turn": "other", "silenceMs": "x", "language": "xx", "speak": 1}',
    '{',
  ])('have their defaults where %p was kept', (kept) => {
    expect(readSettings(kept)).toEqual(DEFAULTS);
  });

  it('keep a silence within its bounds', () => {
    expect(readSettings('{"silenceMs": 5}').silenceMs).toBe(200);
    expect(readSettings('{"silenceMs": 1e9}').silenceMs).toBe(2000);
  });

  it('are told to the gateway as turn detection', () => {
    expect(turnDetection({ ...DEFAULTS, silenceMs: 700 })).toEqual({
      turn_detection: { type: 'server_vad', silence_duration_ms: 700 },
    });
    expect(turnDetection({ ...DEFAULTS, turn: 'semantic' })).toEqual({
      turn_detection: { type: 'semantic_vad', eagerness: 'auto' },
    });
    expect(turnDetection({ ...DEFAULTS, turn: 'push' })).toEqual({ turn_detection: null });
  });
});
