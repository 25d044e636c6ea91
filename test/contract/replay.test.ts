import type { ReplayParts } from '../../src/replay/replay-parts.js';
import { answersIn, replayedTwice, shippedParts } from '../support/replaying.js';

/**
 * Real: everything behind the network: receivers, decoders, models, calls. Of a capture: what came over the network, and when. The
 * other recorded calls are in test/long.
 */
describe('a recorded call', () => {
  let parts: ReplayParts;
  beforeAll(async () => {
    parts = await shippedParts();
  });
  afterAll(() => parts?.close());

  it.each(['camera-question', 'websocket'])(
    '%s: gives the same trace twice, and its answer',
    async (name) => {
      const { first, second } = await replayedTwice(name, parts);
      expect(second.text).toBe(first.text);
      expect(answersIn(first.lines)).toEqual([expect.stringMatching(/^completed: .*red/)]);
      expect(first.lines.some(({ t, op }) => t === 'kv' && op === 'generate')).toBe(true);
    },
  );
});
