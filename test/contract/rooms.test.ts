import { FakeRoom } from '../../tools/call-bot/testing/fake-room.js';
import { RoomError } from '../../tools/call-bot/rooms/room.js';
import { roomContract } from '../support/room-contract.js';

// The fake that unit tests use. Real servers: test/rooms (npm test -- --with rooms).

roomContract('the fake', async () => {
  const room = new FakeRoom();
  return Promise.resolve({
    adapter: room.adapter('Vis'),
    missing: null,
    unreachable: {
      address: 'nowhere',
      join: () => Promise.reject(new RoomError('unreachable', 'there is no such server')),
    },
    async enter(name, shows) {
      await Promise.resolve();
      const person = room.enter(name, shows);
      return {
        say: async (text: string) => person.say(text),
        reads: async (text: string) => void (await person.text((read) => read === text)),
        unpublish: async () => person.unpublish(),
        leave: async () => person.leave(),
      };
    },
    interrupt: async () => room.interrupt(),
    resume: async () => room.resume(),
    stop: async () => undefined,
  });
});
