import { BoundaryPredictor } from './boundary.js';
import { BETWEEN, CONFIG, LOUD, QUIET, hear, times } from '../testing/windows.js';

describe('BoundaryPredictor', () => {
  let predictor: BoundaryPredictor;
  beforeEach(() => (predictor = new BoundaryPredictor(CONFIG)));

  /** Speech from 0 to 30 ms. */
  const speak = () => hear(predictor, times(3, LOUD));

  describe('by the clock', () => {
    const speakAndPause = () => {
      speak();
      hear(predictor, [QUIET, QUIET], 30);
    };

    it('ends where the silence is over before the next window is judged', () => {
      speakAndPause();
      expect(predictor.endsAtMs).toBe(80);
      expect(predictor.endBy(79)).toEqual([]);
      expect(predictor.endBy(80)).toEqual([{ t: 'speech_end', atMs: 50, speechEndMs: 30 }]);
      expect(predictor.speaking).toBe(false);
      expect(predictor.endsAtMs).toBeNull();
      expect(predictor.endBy(200)).toEqual([]);
    });

    it('ends without a pause where the silence is no longer than one', () => {
      predictor.configure({ silence_duration_ms: 15 });
      speak();
      hear(predictor, [QUIET], 30);
      expect(predictor.endBy(45)).toEqual([{ t: 'speech_end', atMs: 40, speechEndMs: 30 }]);
    });

    it('does not end before speech, in it, or between the thresholds', () => {
      expect(predictor.endBy(1000)).toEqual([]);
      speak();
      hear(predictor, [BETWEEN], 30);
      expect(predictor.endsAtMs).toBeNull();
      expect(predictor.endBy(1000)).toEqual([]);
    });

    it('waits for what has not been heard, where that is more than 100 ms', () => {
      predictor.configure({ silence_duration_ms: 120 });
      speakAndPause();
      expect(predictor.endBy(300)[0]).toMatchObject({ t: 'speech_end' });
      predictor = new BoundaryPredictor({ ...CONFIG, silence_duration_ms: 121 });
      speakAndPause();
      expect(predictor.endBy(300)).toEqual([]);
      hear(predictor, [QUIET], 50);
      expect(predictor.endBy(300)[0]).toMatchObject({ t: 'speech_end' });
    });

    it('goes by a new setting at once', () => {
      speakAndPause();
      predictor.configure({ silence_duration_ms: 200 });
      expect(predictor.endsAtMs).toBe(230);
    });
  });

  describe('with the sound', () => {
    const SAMPLES_PER_MS = 16;
    const sound = (level: number, fromMs: number, toMs: number) =>
      predictor.sound(new Float32Array((toMs - fromMs) * SAMPLES_PER_MS).fill(level), fromMs);

    beforeEach(() => {
      // The sound of the speech ends at 60 ms, the model's opinion at 100 ms.
      sound(0.5, 0, 60);
      sound(0, 60, 200);
      hear(predictor, times(10, LOUD));
    });

    it('counts the silence from the end of the sound', () => {
      predictor.configure({ silence_duration_ms: 100 });
      expect(hear(predictor, [QUIET], 100)).toEqual([{ t: 'tentative_pause', atMs: 110, speechEndMs: 60 }]);
      expect(predictor.endBy(160)).toEqual([{ t: 'speech_end', atMs: 110, speechEndMs: 60 }]);
    });

    it('ends with the first quiet window where the sound has ended long ago', () => {
      expect(hear(predictor, [QUIET], 100)).toEqual([{ t: 'speech_end', atMs: 110, speechEndMs: 60 }]);
    });

    it('does not end by the clock over sound that has not been judged yet', () => {
      predictor.configure({ silence_duration_ms: 150 });
      hear(predictor, [QUIET, QUIET], 100);
      sound(0.4, 200, 220);
      expect(predictor.endBy(230)).toEqual([]);
      hear(predictor, times(9, QUIET), 120);
      hear(predictor, [QUIET], 210);
      expect(predictor.speaking).toBe(false);
    });
  });
});
