import { Random } from './random.js';

describe('Random', () => {
  it('is repeated by its seed', () => {
    const draw = (seed: number) => {
      const random = new Random(seed);
      return [
        random.u32(),
        random.unit(),
        random.int(1, 6),
        random.bytes(4).toString('hex'),
        random.pick(['a', 'b']),
      ];
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it('takes both ends of a range, and nothing beyond', () => {
    const random = new Random(1);
    const seen = new Set(Array.from({ length: 500 }, () => random.int(-1, 2)));
    expect([...seen].sort((a, b) => a - b)).toEqual([-1, 0, 1, 2]);
  });

  it('draws by weight', () => {
    const random = new Random(1);
    const drawn = Array.from({ length: 4000 }, () => random.weighted({ often: 3, seldom: 1, never: 0 }));
    expect(drawn.filter((key) => key === 'seldom').length / 4000).toBeCloseTo(0.25, 1);
    expect(drawn).not.toContain('never');
  });

  it.each([() => new Random(1).pick([]), () => new Random(1).weighted({})])(
    'has nothing to pick from',
    (draw) => {
      expect(draw).toThrow(RangeError);
    },
  );
});
