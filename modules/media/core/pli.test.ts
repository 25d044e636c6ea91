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
    expect(run(new PliPacer(1000), 4, null)).toEqual([0, 260, 760, 1760, 2760, 3760]);
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
});
