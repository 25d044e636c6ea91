// Runs in the browser: a call by the SDK with the browser's own camera from the start, and its microphone from when somebody is to be heard.
import { connect } from '@vis-a-vis/client/browser';

let call;
let heard;
const events = [];

globalThis.dial = async (session) => {
  heard = new AudioContext().createMediaStreamDestination();
  const camera = await navigator.mediaDevices.getUserMedia({ video: true });
  const [audio] = heard.stream.getAudioTracks();
  call = await connect({ microphone: audio, camera: camera.getVideoTracks()[0], session });
  call.on('event', (event) => events.push(event));
};

/** Opens the microphone: from here on it is heard. */
globalThis.openMicrophone = async () => {
  const microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
  heard.context.createMediaStreamSource(microphone).connect(heard);
};

globalThis.tell = (event) => call.send(event);

/** All that the gateway has told since it had told `from` events. */
globalThis.eventsFrom = (from) => events.slice(from);

globalThis.hangUp = () => call.close();
