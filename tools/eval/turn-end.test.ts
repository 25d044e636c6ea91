import type { EngineSession, OmniEngine, Segment } from '#modules/contracts';
import { turnEndScores } from './turn-end.js';

/** Not real: an engine that takes every turn for over whose last sound is loud, and remembers what it heard. */
function listener(heard: Float32Array[], knows = true): OmniEngine {
  const append = (segment: Segment) => {
    if (segment.k !== 'audio') return Promise.resolve({});
    heard.push(segment.pcm);
    const loud = segment.pcm.findLast((x) => Math.abs(x) > 0.01) ?? 0;
    return Promise.resolve(knows ? { turnEnd: Math.abs(loud) > 0.5 ? 0.9 : 0.2 } : {});
  };
  const session = { append, close: () => Promise.resolve() } as unknown as EngineSession;
  return { open: () => Promise.resolve(session) } as unknown as OmniEngine;
}

/** A soft word, a gap, a loud word, and half a second of room behind it. */
const speech = new Float32Array(16 * 1500).map((_, i) => {
  const ms = i / 16;
  if (ms < 400) return i % 2 ? 0.1 : -0.1;
  return ms >= 460 && ms < 1000 ? (i % 2 ? 0.8 : -0.8) : 0;
});

describe('turnEndScores', () => {
  it('asks of the whole and of what comes before the quietest place, with the same silence behind both', async () => {
    const heard: Float32Array[] = [];
    expect(await turnEndScores(listener(heard), speech)).toEqual({ whole: 0.9, cut: 0.2 });
    const silences = heard.map((pcm) => pcm.length - 1 - pcm.findLastIndex((x) => Math.abs(x) > 0.01));
    expect(silences[0]).toBe(160 * 16);
    // It is cut inside of the gap.
    expect(silences[1]! / 16).toBeGreaterThanOrEqual(160);
    expect(silences[1]! / 16).toBeLessThan(160 + 60);
  });

  it('is null where the model does not tell', async () => {
    expect(await turnEndScores(listener([], false), speech)).toBeNull();
  });
});
