// Preloaded into a gateway by tests (`--import`), whose own code knows nothing of it: its model, which calls no tools, is made
// to call those that it is offered (see modules/decoder/testing/calling-engine.ts). All else is the real thing.
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  const { DecoderService } = await import('../../dist/modules/decoder/index.js');
  const { CallingSession } = await import('../../modules/decoder/testing/calling-engine.ts');
  const { open } = DecoderService.prototype;
  const { get: caps } = Object.getOwnPropertyDescriptor(DecoderService.prototype, 'caps');
  DecoderService.prototype.open = async function (options) {
    return new CallingSession(await open.call(this, options));
  };
  Object.defineProperty(DecoderService.prototype, 'caps', {
    get() {
      return { ...caps.call(this), tools: true };
    },
  });
}
