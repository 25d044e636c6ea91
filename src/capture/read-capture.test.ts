import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parseCapture, readCapture } from './read-capture.js';

const header = {
  t: 'capture',
  version: 1,
  gateway: '0.1.0',
  began_at: '2026-11-30T12:00:00.000Z',
  call: 'rtc_1',
  audio: 'track',
  model: { id: 'm', engine: 'local', manifest_sha256: null },
  settings: {
    frame_interval_ms: 1000,
    max_frames: 48,
    tentative_pause_ms: 100,
    turn_model: 'auto',
    vad_model: 'v6',
    audio_ahead_ms: 60_000,
  },
  session: { granted: null, asked: {} },
};
const text = (...lines: unknown[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

describe('parseCapture', () => {
  it('leaves out a last line that was not written whole', () => {
    const { records } = parseCapture(`${text(header, { t: 'connected', at: 1, c: 0 })}{"t":"in","a`, 'x');
    expect(records).toEqual([{ t: 'connected', at: 1, c: 0 }]);
  });

  it.each([
    ['nothing', '', /x: it does not begin/],
    ['another kind of lines', text({ t: 'connected', at: 1, c: 0 }), /does not begin/],
    ['another version', text({ ...header, version: 2 }), /x:1: version/],
    ['what is not JSON', `${text(header)}no\n`, /x:2: it is not JSON/],
    ['a record of no kind', text(header, { t: 'song', at: 1 }), /x:2: t/],
    ['a packet that cannot be', text(header, { t: 'rtp', at: 1, c: 0, k: null, ssrc: -1 }), /x:2: ssrc/],
    ['two captures in one', text(header, header), /x:2: another capture/],
  ])('refuses %s: bad_capture', (_, content, message) => {
    expect(() => parseCapture(content, 'x')).toThrow(
      expect.objectContaining({ code: 'bad_capture', message: expect.stringMatching(message) }),
    );
  });
});

describe('readCapture', () => {
  it('reads a file that broke off, and refuses what is none: bad_capture', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'read-'));
    try {
      const path = join(folder, 'a');
      const members = [text(header), text({ t: 'connected', at: 1, c: 0 })].map((part) => gzipSync(part));
      await writeFile(path, Buffer.concat(members).subarray(0, -9));
      expect((await readCapture(path)).header.call).toBe('rtc_1');
      await writeFile(path, 'no gzip');
      await expect(readCapture(path)).rejects.toMatchObject({ code: 'bad_capture' });
      await expect(readCapture(join(folder, 'none'))).rejects.toMatchObject({ code: 'bad_capture' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
