import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Guard } from '#modules/contracts';
import { CaptureFile, type FileEnd } from './capture-file.js';

/** Real: the file system and gzip. */
describe('CaptureFile', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'capture-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  function setUp(bytes = Infinity, name = 'a') {
    const path = join(folder, name);
    const ends: [FileEnd, string | undefined][] = [];
    let left = bytes;
    const file = new CaptureFile({
      path,
      spend: (more) => {
        if (more > left) return 'bytes';
        left -= more;
        return 'ok';
      },
      lastLine: (end) => `cut ${end}`,
      onEnd: (end, error) => void ends.push([end, (error as NodeJS.ErrnoException | null)?.code]),
      guard: new Guard((_, error) => {
        throw error;
      }),
    });
    const lines = async () =>
      gunzipSync(await readFile(path))
        .toString()
        .split('\n');
    return { file, path, ends, lines };
  }

  it('writes lines in their order, however many, for nobody else to read', async () => {
    const { file, path, ends, lines } = setUp();
    const written = Array.from({ length: 5000 }, (_, i) => `${i} ${'x'.repeat(100)}`);
    for (const line of written) file.write(line);
    file.end('complete');
    file.write('late');
    await file.done;
    expect(await lines()).toEqual([...written, '']);
    expect(ends).toEqual([['complete', undefined]]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('ends at a bound, and says so in its last line: bytes', async () => {
    const { file, ends, lines } = setUp(500);
    file.write('x'.repeat(100_000));
    for (let i = 0; i < 2000; i++) file.write(`${Math.sin(i)}`.repeat(4));
    await file.done;
    expect((await lines()).at(-2)).toBe('cut bytes');
    expect(ends).toEqual([['bytes', undefined]]);
  });

  it('ends where a disk is slower than what comes: slow_disk', async () => {
    const { file, ends, lines } = setUp();
    // None of it can have been written yet.
    for (let i = 0; i < 130; i++) file.write('x'.repeat(100_000));
    await file.done;
    expect((await lines()).at(-2)).toBe('cut slow_disk');
    expect(ends).toEqual([['slow_disk', undefined]]);
  });

  it('ends where it cannot be made: unwritable', async () => {
    const { file, ends } = setUp(Infinity, 'nowhere/a');
    file.write('a');
    file.end('complete');
    await file.done;
    expect(ends).toEqual([['unwritable', 'ENOENT']]);
  });

  it('is not made for nothing: empty', async () => {
    const { file, ends, path } = setUp();
    file.end('complete');
    await file.done;
    expect(ends).toEqual([['empty', undefined]]);
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });
});
