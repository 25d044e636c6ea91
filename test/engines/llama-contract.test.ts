import { Logger } from '@nestjs/common';
import { RemoteEngine } from '#modules/decoder';
import { startLlamaServer } from '../../tools/servers/llama-server.js';
import { engineContract } from '../support/engine-contract.js';

// Real: llama.cpp's own server as a process of its own, with SmolLM2-135M and Whisper base's encoder; HTTP over loopback. Not real: what leads
// from pictures and sounds to the language model, which is random.

Logger.overrideLogger(false);

engineContract('RemoteEngine before llama.cpp', async () => {
  const server = await startLlamaServer({ side: 112, slots: 4, threads: 1 });
  const engine = new RemoteEngine({ urls: [server.url], maxSessions: 3 });
  return { engine, exact: false, stop: () => server.stop() };
});
