// Runs in the browser: Pipecat's client as an application uses it. Its default media manager loads a bundle from a public host, and the
// other one knows no camera: ours takes both devices from the browser.
import { LogLevel, PipecatClient, RTVIEvent } from '@pipecat-ai/client-js';
import { SmallWebRTCTransport, WavMediaManager } from '@pipecat-ai/small-webrtc-transport';
import { voice } from './voice.mjs';

class Devices extends WavMediaManager {
  camera = true;

  async initialize() {
    this.media ??= await navigator.mediaDevices.getUserMedia({ video: true });
    this.voice ??= await voice();
  }
  async connect() {
    await this.initialize();
  }
  async disconnect() {}
  tracks() {
    // Their client stops what it sent when it makes another connection.
    const video = this.media?.getVideoTracks()[0]?.clone();
    const audio = this.voice?.track.clone();
    return { local: { ...(audio && { audio }), ...(video && { video }) } };
  }
  enableMic() {}
  enableCam(enable) {
    this.camera = enable;
  }
  get isMicEnabled() {
    return true;
  }
  get isCamEnabled() {
    return this.camera;
  }
}

/** Messages that their client does not know, and what it logs as an error. */
const unknown = [];
const debug = console.debug;
console.debug = (...words) => {
  if (words.some((word) => /Unrecognized|Unknown/.test(String(word))))
    unknown.push(words.map(String).join(' '));
  debug(...words);
};

const SAID_AGAIN_MS = 12_000;

/** @param request where to start, or where to dial at once */
globalThis.talk = async (request) => {
  const seen = [];
  let answer = '';
  let onStopped = () => undefined;
  const devices = new Devices();
  const transport = new SmallWebRTCTransport({ mediaManager: devices });
  const client = new PipecatClient({
    transport,
    enableMic: true,
    enableCam: true,
    callbacks: {
      onBotLlmStarted: () => void (answer = ''),
      onBotLlmText: ({ text }) => void (answer += text),
      onBotLlmStopped: () => onStopped(answer),
    },
  });
  client.setLogLevel?.(LogLevel.DEBUG);
  for (const event of Object.values(RTVIEvent)) client.on(event, () => seen.push(event));
  const outputs = [];
  const metrics = [];
  const errors = [];
  client.on(RTVIEvent.BotOutput, (output) => outputs.push(output));
  client.on(RTVIEvent.Metrics, (data) => metrics.push(data));
  client.on(RTVIEvent.Error, ({ data }) => errors.push(data));
  client.on(RTVIEvent.MessageError, ({ data }) => errors.push(data));
  const answered = () => new Promise((resolve) => (onStopped = resolve));
  const ask = async (question) => {
    const done = answered();
    await client.sendText(question);
    return done;
  };

  /** As a person does, it says again what nobody has answered: the first words over a new connection may be lost. */
  const speak = async () => {
    const done = answered();
    devices.voice.speak();
    const again = setInterval(() => devices.voice.speak(), SAID_AGAIN_MS);
    return done.finally(() => clearInterval(again));
  };

  const ready = request.start
    ? await client.startBotAndConnect({ endpoint: request.start, requestData: request.data })
    : await client.connect({ webrtcRequestParams: { endpoint: request.offer } });
  const spoken = await speak();
  const typed = await ask('how many shapes are there');
  const set = await client.sendClientRequest('session.update', { session: { max_output_tokens: 64 } });
  const refused = await client.sendClientRequest('no.such.event', {}).catch((error) => error?.data ?? error);

  // A further offer of the same connection, and another connection of the same session.
  const first = transport.pc_id;
  await transport.attemptReconnection(false);
  const renegotiated = await ask('how many shapes are there');
  await transport.attemptReconnection(true);
  await new Promise((resolve, reject) => {
    const end = performance.now() + 15_000;
    const look = () => {
      if (transport.dc?.readyState === 'open') resolve();
      else if (performance.now() > end) reject(new Error('no channel after another connection'));
      else setTimeout(look, 50);
    };
    look();
  });
  transport.syncTrackStatus();
  const reconnected = await speak();
  const same = transport.pc_id === first;
  const left = new Promise((resolve) => client.on(RTVIEvent.BotDisconnected, resolve));
  client.disconnectBot();
  await left;
  await client.disconnect();
  return {
    ready,
    spoken,
    typed,
    set,
    refused,
    renegotiated,
    reconnected,
    same,
    seen,
    outputs,
    metrics,
    errors,
    unknown,
  };
};
