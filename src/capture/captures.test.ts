import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Metrics } from '../telemetry/metrics.js';
import { Captures, CAPTURE_SUFFIX } from './captures.js';
import type { CaptureLimits } from './core/limits.js';
import { readCapture } from './read-capture.js';

/** Real: the files. Fake: the clock. */
describe('Captures', () => {
  let dir: string;
  let nowMs: number;
  const metrics: Metrics[] = [];
  const logged: Record<string, unknown>[] = [];
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'captures-'));
    nowMs = 5000;
    logged.length = 0;
  });
  afterEach(async () => {
    for (const one of metrics.splice(0)) one.onModuleDestroy();
    await chmod(dir, 0o700);
    await rm(dir, { recursive: true });
  });

  async function setUp(limits: Partial<CaptureLimits> = {}) {
    const counts = new Metrics();
    metrics.push(counts);
    const logger = pino({ level: 'info' }, { write: (line) => void logged.push(JSON.parse(line)) });
    const options = {
      clock: { nowMs: () => nowMs },
      limits: { dir, callMs: 60_000, callBytes: 1e6, folderBytes: 1e7, ...limits },
      settings: {
        frame_interval_ms: 1000,
        max_frames: 48,
        tentative_pause_ms: 100,
        turn_model: 'auto' as const,
        vad_model: 'v6' as const,
        audio_ahead_ms: 60_000,
      },
      engine: 'local' as const,
      modelFolder: '',
    };
    const captures = new Captures(options, logger, counts, (_, error) => {
      throw error;
    });
    await captures.onModuleInit();
    const open = () =>
      captures.open({ call: 'rtc_1', audio: 'track', granted: null, asked: {}, modelId: 'm' });
    const ends = async () =>
      [...(await counts.text()).matchAll(/^visavis_captures_total\{end="(\w+)"\} (\d+)$/gm)].map(
        ([, end, count]) => `${end} ${count}`,
      );
    return { captures, open, ends };
  }
  const files = async () => (await readdir(dir)).filter((name) => name.endsWith(CAPTURE_SUFFIX));
  const read = async () => readCapture(join(dir, (await files())[0] ?? ''));

  it('says at the start, in one line, that calls are recorded, where to, and how much', async () => {
    await setUp();
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatchObject({ dir, minutes: 1, call_bytes: 1e6, folder_bytes: 1e7 });
    expect(logged[0]?.['msg']).toContain('RECORDED');
  });

  it('records what goes by, with its times, and reads it again', async () => {
    const { captures, open, ends } = await setUp();
    const tape = open();
    expect(tape?.notice).toEqual({ max_minutes: 1 });
    const media = tape?.media(0);
    media?.onAgreed({
      payloadTypes: new Map([
        [111, 'opus'],
        [96, 'vp8'],
      ]),
      videos: [{ source: 'screen', mid: '2', ssrcs: [8], payloadTypes: [96] }],
      parameterSets: new Map([[102, [Uint8Array.of(1, 2)]]]),
      trackKinds: ['audio', 'video'],
    });
    tape?.connected(0);
    nowMs += 20.5;
    const packet = { ssrc: 7, payloadType: 111, sequenceNumber: 65_535, timestamp: 9, marker: true };
    media?.onRtp({ ...packet, payload: Uint8Array.of(1, 2, 3) }, nowMs);
    media?.onRtp({ ...packet, ssrc: 8, payloadType: 96, mid: '2', payload: Uint8Array.of(4) }, nowMs);
    media?.onSenderReport({ ssrc: 7, ntpMs: 1.5, compactNtp: 3, rtpTimestamp: 9 }, nowMs);
    const client = tape?.client({ via: 'oai-events', connection: 0, largestBytes: Infinity });
    client?.received('{"type":"response.create"}');
    client?.received(Uint8Array.of(255));
    client?.tooLarge();
    client?.sent('{"type":"session.created","visavis":{"ice_servers":[{"credential":"secret"}]}}');
    client?.left();
    tape?.close('hangup');
    await captures.onModuleDestroy();
    const { header, records } = await read();
    expect(header).toMatchObject({ call: 'rtc_1', audio: 'track', model: { id: 'm' } });
    expect(records.map(({ t, at }) => [t, at])).toEqual([
      ['agreed', 0],
      ['connected', 0],
      ['rtp', 20.5],
      ['rtp', 20.5],
      ['report', 20.5],
      ['open', 20.5],
      ['in', 20.5],
      ['in', 20.5],
      ['too_large', 20.5],
      ['out', 20.5],
      ['left', 20.5],
      ['closed', 20.5],
    ]);
    expect(records[0]).toMatchObject({
      videos: [{ source: 'screen', mid: '2', ssrcs: [8], payload_types: [96] }],
    });
    expect(records[2]).toMatchObject({ k: 'audio', seq: 65_535, m: 1, p: 'AQID' });
    expect(records[2]).not.toHaveProperty('mid');
    expect(records[3]).toMatchObject({ k: 'video', mid: '2' });
    expect(JSON.stringify(records)).not.toContain('secret');
    expect(await ends()).toEqual(['complete 1']);
  });

  it('makes no file of an offer that nobody follows up', async () => {
    const { captures, open, ends } = await setUp();
    const tape = open();
    tape?.media(0).onAgreed({
      payloadTypes: new Map(),
      videos: [],
      parameterSets: new Map(),
      trackKinds: [],
    });
    tape?.close('connect_timeout');
    await captures.onModuleDestroy();
    expect(await files()).toEqual([]);
    expect(await ends()).toEqual([]);
  });

  it('ends after so many minutes', async () => {
    const { captures, open, ends } = await setUp();
    const tape = open();
    tape?.connected(0);
    nowMs += 60_001;
    tape?.connected(0);
    tape?.close('hangup');
    await captures.onModuleDestroy();
    expect((await read()).records.at(-1)).toMatchObject({ t: 'cut', why: 'minutes' });
    expect(await ends()).toEqual(['minutes 1']);
  });

  it('records nothing in a folder that is full, until there is room again; what others keep there does not count', async () => {
    await writeFile(join(dir, `old${CAPTURE_SUFFIX}`), Buffer.alloc(2000));
    await writeFile(join(dir, 'other'), Buffer.alloc(5000));
    const { captures, open, ends } = await setUp({ folderBytes: 1500 });
    expect(open()).toBeNull();
    expect(await ends()).toEqual(['folder_full 1']);
    await rm(join(dir, `old${CAPTURE_SUFFIX}`));
    let tape = open();
    // It is looked in the background.
    while (tape === null) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      tape = open();
    }
    await captures.onModuleDestroy();
  });

  it('harms no call where the folder is gone', async () => {
    const { captures, open, ends } = await setUp();
    await rm(dir, { recursive: true });
    const tape = open();
    tape?.connected(0);
    tape?.close('hangup');
    await captures.onModuleDestroy();
    expect(await ends()).toEqual(['unwritable 1']);
    expect(logged.at(-1)).toMatchObject({ call: 'rtc_1', code: 'unwritable' });
    dir = await mkdtemp(join(tmpdir(), 'captures-'));
  });
});
