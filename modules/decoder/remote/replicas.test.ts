import type { ChatServer } from './http/chat-server.js';
import { Place, Replica } from './replicas.js';

const replica = (slots: number) => new Replica({ name: 'a' } as ChatServer, slots);

describe('the slots of a server', () => {
  it('uses what a slot holds for the tenant whose it is, and for nobody else', () => {
    const one = replica(3);
    const first = new Place(one);
    expect(one.slotFor(first.slot, 'a')).toEqual({ id: 0, reuse: false });
    expect(one.slotFor(first.slot, 'a')).toEqual({ id: 0, reuse: true });
    first.leave();
    const [second, third] = [new Place(one), new Place(one)];
    expect([second.slot, third.slot]).toEqual([1, 0]);
    expect(one.slotFor(third.slot, 'b')).toEqual({ id: 0, reuse: false });
    expect(one.slotFor(third.slot, 'b')).toEqual({ id: 0, reuse: true });
  });

  it('keeps the last for what is tied to none, and uses nothing of what it holds', () => {
    const one = replica(2);
    const [tied, loose] = [new Place(one), new Place(one)];
    expect([tied.slot, loose.slot]).toEqual([0, null]);
    for (const tenant of ['a', 'a', 'b'])
      expect(one.slotFor(loose.slot, tenant)).toEqual({ id: 1, reuse: false });
    expect([one.keeps(tied.slot), one.keeps(loose.slot)]).toEqual([true, false]);
  });

  it('has its only one serve for both', () => {
    const one = replica(1);
    const tied = new Place(one);
    one.slotFor(tied.slot, 'a');
    expect(one.slotFor(tied.slot, 'a')).toEqual({ id: 0, reuse: true });
    expect(one.slotFor(null, 'a')).toEqual({ id: 0, reuse: false });
    expect(one.slotFor(null, 'b')).toEqual({ id: 0, reuse: false });
    expect(one.slotFor(tied.slot, 'a')).toEqual({ id: 0, reuse: false });
  });

  it('leaves a server without slots to itself', () => {
    const one = replica(0);
    expect(one.slotFor(new Place(one).slot, 'a')).toBeNull();
    expect(one.keeps(null)).toBe(true);
  });
});
