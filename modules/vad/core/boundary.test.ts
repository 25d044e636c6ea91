import fc from 'fast-check';
import { BETWEEN, CONFIG, LOUD, QUIET, hear, times } from '../testing/windows.js';
import { BoundaryPredictor, type BoundaryEvent } from './boundary.js';

describe('BoundaryPredictor', () => {
  let predictor: BoundaryPredictor;
  beforeEach(() => (predictor = new BoundaryPredictor(CONFIG)));

  /** Speech from 0 to 30 ms. */
  const speak = () => hear(predictor, times(3, LOUD));

  it('has the defaults of server_vad', () => {
    expect(new BoundaryPredictor().config).toMatchObject({
      threshold: 0.5,
      prefix_padding_ms: 300,
      silence_duration_ms: 500,
    });
  });

  it('says nothing in silence', () => {
    expect(hear(predictor, times(50, QUIET))).toEqual([]);
    expect(predictor.speaking).toBe(false);
  });

  it('starts after min_speech_ms, at the first window over the threshold', () => {
    expect(hear(predictor, [QUIET, QUIET, LOUD, LOUD])).toEqual([]);
    expect(hear(predictor, [LOUD], 40)).toEqual([{ t: 'speech_start', atMs: 50, startMs: 20 }]);
    expect(predictor.speaking).toBe(true);
  });

  it('starts at once without a minimum', () => {
    predictor.configure({ min_speech_ms: 0 });
    expect(hear(predictor, [LOUD])).toEqual([{ t: 'speech_start', atMs: 10, startMs: 0 }]);
  });

  it('calls a blip shorter than min_speech_ms a misfire', () => {
    expect(hear(predictor, [LOUD, LOUD, QUIET, QUIET])).toEqual([{ t: 'misfire', atMs: 40, startMs: 0 }]);
    expect(predictor.speaking).toBe(false);
  });

  it('lets a candidate survive a dip shorter than a tentative pause, and counts speech only', () => {
    expect(hear(predictor, [LOUD, QUIET, LOUD])).toEqual([]);
    expect(hear(predictor, [LOUD], 30)).toEqual([{ t: 'speech_start', atMs: 40, startMs: 0 }]);
  });

  it('does not keep a candidate alive between the thresholds', () => {
    expect(hear(predictor, [LOUD, BETWEEN, BETWEEN])).toEqual([{ t: 'misfire', atMs: 30, startMs: 0 }]);
  });

  it('pauses tentatively, then ends', () => {
    speak();
    expect(hear(predictor, times(5, QUIET), 30)).toEqual([
      { t: 'tentative_pause', atMs: 50, speechEndMs: 30 },
      { t: 'speech_end', atMs: 80, speechEndMs: 30 },
    ]);
    expect(predictor.speaking).toBe(false);
  });

  it('resumes from a tentative pause', () => {
    speak();
    hear(predictor, [QUIET, QUIET], 30);
    expect(hear(predictor, [LOUD, LOUD], 50)).toEqual([{ t: 'resume', atMs: 60 }]);
    expect(hear(predictor, [QUIET, QUIET], 70)).toEqual([
      { t: 'tentative_pause', atMs: 90, speechEndMs: 70 },
    ]);
  });

  it('says nothing about a dip shorter than a tentative pause', () => {
    speak();
    expect(hear(predictor, [QUIET, LOUD, QUIET, LOUD], 30)).toEqual([]);
  });

  it('ends without a pause when the pause would not be shorter', () => {
    predictor.configure({ tentative_pause_ms: 50 });
    speak();
    expect(hear(predictor, times(5, QUIET), 30)).toEqual([{ t: 'speech_end', atMs: 80, speechEndMs: 30 }]);
  });

  describe('established speech', () => {
    beforeEach(() => predictor.configure({ established_speech_ms: 50 }));

    it('is told once, when there has been enough of it', () => {
      expect(hear(predictor, times(8, LOUD))).toEqual([
        { t: 'speech_start', atMs: 30, startMs: 0 },
        { t: 'speech_established', atMs: 50, levelDb: null, callerDb: null },
      ]);
    });

    it('is told with the start where that is enough', () => {
      predictor.configure({ established_speech_ms: 10 });
      expect(speak().map(({ t }) => t)).toEqual(['speech_start', 'speech_established']);
    });

    it('does not count pauses', () => {
      speak();
      expect(hear(predictor, [QUIET, QUIET, LOUD, LOUD], 30)).toEqual([
        { t: 'tentative_pause', atMs: 50, speechEndMs: 30 },
        { t: 'resume', atMs: 60 },
        { t: 'speech_established', atMs: 70, levelDb: null, callerDb: null },
      ]);
    });

    it('begins anew with each start, and a cough is none', () => {
      for (const fromMs of [0, 80]) {
        const events = hear(predictor, [...times(3, LOUD), ...times(5, QUIET)], fromMs);
        expect(events.map(({ t }) => t)).toEqual(['speech_start', 'tentative_pause', 'speech_end']);
      }
    });
  });

  it('starts again after an end', () => {
    speak();
    hear(predictor, times(5, QUIET), 30);
    expect(hear(predictor, times(3, LOUD), 80)).toEqual([{ t: 'speech_start', atMs: 110, startMs: 80 }]);
  });

  describe('between the thresholds', () => {
    it('does not start', () => expect(hear(predictor, times(10, BETWEEN))).toEqual([]));

    it('goes on speaking', () => {
      speak();
      expect(hear(predictor, times(10, BETWEEN), 30)).toEqual([]);
    });

    it('goes on pausing', () => {
      speak();
      const events = hear(predictor, [QUIET, ...times(4, BETWEEN)], 30);
      expect(events.map((e) => e.t)).toEqual(['tentative_pause', 'speech_end']);
    });

    it('takes a low threshold to leave room for silence', () => {
      predictor.configure({ threshold: 0.1 });
      speak();
      expect(hear(predictor, times(5, 0.005), 30).at(-1)).toMatchObject({ t: 'speech_end' });
    });
  });

  describe('configured in flight', () => {
    it('ends at once when the silence so far is enough by the new value', () => {
      speak();
      hear(predictor, [QUIET, QUIET, QUIET], 30);
      predictor.configure({ silence_duration_ms: 40 });
      expect(hear(predictor, [QUIET], 60)).toEqual([{ t: 'speech_end', atMs: 70, speechEndMs: 30 }]);
    });

    it('waits longer by a longer value', () => {
      speak();
      hear(predictor, times(4, QUIET), 30);
      predictor.configure({ silence_duration_ms: 200 });
      expect(hear(predictor, times(10, QUIET), 70)).toEqual([]);
    });

    it('judges the next window by a new threshold', () => {
      predictor.configure({ threshold: 0.95 });
      expect(speak()).toEqual([]);
    });

    it.each([
      ['threshold', 1.1],
      ['hysteresis', NaN],
      ['silence_duration_ms', -1],
      ['tentative_pause_ms', Infinity],
      ['min_speech_ms', -5],
      ['prefix_padding_ms', NaN],
    ] as const)('refuses %s = %s and stays as it was', (name, value) => {
      const refuse = () => predictor.configure({ [name]: value });
      expect(refuse).toThrow(expect.objectContaining({ code: 'bad_request', param: name }) as Error);
      expect(predictor.config).toMatchObject(CONFIG);
    });
  });

  it('forgets everything on reset', () => {
    speak();
    predictor.reset();
    expect(predictor.speaking).toBe(false);
    expect(hear(predictor, times(10, QUIET), 5000)).toEqual([]);
  });

  it('has speech that goes on through a reset begin behind it', () => {
    hear(predictor, times(10, LOUD));
    predictor.reset();
    const [start] = hear(predictor, times(3, LOUD), 100);
    expect(start).toMatchObject({ t: 'speech_start', startMs: 100 });
  });

  describe('without audio', () => {
    it('takes a hole for silence', () => {
      speak();
      expect(hear(predictor, times(3, LOUD), 1000)).toEqual([
        { t: 'speech_end', atMs: 1000, speechEndMs: 30 },
        { t: 'speech_start', atMs: 1030, startMs: 1000 },
      ]);
    });

    it('bridges a hole of 100 ms', () => {
      speak();
      expect(hear(predictor, times(3, LOUD), 130)).toEqual([]);
    });

    it('can be told that a silent track is silence', () => {
      speak();
      expect(predictor.silenceUntil(55)).toEqual([{ t: 'tentative_pause', atMs: 55, speechEndMs: 30 }]);
      expect(predictor.silenceUntil(90)).toEqual([{ t: 'speech_end', atMs: 90, speechEndMs: 30 }]);
      expect(predictor.silenceUntil(90)).toEqual([]);
    });

    it('ignores silence before the first window', () => {
      expect(predictor.silenceUntil(1000)).toEqual([]);
    });
  });

  it('keeps its order of events for any audio', () => {
    const next: Record<BoundaryEvent['t'] | 'begin', BoundaryEvent['t'][]> = {
      begin: ['speech_start', 'misfire'],
      misfire: ['speech_start', 'misfire'],
      speech_start: ['speech_established', 'speech_outshone', 'tentative_pause', 'speech_end'],
      speech_established: ['speech_outshone', 'tentative_pause', 'speech_end'],
      speech_outshone: ['speech_established', 'speech_outshone', 'tentative_pause', 'speech_end'],
      tentative_pause: ['resume', 'speech_end'],
      resume: ['speech_established', 'speech_outshone', 'tentative_pause', 'speech_end'],
      speech_end: ['speech_start', 'misfire'],
    };
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 200 }), (ps) => {
        let last: BoundaryEvent['t'] | 'begin' = 'begin';
        const config = { ...CONFIG, established_speech_ms: 60 };
        for (const event of hear(new BoundaryPredictor(config), ps)) {
          expect(next[last]).toContain(event.t);
          last = event.t;
        }
      }),
    );
  });
});
