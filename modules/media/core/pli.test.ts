import { PliPacer } from './pli.js';

/** Runs a sender that answers every request after `answerMs` (null: never) for `seconds`; returns the request times. */
function run(pacer: PliPacer, seconds: number, answerMs: number | null): number[] {
  const requests: number[] = [];
  const answers: number[] = [];
  for (let now = 0; now < seconds * 1000; now += 20) {
    while ((answers[0] ?? Infinity) <= now) {
      answers.shift();
      pacer.onKeyFrame(now);
    }
    if (!pacer.due(now)) continue;
    requests.push(now);
    if (answerMs !== null) answers.push(now + answerMs);
  }
  return requests;
}

describe('PliPacer', () => {
  test('asks at once, then once an interval, counted from request to request', () => {
    expect(run(new PliPacer(1000), 5, 60)).toEqual([0, 1000, 2000, 3000, 4000]);
  });

  test('repeats an unanswered request, ever more slowly', () => {
    expect(run(new PliPacer(1000), 30, null)).toEqual([
      0, 260, 760, 1760, 3760, 7760, 14_760, 21_760, 28_760,
    ]);
  });

  test('leaves a sender in peace that makes key frames by itself', () => {
    const pacer = new PliPacer(1000);
    let requests = 0;
    for (let now = 0; now < 20_000; now += 20) {
      if (now % 1000 === 0) pacer.onKeyFrame(now);
      if (pacer.due(now)) requests += 1;
    }
    expect(requests).toBeLessThanOrEqual(1);
  });

  test('asks early where something cannot be decoded', () => {
    const pacer = new PliPacer(1000);
    pacer.onKeyFrame(0);
    expect(pacer.due(200)).toBe(false);
    pacer.urge(200);
    expect(pacer.due(200)).toBe(true);
  });

  test('urging does not double a request under way', () => {
    const pacer = new PliPacer(1000);
    expect(pacer.due(0)).toBe(true);
    pacer.urge(20);
    expect(pacer.due(20)).toBe(false);
  });

  test('key frames that are refused are asked for ever more slowly, until one is not', () => {
    const pacer = new PliPacer(1000);
    const requests: number[] = [];
    for (let now = 0; now < 20_000; now += 20) {
      if (!pacer.due(now)) continue;
      requests.push(now);
      pacer.onKeyFrame(now + 10);
      pacer.onUndecodable(now + 10);
    }
    expect(requests).toEqual([0, 20, 280, 800, 1820, 3840, 7860, 14_880]);
    pacer.onKeyFrame(20_000);
    pacer.onDecodable();
    pacer.onUndecodable(20_010);
    expect(pacer.due(20_020)).toBe(true);
  });

  describe('a sender that ignores requests', () => {
    /** Runs a sender with a key frame each `everyMs`, whatever it is asked; tells from when on it counts as ignoring. */
    const ignoredFrom = (everyMs: number, answerMs: number | null = null) => {
      const pacer = new PliPacer(1000);
      const answers: number[] = [];
      let from: number | null = null;
      let requests = 0;
      for (let now = 0; now < 60_000; now += 20) {
        if (now % everyMs === 0 || (answers[0] ?? Infinity) <= now) {
          if ((answers[0] ?? Infinity) <= now) answers.shift();
          pacer.onKeyFrame(now);
        }
        if (pacer.due(now)) {
          requests += 1;
          if (answerMs !== null) answers.push(now + answerMs);
        }
        if (pacer.ignored(now)) from ??= now;
        else from = null;
      }
      return { from, requests };
    };

    test.each([
      [8000, 2000],
      [4000, 2000],
      [2000, 4000],
    ])('is known by its key frames each %d ms', (everyMs, latestMs) => {
      const { from, requests } = ignoredFrom(everyMs);
      expect(from).toBeLessThanOrEqual(latestMs);
      expect(requests).toBeLessThan(25);
    });

    test('is another than one that makes them each second, or answers', () => {
      expect(ignoredFrom(1000).from).toBeNull();
      expect(ignoredFrom(60_000, 80).from).toBeNull();
      expect(ignoredFrom(8000, 300).from).toBeNull();
    });

    test('that begins to answer is believed after three answers', () => {
      const pacer = new PliPacer(1000);
      pacer.onKeyFrame(0);
      const states: boolean[] = [];
      let answer: number | null = null;
      for (let now = 20; now < 60_000; now += 20) {
        if (answer !== null && now >= answer) {
          pacer.onKeyFrame(now);
          answer = null;
        }
        if (pacer.due(now) && now > 10_000) answer = now + 60;
        states.push(pacer.ignored(now));
      }
      expect(states[500 - 2]).toBe(true);
      expect(states.at(-1)).toBe(false);
    });
  });
});
