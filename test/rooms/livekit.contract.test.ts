import { roomContract } from '../support/room-contract.js';
import { livekitStage } from './support/livekit-stage.js';

// Real: the LiveKit server, WebSocket, WebRTC on both sides. Not real: cameras and microphones are files, sent by the SDK. LiveKit's own client
// is in livekit-call.test.ts.

roomContract('LiveKit', livekitStage);
