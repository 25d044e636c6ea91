import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { VirtualTime } from './virtual-time.js';

function setUp() {
  const time = new VirtualTime(() => turn());
  const said: string[] = [];
  const say = (what: string) => () => void said.push(`${time.nowMs()} ${what}`);
  return { time, said, say };
}

describe('VirtualTime', () => {
  it('does what is due in the order of time, then of asking', async () => {
    const { time, said, say } = setUp();
    time.at(20, say('c'));
    time.at(10, say('a'));
    time.at(10, say('b'));
    time.at(30, say('later'));
    await time.runTo(25);
    expect(said).toEqual(['10 a', '10 b', '20 c']);
    expect(time.nowMs()).toBe(25);
  });

  it('does what is due in the past now, behind what is due now', async () => {
    const { time, said, say } = setUp();
    time.at(10, () => {
      time.at(5, say('late'));
      say('first')();
    });
    time.at(10, say('second'));
    await time.runTo(10);
    expect(said).toEqual(['10 first', '10 second', '10 late']);
  });

  it('forgets what is cancelled', async () => {
    const { time, said, say } = setUp();
    const cancel = time.at(10, say('a'));
    cancel();
    cancel();
    await time.runTo(10);
    expect(said).toEqual([]);
  });

  it('tells what others compute when it is due, whichever of them is ready first', async () => {
    const { time, said, say } = setUp();
    const slow = time.after(10, sleep(20, 'slow')).then((what) => say(what)());
    const quick = time.after(20, Promise.resolve('quick')).then((what) => say(what)());
    time.at(15, say('timer'));
    await time.runTo(30);
    await Promise.all([slow, quick]);
    expect(said).toEqual(['10 slow', '15 timer', '20 quick']);
  });

  it('tells a failure when it is due as well', async () => {
    const { time } = setUp();
    const failed = time.after(10, Promise.reject(new Error('no')));
    const told = failed.catch((error: Error) => `${time.nowMs()} ${error.message}`);
    await time.runTo(15);
    expect(await told).toBe('10 no');
  });

  it('goes on only when everything is over that the last thing led to', async () => {
    const { time, said, say } = setUp();
    time.at(10, () => void Promise.resolve().then(say('led to')));
    time.at(10, say('next'));
    await time.runTo(10);
    expect(said).toEqual(['10 led to', '10 next']);
  });
});
