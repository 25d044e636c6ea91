import { DuplicateDetector } from './duplicate.js';
import { BLUE, RED, tablePicture, type Disc, type Look, type Rgb } from '../testing/table.js';

const SMALL = 0.08;
const GREENISH: Rgb = [60, 150, 60];
const NEAR_GROUND: Rgb = [150, 135, 60];
const size = { width: 192, height: 192 };

/** Whether `after` is news to a detector that kept `before`; both look through a noisy camera. */
function isNews(before: Disc[], after: Disc[], look: Look = {}): boolean {
  const detector = new DuplicateDetector();
  detector.check(tablePicture(before, { ...size, noise: 5, seed: 1 }), false);
  return detector.check(tablePicture(after, { ...size, noise: 5, seed: 2, ...look }), false);
}

const red: Disc = { cell: 4, color: RED, diameter: 0.3 };
const cells = [0, 1, 2, 3, 5, 6, 7, 8];

describe('DuplicateDetector', () => {
  it('takes the first picture for news', () => {
    expect(new DuplicateDetector().check(tablePicture([]), false)).toBe(true);
  });

  it('takes a picture of another size for news', () => {
    const detector = new DuplicateDetector();
    detector.check(tablePicture([red], { width: 20, height: 20 }), false);
    expect(detector.check(tablePicture([red], size), false)).toBe(true);
  });

  describe('drops', () => {
    it('the same picture', () => expect(isNews([red], [red])).toBe(false));
    it.each([0, 5, 10, 20])('camera noise of deviation %d', (noise) => {
      expect(isNews([red], [red], { noise })).toBe(false);
    });
    it.each([0.92, 0.96, 1.04, 1.08])('light that drifted to %d', (light) => {
      expect(isNews([red], [red], { light })).toBe(false);
    });
  });

  describe('keeps', () => {
    it.each(cells)('a small shape that appears in cell %d', (cell) => {
      expect(isNews([red], [red, { cell, color: BLUE, diameter: SMALL }])).toBe(true);
    });
    it.each(cells)('a small shape that goes from cell %d', (cell) => {
      expect(isNews([red, { cell, color: GREENISH, diameter: SMALL }], [red])).toBe(true);
    });
    it.each(cells)('a small shape that moves away from cell %d', (cell) => {
      const at = (where: number): Disc => ({ cell: where, color: RED, diameter: SMALL });
      expect(isNews([at(cell)], [at(4)])).toBe(true);
    });
    it.each<[string, string, Rgb, Rgb]>([
      ['red', 'blue', RED, BLUE],
      ['red', 'green', RED, GREENISH],
      ['green', 'blue', GREENISH, BLUE],
    ])('a small shape that turns from %s to %s', (_from, _to, from, to) => {
      const disc = (color: Rgb): Disc => ({ cell: 2, color, diameter: SMALL });
      expect(isNews([disc(from)], [disc(to)])).toBe(true);
    });
    it('a small shape of little contrast', () => {
      expect(isNews([], [{ cell: 0, color: NEAR_GROUND, diameter: SMALL }])).toBe(true);
    });
    it('a small shape in drifting light', () => {
      expect(isNews([red], [red, { cell: 0, color: BLUE, diameter: SMALL }], { light: 0.95 })).toBe(true);
    });
    it('the light going out', () => expect(isNews([red], [red], { light: 0.3 })).toBe(true));
  });

  it('compares with the last picture kept, so that slow change adds up', () => {
    const detector = new DuplicateDetector();
    const check = (light: number) => detector.check(tablePicture([red], { ...size, light }), false);
    check(1);
    const verdicts = [0.96, 0.92, 0.88, 0.84, 0.8, 0.76].map(check);
    expect(verdicts[0]).toBe(false);
    expect(verdicts).toContain(true);
  });

  it('compares with a picture that was kept anyway', () => {
    const detector = new DuplicateDetector();
    const check = (light: number, keepAnyway = false) =>
      detector.check(tablePicture([red], { ...size, light }), keepAnyway);
    check(1);
    expect(check(0.9, true)).toBe(true);
    expect(check(0.83)).toBe(false);
  });
});
