// Runs in the browser: somebody in a room of a LiveKit server by its own client, with a canvas as the camera and a sound file as what is said.
import { Room, Track } from 'livekit-client';
import { voice } from '../../e2e/support/voice.mjs';
import { camera } from './table-camera.mjs';

const CHAT = 'lk.chat';
const room = new Room();
const texts = [];
let speak;
let shown;
let screen;

globalThis.enter = async (url, token) => {
  room.registerTextStreamHandler(CHAT, (reader) => {
    void reader.readAll().then((text) => texts.push(text));
  });
  // Nobody outside is asked where we are.
  await room.connect(url, token, { rtcConfig: { iceServers: [] } });
};

/** Opens the microphone and a camera that shows these things: [cell, shape, colour]. */
globalThis.publish = async (things) => {
  const microphone = await voice();
  speak = microphone.speak;
  await room.localParticipant.publishTrack(microphone.track, { source: Track.Source.Microphone });
  shown = await room.localParticipant.publishTrack(camera(things), { source: Track.Source.Camera });
};

/** Goes on with the microphone alone. */
globalThis.cameraOff = () => shown.mute();

globalThis.share = async (things) => {
  screen = await room.localParticipant.publishTrack(camera(things), { source: Track.Source.ScreenShare });
};

globalThis.unshare = () => room.localParticipant.unpublishTrack(screen.track);
globalThis.say = (text) => room.localParticipant.sendText(text, { topic: CHAT });
globalThis.speak = () => speak();
/** What others have said in writing. */
globalThis.texts = () => texts;
/** What the bot says that it is doing. */
globalThis.botState = () =>
  [...room.remoteParticipants.values()].map(({ attributes }) => attributes['lk.agent.state']).find(Boolean);
