import { damage, pack } from './bytes.js';
import { Random } from './random.js';

describe('damage', () => {
  const whole = Buffer.from(Array.from({ length: 64 }, (_, n) => n));

  it('leaves its argument as it is, and is repeated by its seed', () => {
    const copy = Buffer.from(whole);
    const one = damage(new Random(3), whole);
    expect(whole).toEqual(copy);
    expect(damage(new Random(3), whole)).toEqual(one);
  });

  it('makes something else of nearly everything, shorter and longer too', () => {
    const random = new Random(1);
    const damaged = Array.from({ length: 300 }, () => damage(random, whole));
    expect(damaged.filter((bytes) => !bytes.equals(whole)).length).toBeGreaterThan(270);
    expect(damaged.some(({ length }) => length < whole.length)).toBe(true);
    expect(damaged.some(({ length }) => length > whole.length)).toBe(true);
  });

  it('makes something of nothing', () => {
    expect(damage(new Random(1), Buffer.alloc(0)).length).toBeGreaterThan(0);
  });
});

test('pack writes big-endian, and takes what fits of a number that is too large', () => {
  expect(pack([1, 1], [0x0203, 2], [0xfff_ffff_ff04, 1], Buffer.from([5])).toString('hex')).toBe(
    '0102030405',
  );
});
