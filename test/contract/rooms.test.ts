import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { FakeRoom } from '../../tools/call-bot/testing/fake-room.js';
import { RoomError } from '../../tools/call-bot/rooms/room.js';
import { lineRoom } from '../support/line-room.js';
import { LineServer } from '../support/line-server.js';
import { roomContract, type RoomStage } from '../support/room-contract.js';

// The fake that unit tests use, and the made-up room of docs/bot.md. Real servers: test/rooms (npm test -- --with rooms).

/** People come in at the fake's side of the room. */
function people(room: FakeRoom): Pick<RoomStage, 'enter' | 'resume'> {
  return {
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
    resume: async () => room.resume(),
  };
}

roomContract('the fake', async () => {
  const room = new FakeRoom();
  return Promise.resolve({
    ...people(room),
    adapter: room.adapter('Vis'),
    speaks: true,
    missing: null,
    unreachable: {
      address: 'nowhere',
      join: () => Promise.reject(new RoomError('unreachable', 'there is no such server')),
    },
    interrupt: async () => room.interrupt(),
    stop: async () => undefined,
  });
});

roomContract('the made-up one of docs/bot.md', async () => {
  const room = new FakeRoom();
  const server = await LineServer.start(room);
  return {
    ...people(room),
    adapter: lineRoom(server.port, 'Vis'),
    speaks: false,
    missing: null,
    unreachable: lineRoom(9, 'Vis'),
    interrupt: async () => server.interrupt(),
    stop: () => server.stop(),
  };
});

test('docs/bot.md shows the made-up room as it is', async () => {
  const [docs = '', source = ''] = await Promise.all(
    ['../../docs/bot.md', '../support/line-room.ts'].map((path) =>
      readFile(fileURLToPath(new URL(path, import.meta.url)), 'utf8'),
    ),
  );
  const shown = /```ts\n(.*?)```/s.exec(docs)?.[1] ?? '';
  expect(shown.split(/\s+/)).toEqual(source.split(/\s+/));
  expect(source.split('\n').length).toBeLessThan(150);
});
