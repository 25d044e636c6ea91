import { VirtualClock } from './virtual-clock.js';

describe('VirtualClock', () => {
  it('calls what is due in its order, at its time, and what is asked for meanwhile', () => {
    const clock = new VirtualClock();
    const called: [string, number][] = [];
    const note = (name: string) => () => void called.push([name, clock.nowMs()]);
    clock.at(30, note('late'));
    clock.at(10, () => {
      note('early')();
      clock.at(20, note('between'));
    });
    clock.at(15, note('never'))();
    clock.advance(40);
    expect(called).toEqual([
      ['early', 10],
      ['between', 20],
      ['late', 30],
    ]);
    expect(clock.nowMs()).toBe(40);
  });

  it('lets go of whoever waits when time has no end', async () => {
    const clock = new VirtualClock();
    const waiting = clock.until(1e9);
    clock.advance(Infinity);
    await waiting;
    expect(clock.nowMs()).toBe(1e9);
  });
});
