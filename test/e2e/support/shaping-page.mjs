// Runs in the browser: what it sends of its camera, and how much of that the gateway has asked for.
import { connect } from '@vis-a-vis/client/browser';
import { voice } from './voice.mjs';

/** The SDK keeps its peer connection to itself: what it sends is asked of the newest one of the page. */
let newest = null;
globalThis.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(configuration) {
    super(configuration);
    newest = this;
  }
};

const camera = async () => {
  const size = { width: 640, height: 480, frameRate: 30 };
  const media = await navigator.mediaDevices.getUserMedia({ video: size });
  return media.getVideoTracks()[0];
};

/** What is sent in three seconds, from the first picture on. @param {() => Promise<RTCStatsReport>} stats */
async function sent(stats) {
  const now = async () => {
    const all = [...(await stats()).values()];
    const video = all.find(({ type, kind }) => type === 'outbound-rtp' && kind === 'video');
    return { bytes: video?.bytesSent ?? 0, frames: video?.framesEncoded ?? 0, atMs: performance.now() };
  };
  let before = await now();
  while (before.frames === 0) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    before = await now();
  }
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const after = await now();
  const s = (after.atMs - before.atMs) / 1000;
  return { kbps: ((after.bytes - before.bytes) * 8) / 1000 / s, fps: (after.frames - before.frames) / s };
}

/** A client that knows nothing of the gateway. @param {string | null} codec the only one that it offers */
globalThis.stranger = async (codec) => {
  const peer = new RTCPeerConnection();
  peer.addTransceiver('audio', { direction: 'sendonly' });
  const { sender } = peer.addTransceiver(await camera(), { direction: 'sendonly' });
  if (codec) {
    const all = RTCRtpSender.getCapabilities('video').codecs;
    const [transceiver] = peer.getTransceivers().filter((one) => one.sender === sender);
    transceiver.setCodecPreferences(all.filter(({ mimeType }) => mimeType === `video/${codec}`));
  }
  const channel = peer.createDataChannel('oai-events');
  const attended = new Promise((resolve) =>
    channel.addEventListener('message', ({ data }) => {
      if (JSON.parse(data).type === 'visavis.frame.attended') resolve(true);
    }),
  );
  await peer.setLocalDescription();
  const body = new FormData();
  body.set('sdp', peer.localDescription.sdp);
  body.set('session', JSON.stringify({ type: 'realtime', visavis: { events: ['frame.attended'] } }));
  const response = await fetch('v1/realtime/calls', { method: 'POST', body });
  const answer = await response.text();
  await peer.setRemoteDescription({ type: 'answer', sdp: answer });
  globalThis.next = () => sent(() => peer.getStats());
  globalThis.attended = () => attended;
  globalThis.hangUp = () => peer.close();
  return answer;
};

/** A client of our SDK. */
globalThis.ours = async () => {
  const call = await connect({ microphone: false, camera: await camera() });
  const attended = new Promise((resolve) => call.on('frame', () => resolve(true)));
  const peer = newest;
  globalThis.next = () => sent(() => peer.getStats());
  globalThis.attended = () => attended;
  globalThis.hangUp = () => call.close();
};

/** A microphone that is muted but for a question: what it sends while nobody speaks, and what comes of a question. */
globalThis.pausing = async () => {
  const { track, speak, hum } = await voice();
  hum(0);
  const call = await connect({ microphone: track, session: { max_output_tokens: 16 } });
  const peer = newest;
  const audio = async () => {
    const all = [...(await peer.getStats()).values()];
    return all.find(({ type, kind }) => type === 'outbound-rtp' && kind === 'audio')?.packetsSent ?? 0;
  };
  const quiet = async () => {
    const before = await audio();
    await new Promise((resolve) => setTimeout(resolve, 3000));
    return ((await audio()) - before) / 3;
  };
  globalThis.quiet = quiet;
  globalThis.asked = async () => {
    let started = 0;
    call.on('speech', ({ state }) => (started += state === 'started' ? 1 : 0));
    const answered = new Promise((resolve) => call.on('answer', resolve));
    speak();
    const { status } = await answered;
    return { status, started };
  };
  globalThis.hangUp = () => call.close();
};
