import fc from 'fast-check';
import { Admission, HOLD_MS } from './admission.js';

describe('Admission', () => {
  test('of a burst exactly as many are taken as there are places, and each of them gets its own', () => {
    const admission = new Admission(() => 20);
    const ids = Array.from({ length: 100 }, (_, index) => `${index}`);
    const taken = ids.filter((id) => admission.ask(id, 0));
    expect(taken).toEqual(ids.slice(0, 20));
    for (const id of taken) expect(admission.arrive(id, 100)).toBeNull();
    expect(admission.ask('late', 100 + HOLD_MS - 1)).toBe(false);
    for (const id of taken) expect(admission.place(id, 100 + HOLD_MS - 1)).toBe(true);
    expect(admission.placed).toBe(20);
  });

  test('an offer that nobody follows up keeps its place for a moment, and nobody out afterwards', () => {
    const admission = new Admission(() => 2);
    for (const id of ['a', 'b']) {
      expect(admission.ask(id, 0)).toBe(true);
      admission.arrive(id, 0);
    }
    expect(admission.displace(HOLD_MS - 1)).toBeNull();
    expect(admission.ask('c', HOLD_MS - 1)).toBe(false);
    expect([admission.ask('c', HOLD_MS), admission.ask('d', HOLD_MS)]).toEqual([true, true]);
    expect(admission.place('c', HOLD_MS)).toBe(true);
    // What is held for d is not for one that comes late.
    expect(admission.place('a', HOLD_MS)).toBe(false);
    admission.leave('d');
    expect([admission.place('a', HOLD_MS), admission.place('a', HOLD_MS)]).toEqual([true, true]);
    expect(admission.ask('e', HOLD_MS)).toBe(false);
    admission.leave('c');
    expect(admission.place('b', HOLD_MS)).toBe(true);
  });

  test('beyond the limit the oldest silent offer goes; one whose place is held or that was heard from never does', () => {
    const admission = new Admission(() => 8, 2);
    for (const id of ['a', 'b', 'c', 'd']) admission.ask(id, 0);
    expect(['a', 'b', 'c'].map((id) => admission.arrive(id, 0))).toEqual([null, null, null]);
    admission.place('a', 1);
    expect(admission.arrive('d', HOLD_MS)).toBe('b');
    expect(admission.displace(HOLD_MS)).toBe('c');
    expect(admission.displace(HOLD_MS)).toBeNull();
    expect(admission.displace(2 * HOLD_MS)).toBe('d');
    expect(admission.displace(9 * HOLD_MS)).toBeNull();
  });

  test('never are there more than there are places, whatever comes in whatever order', () => {
    const step = fc.record({
      what: fc.constantFrom('ask', 'arrive', 'place', 'leave', 'displace'),
      id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      afterMs: fc.integer({ min: 0, max: HOLD_MS }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const admission = new Admission(() => 2, 1);
        let nowMs = 0;
        const asked = new Set<string>();
        for (const { what, id, afterMs } of steps) {
          nowMs += afterMs;
          if (what === 'ask' && !asked.has(id) && admission.ask(id, nowMs)) asked.add(id);
          if (what === 'arrive' && asked.has(id)) admission.arrive(id, nowMs);
          if (what === 'place' && asked.has(id)) admission.place(id, nowMs);
          if (what === 'displace') admission.displace(nowMs);
          if (what === 'leave') {
            admission.leave(id);
            asked.delete(id);
          }
          expect(admission.placed).toBeLessThanOrEqual(2);
          expect(admission.taken(nowMs)).toBeLessThanOrEqual(2);
        }
      }),
    );
  });
});
