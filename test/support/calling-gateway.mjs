// Preloaded into a gateway by tests (`--import`), whose own code knows nothing of it: its model, which calls no tools, is made
// to call those that it is offered (see modules/decoder/testing/calling-engine.ts). All else is the real thing.
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  const { DecoderService } = await import('../../dist/modules/decoder/index.js');
  const { CallingSession } = await import('../../modules/decoder/testing/calling-engine.ts');
  const real = Object.getOwnPropertyDescriptors(DecoderService.prototype);
  DecoderService.prototype.open = async function (options) {
    return new CallingSession(await real.open.value.call(this, options));
  };
  Object.defineProperty(DecoderService.prototype, 'caps', {
    get() {
      return { ...real.caps.get.call(this), tools: true };
    },
  });
}
