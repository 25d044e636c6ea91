import { randomUUID } from 'node:crypto';
import { jest } from '@jest/globals';
import { accessToken } from '../../tools/call-bot/rooms/livekit/token.js';
import { LiveKitServer } from '../../tools/support/rooms/livekit-server.js';
import { callSuite } from './support/call-suite.js';
import { keyFile } from './support/livekit-key.js';

jest.setTimeout(90_000);

// Real: the LiveKit server and its own client in Chromium, the built bot and the built gateway as processes, WebRTC between all of them, the model.
// Not real: what stands before cameras and microphones, a drawn table and a spoken question.

const ROOM = 'standup';

callSuite('LiveKit', async () => {
  const server = await LiveKitServer.start();
  const file = await keyFile();
  return {
    botArgs: ['--room', `livekit+${server.url}/${ROOM}`, '--livekit-key-file', file.path],
    async entry(name) {
      const who = { room: ROOM, name, identity: `${name}-${randomUUID()}`, agent: false };
      return { program: 'livekit-page.mjs', args: [server.url, await accessToken(LiveKitServer.KEY, who)] };
    },
    restart: () => server.restart(),
    async stop() {
      await server.stop();
      await file.remove();
    },
  };
});
