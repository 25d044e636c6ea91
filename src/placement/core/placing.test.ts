import { Placing } from './placing.js';

/** So many gateways that are up and empty. */
function placingOf(count: number): Placing {
  const placing = new Placing();
  for (let number = 0; number < count; number += 1) placing.up(number);
  return placing;
}

/** Gives a call to whoever is picked. */
function give(placing: Placing, nowMs = 0): number | null {
  const number = placing.pick(nowMs);
  if (number !== null) placing.give(number);
  return number;
}

describe('Placing', () => {
  it('spreads a burst before any of it is told', () => {
    const placing = placingOf(3);
    const given = Array.from({ length: 9 }, () => give(placing));
    expect([0, 1, 2].map((number) => given.filter((one) => one === number).length)).toEqual([3, 3, 3]);
  });

  it('gives a call to whoever has the fewest', () => {
    const placing = placingOf(3);
    placing.tell(0, { open: 2, full: false });
    placing.tell(1, { open: 1, full: false });
    placing.tell(2, { open: 2, full: false });
    expect(placing.pick(0)).toBe(1);
  });

  it('counts an answered call until it is told, and never twice', () => {
    const placing = placingOf(2);
    const answered = placing.give(0);
    answered();
    answered();
    expect(placing.pick(0)).toBe(1);
    placing.tell(0, { open: 1, full: false });
    placing.tell(1, { open: 1, full: false });
    // Both have one: the one that has waited longer is next.
    expect(placing.pick(0)).toBe(1);
    placing.tell(0, { open: 0, full: false });
    expect(placing.pick(0)).toBe(0);
  });

  it('gives nothing to one that is full, unless all are', () => {
    const placing = placingOf(2);
    placing.tell(0, { open: 1, full: true });
    placing.tell(1, { open: 7, full: false });
    expect(placing.pick(0)).toBe(1);
    placing.tell(1, { open: 7, full: true });
    expect(placing.pick(0)).toBe(0);
    // Where one has refused another that is full is no way out.
    expect(placing.pick(0, 0)).toBeNull();
  });

  it('gives nothing to one that is down, and begins anew with one that comes up', () => {
    const placing = placingOf(2);
    placing.tell(0, { open: 5, full: false });
    placing.down(0);
    expect([placing.pick(0), placing.isUp(0), placing.told(0)]).toEqual([1, false, null]);
    const late = placing.give(0);
    placing.tell(0, { open: 5, full: false });
    placing.up(0);
    late();
    placing.tell(1, { open: 1, full: false });
    expect([placing.pick(0), placing.told(0)]).toEqual([0, { open: 0, full: false }]);
    placing.down(0);
    placing.down(1);
    expect(placing.pick(0)).toBeNull();
  });

  it('keeps room for who has announced a call, for a while', () => {
    const placing = placingOf(2);
    placing.expect(0, 0);
    placing.tell(1, { open: 0, full: false });
    expect(placing.pick(1)).toBe(1);
    placing.give(1);
    placing.give(1);
    expect(placing.pick(1)).toBe(0);
    const alone = placingOf(2);
    alone.expect(0, 0);
    alone.give(1);
    // Of equals the one that was given something longer ago: its announcement has run out.
    expect(alone.pick(30_001)).toBe(0);
  });
});
