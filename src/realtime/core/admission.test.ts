import { Admission } from './admission.js';

describe('Admission', () => {
  test('an offer takes no place until its client is heard from', () => {
    const admission = new Admission(() => 2);
    for (const id of ['a', 'b', 'c']) admission.arrive(id);
    expect(admission.full).toBe(false);
    expect([admission.place('b'), admission.place('b'), admission.place('c')]).toEqual([true, true, true]);
    expect(admission.full).toBe(true);
    expect(admission.place('a')).toBe(false);
    admission.leave('b');
    expect(admission.place('a')).toBe(true);
  });

  test('beyond the limit the oldest silent offer goes; a client that was heard from never does', () => {
    const admission = new Admission(() => 8, 2);
    expect([admission.arrive('a'), admission.arrive('b')]).toEqual([null, null]);
    admission.place('a');
    expect(admission.arrive('c')).toBeNull();
    expect(admission.arrive('d')).toBe('b');
    admission.leave('b');
    expect(admission.displace()).toBe('c');
    expect(admission.displace()).not.toBe('c');
  });
});
