// Runs in the browser: what every kind of call does, by a call of this browser.
import { connect } from '@vis-a-vis/client/browser';
import { SCENARIOS } from '../../support/client-scenarios.ts';
import { voice } from './voice.mjs';

/** @param {string} url of the gateway */
globalThis.perform = async (name, url) => {
  const { track, speak, clipMs } = await voice();
  const { canvas, context } = picture();
  const camera = canvas.captureStream(5).getVideoTracks()[0];
  const drawing = setInterval(() => context.fillRect(0, 0, 320, Math.random() * 240), 100);
  try {
    return await SCENARIOS[name]({
      connect: (options) => connect({ url, ...options }),
      microphone: track,
      camera,
      nowhere: { url: 'http://127.0.0.1:9' },
      speak: async () => {
        speak();
        await new Promise((resolve) => setTimeout(resolve, clipMs));
      },
    });
  } finally {
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
