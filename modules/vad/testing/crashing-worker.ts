import { parentPort } from 'node:worker_threads';

// A VAD worker that scores windows until one begins with a negative sample, which kills it.
const port = parentPort;
port?.on('message', (message: { t: string; stream: number; pcm: Float32Array }) => {
  if (message.t === 'drain') return port.close();
  if (message.t !== 'window') return;
  if ((message.pcm[0] ?? 0) < 0) throw new Error('struck');
  port.postMessage({ t: 'results', results: [{ stream: message.stream, p: 0.5 }], runMs: 0 });
});
port?.postMessage({ t: 'ready' });
