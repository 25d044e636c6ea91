import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ReplayParts } from '../../src/replay/replay-parts.js';
import { answersIn, captureNames, capturePath, replayedTwice, shippedParts } from '../support/replaying.js';

/** Real: everything behind the network: receivers, decoders, models, calls. Of a capture: what came over the network, and when. */

/** What each recorded call comes to. The words are the model's, so only what matters of them is held. */
const EXPECTED: Readonly<Record<string, readonly RegExp[]>> = {
  'barge-in': [/^cancelled: .*star/, /^completed: .*three/],
  'camera-question': [/^completed: .*red/],
  loss: [/^completed: No/],
  mandarin: [/^completed: .*红/],
  'mute-pause': [/^completed: .*heart/, /^completed: .*red/],
  noise: [],
  picture: [/^completed: .*red/],
  'push-to-talk': [/^completed: .*left/],
  'two-turns': [/^completed: .*three/, /^completed: .*left/],
  typed: [/^completed: .*three/],
  websocket: [/^completed: .*red/],
};
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('recorded calls', () => {
  let parts: ReplayParts;
  beforeAll(async () => {
    parts = await shippedParts();
  });
  afterAll(() => parts?.close());

  it('are the ones that are expected', () => {
    expect(captureNames.toSorted()).toEqual(Object.keys(EXPECTED).toSorted());
  });

  it.each(captureNames)(
    '%s: two runs give the same trace, byte by byte, and the answers of the call',
    async (name) => {
      const { first, second } = await replayedTwice(name, parts);
      expect(second.text).toBe(first.text);
      const answers = answersIn(first.lines);
      const expected = EXPECTED[name] ?? [];
      expect(answers).toEqual(expected.map((answer) => expect.stringMatching(answer) as string));
    },
  );

  it('noise: it was heard, and taken for nobody’s', async () => {
    const { first } = await replayedTwice('noise', parts);
    const types = first.lines.flatMap(({ t, type }) => (t === 'event' ? [type] : []));
    expect(types).toContain('speech_started');
    expect(types).toContain('speech_misfired');
  });

  it('the command gives the same as well, in a process of its own', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'replay-'));
    try {
      const json = join(folder, 'trace.jsonl');
      const args = ['dist/src/replay/main.js', capturePath('camera-question'), '--json', json];
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
      expect(stdout).toMatch(/answer: "The star is red\."/);
      const { first } = await replayedTwice('camera-question', parts);
      expect(await readFile(json, 'utf8')).toBe(first.text);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
