import { roomContract } from '../support/room-contract.js';
import { janusStage } from './support/janus-stage.js';

// Real: the Janus server, WebSocket, WebRTC on both sides. Not real: cameras and microphones are files, sent by the SDK.

roomContract('Janus', janusStage);
