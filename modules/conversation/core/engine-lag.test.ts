import { EngineLag } from './engine-lag.js';

describe('EngineLag', () => {
  test('is what the newest took, or the age of the oldest under way', () => {
    const lag = new EngineLag();
    expect(lag.at(0)).toBeNull();
    lag.asked('a', 0);
    lag.asked('b', 1000);
    expect(lag.at(1500)).toBe(1500);
    lag.done('a', 2000);
    expect(lag.at(2100)).toBe(2000);
    lag.done('b', 2200);
    lag.done('unknown', 9000);
    expect(lag.at(2300)).toBe(1200);
    lag.asked('c', 2300);
    expect(lag.at(3000)).toBe(1200);
  });

  test('is forgotten where nothing is asked any more, and knows nothing of what was dropped', () => {
    const lag = new EngineLag();
    lag.asked('a', 0);
    lag.done('a', 900);
    expect(lag.at(5899)).toBe(900);
    expect(lag.at(5900)).toBeNull();
    lag.asked('b', 6000);
    lag.dropped('b');
    expect(lag.at(9000)).toBeNull();
  });
});
