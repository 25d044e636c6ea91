import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Capture, TimedRecord } from '../../src/capture/core/records.js';
import { readCapture } from '../../src/capture/read-capture.js';
import type { ReplayParts } from '../../src/replay/replay-parts.js';
import { replay } from '../../src/replay/replay.js';
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

/** The second half of the call came over another connection, with a channel of its own. */
function overTwoConnections(records: readonly TimedRecord[]): TimedRecord[] {
  const half = Math.floor(records.length / 2);
  const at = records[half]?.at ?? 0;
  const first = records.filter(({ t }) => t === 'agreed' || t === 'connected' || t === 'open');
  const again = first.map((record) => ({ ...record, at, c: 1, ...(record.t === 'open' && { s: 1 }) }));
  const moved = records.slice(half).map((record) => ({
    ...record,
    ...('c' in record && { c: 1 }),
    ...('s' in record && { s: 1 }),
  }));
  return [...records.slice(0, half), ...again, ...moved] as TimedRecord[];
}

/** The same question by Pipecat's protocol. */
function asPipecats(records: readonly TimedRecord[]): TimedRecord[] {
  const message = (type: string, data: unknown) => JSON.stringify({ label: 'rtvi-ai', id: '1', type, data });
  let asked = false;
  return records.flatMap((record): TimedRecord[] => {
    if (record.t === 'open')
      return [
        { ...record, via: 'chat' },
        {
          t: 'in',
          at: record.at,
          s: record.s,
          text: message('client-ready', { version: '1.0.0', about: {} }),
        },
      ];
    if (record.t !== 'in') return [record];
    if (asked) return [];
    asked = true;
    return [{ ...record, text: message('send-text', { content: 'how many shapes are there' }) }];
  });
}

describe('recorded calls', () => {
  let parts: ReplayParts;
  const replayed = async (capture: Capture) => {
    const { lines } = await replay(capture, parts);
    return { answers: answersIn(lines), types: lines.map(({ type }) => type) };
  };
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

  it('a connection that took the place of another: the call goes on, and so does its conversation', async () => {
    const capture = await readCapture(capturePath('two-turns'));
    const { answers } = await replayed({ ...capture, records: overTwoConnections(capture.records) });
    expect(answers).toEqual([expect.stringMatching(/three/), expect.stringMatching(/left/)]);
  });

  it('a client of Pipecat', async () => {
    const capture = await readCapture(capturePath('typed'));
    const { answers, types } = await replayed({ ...capture, records: asPipecats(capture.records) });
    expect(answers).toEqual([expect.stringMatching(/^completed: .*three/)]);
    expect(types).toContain('bot-llm-text');
  });

  it('refuses what is no call: bad_capture', async () => {
    const { header, records } = await readCapture(capturePath('typed'));
    const spoilt = records.filter(({ t }) => t !== 'agreed');
    await expect(replay({ header, records: spoilt }, parts)).rejects.toMatchObject({ code: 'bad_capture' });
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
