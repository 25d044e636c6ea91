import { strangersSuite } from './support/strangers-suite.js';

// Real: Janus, the built bot in two rooms of one process, the built gateway, WebRTC. Not real: cameras and microphones are files.

strangersSuite('janus', (url, room) => ['--room', `janus+${url}/${room}`]);
