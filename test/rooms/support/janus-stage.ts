import { join } from 'node:path';
import { readIvf } from '@vis-a-vis/client/node';
import { JanusPerson } from '../../../tools/call-bot/demo/janus-person.js';
import { janusRoom } from '../../../tools/call-bot/rooms/janus/janus-room.js';
import { CALL_FOLDER } from '../../../tools/support/call-script.js';
import { JanusServer } from '../../../tools/support/rooms/janus-server.js';
import type { RoomStage, StagePerson } from '../../support/room-contract.js';

const ROOM = 1234;
/** On a busy machine (ms). */
const TEXT_MS = 20_000;

/** A real Janus server, and people whose cameras and microphones are files. */
export async function janusStage(): Promise<RoomStage> {
  const server = await JanusServer.start([ROOM]);
  const video = await readIvf(join(CALL_FOLDER, 'table.ivf'));
  const { url } = server;
  const adapter = (room: number, at = url) =>
    janusRoom({ url: at, room, textRoom: room, pin: null, name: 'Vis' });
  return {
    adapter: adapter(ROOM),
    speaks: true,
    missing: adapter(1),
    unreachable: adapter(ROOM, 'ws://127.0.0.1:9'),
    async enter(name, shows): Promise<StagePerson> {
      const camera = shows.includes('camera');
      const options = { url, room: ROOM, name };
      const person =
        shows.length === 0
          ? await JanusPerson.read(options)
          : await JanusPerson.enter({ ...options, ...(camera && { video }) });
      const screen = shows.includes('screen')
        ? await JanusPerson.enter({ ...options, name: `${name} (screen)`, video, silent: true })
        : null;
      return {
        say: (text) => person.say(text),
        reads: async (text) => void (await person.text((read) => read.text === text, TEXT_MS)),
        unpublish: () => person.unpublish(),
        async leave() {
          await screen?.leave();
          await person.leave();
        },
      };
    },
    interrupt: () => server.kill(),
    resume: () => server.restart(),
    stop: () => server.stop(),
  };
}
