import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../support/repository.js';
import { played, turnSetSchema, type Pieces } from './clip.js';
import { activeDb, samplesOf } from './signal.js';
import { sound } from './voiced.js';

const { clips } = turnSetSchema.parse(
  JSON.parse(readFileSync(join(REPOSITORY, 'tools/sounds/turns.json'), 'utf8')),
);
const spoken = JSON.parse(readFileSync(join(REPOSITORY, 'tools/sounds/phrases/phrases.json'), 'utf8')) as {
  pieces: { id: string; voice: string }[];
};

/** A piece of a second whose sound lies from 100 to 900 ms. */
const TONE = { pcm: tone(), startMs: 100, endMs: 900 };
const pieces: Pieces = { find: () => TONE, talk: () => [TONE.pcm] };

function tone(): Float32Array {
  return Float32Array.from({ length: 16_000 }, (_, at) =>
    at >= 1600 && at < 14_400 ? 0.1 * Math.sin(at / 3) : 0,
  );
}

function clip(given: object) {
  const [first] = turnSetSchema.parse({
    note: '',
    clips: [{ id: 'x', kind: 'x', voice: 'joe', right: { answers: ['three'] }, ...given }],
  }).clips;
  if (!first) throw new Error('there is no clip');
  return first;
}

function levelDb(pcm: Float32Array, fromMs: number, toMs: number): number {
  return activeDb(pcm.subarray(samplesOf(fromMs / 1000), samplesOf(toMs / 1000)));
}

describe('a clip', () => {
  it('has its parts one after the other, with the pauses between them to the millisecond', () => {
    const { pcm, endMs, lastMs } = played(clip({ parts: [{ say: 'a' }, { say: 'b', gap: 300 }] }), pieces, 1);
    // Half a second of quiet, 800 ms of sound, the pause, 800 ms of sound.
    expect([endMs, lastMs]).toEqual([2400, 2400]);
    expect(levelDb(pcm, 0, 480)).toBeLessThan(-65);
    expect(levelDb(pcm, 520, 1280)).toBeCloseTo(-20, 0);
    expect(levelDb(pcm, 1320, 1580)).toBeLessThan(-65);
    expect(levelDb(pcm, 1620, 2380)).toBeCloseTo(-20, 0);
    expect(pcm.length / 16).toBe(2900);
  });

  it('ends its question before what comes after it', () => {
    const behind = { sound: 'cough', seconds: 0.4, seed: 1, gap: 200, after: true };
    const { endMs, lastMs } = played(clip({ parts: [{ say: 'a' }, behind] }), pieces, 1);
    expect([endMs, lastMs]).toEqual([1300, 1900]);
  });

  it('has no question where nothing is to be answered', () => {
    const { endMs } = played(
      clip({ parts: [{ sound: 'laugh', seconds: 1, seed: 1 }], right: { none: true } }),
      pieces,
      1,
    );
    expect(endMs).toBeNull();
  });

  it('lasts as long as what goes on under it, at the level that is asked for', () => {
    const under = [{ under: 'talker', db: -50, seed: 1, seconds: 4 }];
    const { pcm } = played(clip({ under, tail: 0, right: { none: true } }), pieces, 1);
    expect(pcm.length / 16).toBe(4000);
    expect(Math.abs(activeDb(pcm) + 50)).toBeLessThan(2);
  });

  it.each(['whisper', 'overdriven', 'telephone', 'room'] as const)('may be heard as %s', (as) => {
    const { pcm } = played(clip({ parts: [{ say: 'a', as, db: -30 }] }), pieces, 1);
    expect(Math.abs(levelDb(pcm, 520, 1280) + 30)).toBeLessThan(1.5);
  });

  it('hears the breath of a whisper and not the tone of the voice', () => {
    const voiced = { ...pieces, find: () => ({ ...TONE, pcm: sound('sing', { seconds: 1, seed: 2 }) }) };
    const [aloud, whispered] = [undefined, 'whisper'].map((as) =>
      periodicity(played(clip({ parts: [{ say: 'a', ...(as && { as }) }] }), voiced, 1).pcm),
    );
    expect(aloud).toBeGreaterThan(0.7);
    expect(whispered).toBeLessThan(0.5);
  });
});

/** Greatest correlation of the middle of a sound with itself a period of 60 to 400 Hz later. */
function periodicity(pcm: Float32Array): number {
  const part = pcm.subarray(12_000, 14_000);
  let best = 0;
  for (let lag = 40; lag < 266; lag++) {
    let [both, one, other] = [0, 0, 0];
    for (let at = 0; at + lag < part.length; at++) {
      const [a, b] = [part[at] ?? 0, part[at + lag] ?? 0];
      [both, one, other] = [both + a * b, one + a * a, other + b * b];
    }
    best = Math.max(best, both / Math.sqrt(one * other));
  }
  return best;
}

describe('the list of clips', () => {
  it('has more than 200 of them, each under its own name', () => {
    expect(clips.length).toBeGreaterThanOrEqual(200);
    expect(new Set(clips.map(({ id }) => id)).size).toBe(clips.length);
  });

  it('says only what somebody has spoken', () => {
    const said = new Set(spoken.pieces.map(({ id, voice }) => `${id} ${voice}`));
    for (const { id, voice, parts } of clips) {
      for (const part of parts) {
        if (!('say' in part)) continue;
        const wanted = `${part.say} ${part.voice ?? voice ?? ''}`;
        expect({ id, wanted, spoken: said.has(wanted) }).toEqual({ id, wanted, spoken: true });
      }
    }
  });

  it('does not judge a setting by a pause that is longer than it waits', () => {
    for (const { id, parts, settings } of clips) {
      const longest = Math.max(
        0,
        ...parts
          .filter(({ after }) => !after)
          .slice(1)
          .map(({ gap }) => gap),
      );
      expect({ id, ok: longest < 500 || !settings.includes('server_vad') }).toEqual({ id, ok: true });
    }
  });
});
