// Preloaded into a gateway by tests (`--import`), whose own code knows nothing of it: its model takes its time, so that an answer can be
// caught in the middle. All else is the real thing.
import { isMainThread } from 'node:worker_threads';
import { setTimeout as sleep } from 'node:timers/promises';

const TOKEN_MS = 250;

if (isMainThread) {
  const { DecoderService } = await import('../../dist/modules/decoder/index.js');
  const { open } = Object.getOwnPropertyDescriptors(DecoderService.prototype);
  DecoderService.prototype.open = async function (options) {
    const session = await open.value.call(this, options);
    const generate = session.generate.bind(session);
    session.generate = async function* (how) {
      for await (const event of generate(how)) {
        if (event.t === 'token') await sleep(TOKEN_MS);
        yield event;
      }
    };
    return session;
  };
}
