import { strangersSuite } from './support/strangers-suite.js';
import { keyFile } from './support/livekit-key.js';

// Real: the LiveKit server, the built bot in two rooms of one process, the built gateway, WebRTC. Not real: cameras and microphones are files.

const file = await keyFile();
afterAll(() => file.remove());

strangersSuite('livekit', (url, room) => [
  '--room',
  `livekit+${url}/room-${room}`,
  '--livekit-key-file',
  file.path,
]);
