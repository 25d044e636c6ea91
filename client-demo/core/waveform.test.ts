import { barOf, extremesOf, levelOf, powerOf, Recent } from './waveform.js';

describe('a waveform', () => {
  it('is reduced to the extremes and the power of its samples', () => {
    expect(extremesOf([0.1, -0.5, 0.25])).toEqual({ min: -0.5, max: 0.25 });
    expect(extremesOf([])).toEqual({ min: 0, max: 0 });
    expect(powerOf([0.5, -0.5])).toBe(0.25);
    expect(powerOf([])).toBe(0);
  });

  it.each([
    [1, 1],
    [1e-3, 0.5],
    [1e-6, 0],
    [0, 0],
  ])('has with a power of %p a level of %p', (power, level) => {
    expect(levelOf(power)).toBeCloseTo(level, 3);
  });

  it('keeps the newest columns alone', () => {
    const recent = new Recent<number>(2);
    for (const one of [1, 2, 3]) recent.push(one);
    expect(recent.items).toEqual([2, 3]);
    recent.clear();
    expect(recent.items).toEqual([]);
  });

  it('is drawn around the middle, within its height, and visible where it is quiet', () => {
    expect(barOf({ min: -1, max: 1 })).toEqual({ top: 0, bottom: 1 });
    expect(barOf({ min: -4, max: 4 })).toEqual({ top: 0, bottom: 1 });
    expect(barOf({ min: 0, max: 0.25 })).toEqual({ top: 0.25, bottom: 0.51 });
  });
});
