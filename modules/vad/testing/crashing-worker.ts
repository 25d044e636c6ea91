import { parentPort } from 'node:worker_threads';

// A VAD worker that scores windows until one begins with a negative sample: that kills it, and −2 hangs it for two seconds.
const port = parentPort;
port?.on('message', (message: { t: string; streams: Int32Array; pcm: Float32Array }) => {
  if (message.t === 'ping') return port.postMessage({ t: 'pong' });
  if (message.t === 'drain') return port.close();
  if (message.t !== 'windows') return;
  if (message.pcm[0] === -2) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
  else if ((message.pcm[0] ?? 0) < 0) throw new Error('struck');
  const results = Array.from(message.streams, (stream) => ({ stream, p: 0.5 }));
  port.postMessage({ t: 'results', results, runMs: 0 });
});
port?.postMessage({ t: 'ready' });
