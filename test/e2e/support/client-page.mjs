// Runs in the browser: what every kind of call does, by a call of this browser.
import { connect } from '@vis-a-vis/client/browser';
import { SCENARIOS } from '../../support/client-scenarios.ts';
import { refuseRestarts } from '../../support/lost-connection.ts';
import { voice } from './voice.mjs';

const peers = [];
globalThis.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...args) {
    super(...args);
    peers.push(this);
  }
};

/** The browser says what it says when nothing comes through. @returns what makes gateways answer again */
function lose() {
  const peer = peers.at(-1);
  Object.defineProperty(peer, 'iceConnectionState', { value: 'disconnected' });
  peer.dispatchEvent(new Event('iceconnectionstatechange'));
  return refuseRestarts();
}

/** @param {string} url of the gateway */
globalThis.perform = async (name, url) => {
  const { track, speak, clipMs } = await voice();
  const { canvas, context } = picture();
  const camera = canvas.captureStream(5).getVideoTracks()[0];
  let restore = () => undefined;
  const drawing = setInterval(() => context.fillRect(0, 0, 320, Math.random() * 240), 100);
  try {
    return await SCENARIOS[name]({
      connect: (options) => connect({ url, ...options }),
      microphone: track,
      camera,
      nowhere: { url: 'http://127.0.0.1:9' },
      lose: () => {
        restore = lose();
      },
      speak: async () => {
        speak();
        await new Promise((resolve) => setTimeout(resolve, clipMs));
      },
    });
  } finally {
    restore();
    clearInterval(drawing);
  }
};

function picture() {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width: 320, height: 240 });
  const context = canvas.getContext('2d');
  context.fillStyle = 'red';
  return { canvas, context };
}

let lived;

/** One call to be lost: what it tells is kept. */
globalThis.open = async (url) => {
  // As long as a gateway may take to start on a busy machine.
  const call = await connect({ url, reconnect: { forMs: 600_000 } });
  lived = { call, states: [], ways: [] };
  call.on('state', (state) => lived.states.push(state));
  call.on('reconnecting', ({ way }) => way !== lived.ways.at(-1) && lived.ways.push(way));
  await call.say('one').done;
  lived.noticed = call.once('reconnecting').then(() => undefined);
  lived.resumed = call.once('resumed');
};

/** Resolves when the call has noticed; what is said then waits for the connection. */
globalThis.noticed = async () => {
  await lived.noticed;
  lived.call.say('two').done.catch(() => undefined);
};

globalThis.resumed = async () => {
  const { call, states, ways } = lived;
  const { kept } = await lived.resumed;
  const { status } = await call.say('three').done;
  const seen = states.slice();
  call.close();
  return { states: seen, ways, kept, status };
};

/**
 * A browser's voice that reads as fast as a test wants: one word each 20 ms, each told by its boundary; what it begins to read is noted.
 */
function fakeSynthesis() {
  const said = [];
  let now = null;
  const cancel = () => {
    clearInterval(now?.timer);
    const { utterance } = now ?? {};
    now = null;
    utterance?.dispatchEvent(Object.assign(new Event('error'), { error: 'interrupted' }));
  };
  const speak = (utterance) => {
    said.push(utterance.text);
    utterance.dispatchEvent(new Event('start'));
    const words = [...utterance.text.matchAll(/\S+/g)].map(({ index }) => index);
    const timer = setInterval(() => {
      const charIndex = words.shift();
      // The last word goes on until somebody interrupts it.
      if (charIndex !== undefined)
        utterance.dispatchEvent(Object.assign(new Event('boundary'), { charIndex }));
    }, 20);
    now = { utterance, timer };
  };
  const fake = { speak, cancel, getVoices: () => [] };
  for (const [name, value] of Object.entries(fake)) Object.defineProperty(speechSynthesis, name, { value });
  return said;
}

/** A question aloud, its answer read by the browser's voice, and another question into the reading. */
globalThis.readAloud = async (url) => {
  const said = fakeSynthesis();
  const { track, speak } = await voice();
  const call = await connect({ url, microphone: track, speak: true });
  const truncated = new Promise((resolve) => {
    call.on('event', ({ type }) => type === 'conversation.item.truncated' && resolve(true));
  });
  const levels = [];
  call.on('level', (level) => levels.push(level));
  const [first, reading] = [call.once('turn'), call.once('reading')];
  speak();
  const { kind } = await first;
  const began = await reading;
  const [heard, second] = [call.once('heard'), call.once('turn')];
  // Whoever speaks at the same moment as the voice is taken for its echo.
  await new Promise((resolve) => setTimeout(resolve, 500));
  speak();
  const { text, whole } = await heard;
  const told = await truncated;
  const { status } = await (await second).done;
  call.close();
  return { kind, began, said: said[0], text, whole, told, status, loud: Math.max(...levels) > 0.3 };
};
