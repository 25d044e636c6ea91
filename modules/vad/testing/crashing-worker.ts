import { parentPort } from 'node:worker_threads';

// A VAD worker that scores windows until one begins with a negative sample: that kills it, and −2 hangs it for two seconds.
const port = parentPort;
port?.on('message', (message: { t: string; stream: number; pcm: Float32Array }) => {
  if (message.t === 'ping') return port.postMessage({ t: 'pong' });
  if (message.t === 'drain') return port.close();
  if (message.t !== 'window') return;
  if (message.pcm[0] === -2) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
  else if ((message.pcm[0] ?? 0) < 0) throw new Error('struck');
  port.postMessage({ t: 'results', results: [{ stream: message.stream, p: 0.5 }], runMs: 0 });
});
port?.postMessage({ t: 'ready' });
