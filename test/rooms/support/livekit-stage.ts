import { join } from 'node:path';
import { readIvf } from '@vis-a-vis/client/node';
import { LiveKitPerson } from '../../../tools/call-bot/demo/livekit-person.js';
import { livekitRoom } from '../../../tools/call-bot/rooms/livekit/livekit-room.js';
import { CALL_FOLDER } from '../../../tools/support/call-script.js';
import { LiveKitServer } from '../../../tools/support/rooms/livekit-server.js';
import type { RoomStage, StagePerson } from '../../support/room-contract.js';

const ROOM = 'standup';
/** On a busy machine (ms). */
const TEXT_MS = 20_000;

/** A real LiveKit server, and people whose cameras and microphones are files. */
export async function livekitStage(): Promise<RoomStage> {
  const server = await LiveKitServer.start();
  const video = await readIvf(join(CALL_FOLDER, 'table.ivf'));
  const { url } = server;
  const key = LiveKitServer.KEY;
  const adapter = (at: string, access = key) => livekitRoom({ url: at, room: ROOM, access, name: 'Vis' });
  return {
    adapter: adapter(url),
    speaks: true,
    // Rooms come to be by being joined; but not for everybody.
    missing: adapter(url, { ...key, secret: 'another' }),
    unreachable: adapter('ws://127.0.0.1:9'),
    async enter(name, shows): Promise<StagePerson> {
      const options = { url, key, room: ROOM, name };
      const [shown] = (['screen', 'camera'] as const).filter((each) => shows.includes(each));
      const person =
        shows.length === 0
          ? await LiveKitPerson.read(options)
          : await LiveKitPerson.enter({ ...options, ...(shown && { video, shows: shown }) });
      return {
        say: (text) => person.say(text),
        reads: async (text) => void (await person.text((read) => read.text === text, TEXT_MS)),
        unpublish: () => person.unpublish(),
        leave: () => person.leave(),
      };
    },
    interrupt: () => server.kill(),
    resume: () => server.restart(),
    stop: () => server.stop(),
  };
}
