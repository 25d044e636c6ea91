import { jest } from '@jest/globals';
import { JanusServer } from '../../tools/support/rooms/janus-server.js';
import { callSuite } from './support/call-suite.js';

jest.setTimeout(90_000);

// Real: Janus, the built bot and the built gateway as processes, Chromium, WebRTC between all of them, the model. Not real: what stands
// before cameras and microphones, a drawn table and a spoken question.

const ROOM = 4321;

callSuite('Janus', async () => {
  const janus = await JanusServer.start([ROOM]);
  return {
    botArgs: ['--room', `janus+${janus.url}/${ROOM}`],
    entry: (name) => Promise.resolve({ program: 'janus-page.mjs', args: [janus.url, ROOM, name] }),
    restart: () => janus.restart(),
    stop: () => janus.stop(),
  };
});
