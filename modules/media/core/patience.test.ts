import { Patience } from './patience.js';

const sound = (level: number, ms: number) => new Float32Array(ms * 16).fill(level);

describe('Patience', () => {
  test('packets that stop in mid-word are waited for longer than a network stalls', () => {
    const patience = new Patience();
    patience.heard(sound(0.3, 500));
    expect(patience.ms).toBeGreaterThan(1100);
    // The gap in a word, and a soft sound in it.
    patience.heard(sound(0, 120));
    expect(patience.ms).toBeGreaterThan(1100);
  });

  test('the longer it has been quiet, the less is waited', () => {
    const patience = new Patience();
    patience.heard(sound(0.3, 500));
    const waits = [200, 100, 100, 5000].map((ms) => {
      patience.heard(sound(0.001, ms));
      return patience.ms;
    });
    expect(waits).toEqual([800, 600, 400, 400]);
  });

  test('quiet is what it is beside the loudest of late', () => {
    const patience = new Patience();
    patience.heard(sound(0.5, 500));
    patience.heard(sound(0.02, 300));
    expect(patience.ms).toBe(600);
    patience.heard(sound(0.04, 20_000));
    patience.heard(sound(0.02, 300));
    expect(patience.ms).toBeGreaterThan(1100);
  });

  test('a sender that says that it pauses is taken at its word', () => {
    const patience = new Patience();
    patience.heard(sound(0.5, 500));
    patience.packet(true);
    expect(patience.ms).toBe(100);
    patience.packet(false);
    expect(patience.ms).toBeGreaterThan(1100);
  });
});
