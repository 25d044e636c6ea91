import { CallError } from '@vis-a-vis/client';
import { FakeDoor } from '../../tools/call-bot/testing/fake-door.js';
import { doorContract } from '../support/door-contract.js';

// The fake that the bot's unit tests use. The real one: test/rooms/door.test.ts (npm test -- --with rooms).

doorContract('the fake', async () => {
  const [door, closed] = [new FakeDoor(), new FakeDoor()];
  closed.refusal = new CallError('connect_failed', 'nobody there');
  return Promise.resolve({
    door,
    closed,
    speak: async (session) => {
      await Promise.resolve();
      door.sessions.find((each) => each === session)?.hear('what color is the star');
    },
    stop: async () => undefined,
  });
});
