import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readOptions } from './options.js';

const ROOM = ['--room', 'janus+ws://127.0.0.1:8188/1234?pin=secret'];

describe('readOptions', () => {
  it('reads rooms and manners', async () => {
    const more = [
      '--name',
      'Ada',
      '--alias',
      'Aida',
      '--address',
      'name',
      '--alone-s',
      '5',
      '--max-speakers',
      '2',
    ];
    const { rooms, config, gateway, metricsPort } = await readOptions([...ROOM, ...ROOM, ...more]);
    // No secret is in what is logged.
    expect(rooms.map(({ address }) => address)).toEqual(Array(2).fill('janus 127.0.0.1:8188 1234'));
    expect(config).toMatchObject({
      names: ['Ada', 'Aida'],
      addressing: 'name',
      aloneMs: 5000,
      maxSpeakers: 2,
    });
    expect([gateway, metricsPort]).toEqual([{ url: 'http://127.0.0.1:8080' }, null]);
  });

  it('takes a LiveKit room by a key or a token', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'visavis-bot-')), 'keys.yaml');
    await writeFile(file, '# ours\nAPIabc: s3cret\n');
    const room = 'livekit+wss://calls.example/standup';
    const { rooms } = await readOptions(['--room', room, '--livekit-key-file', file]);
    expect(rooms[0]?.address).toBe('livekit calls.example standup');
    expect((await readOptions(['--room', `${room}?token=ey`])).rooms[0]?.address).toBe(rooms[0]?.address);
    await writeFile(file, 'nothing here');
    await expect(readOptions(['--room', room, '--livekit-key-file', file])).rejects.toThrow('no line');
    await rm(dirname(file), { recursive: true });
  });

  it.each([
    [[], '--room says where'],
    [['--room', 'ws://127.0.0.1:8188/1'], '--room must be like'],
    [['--room', 'zoom+ws://127.0.0.1/1'], '--room must be like'],
    [['--room', 'janus+http://127.0.0.1/1'], '--room must be like'],
    [['--room', 'janus+ws://127.0.0.1:8188/'], 'names no room'],
    [['--room', 'livekit+ws://127.0.0.1:7880/standup'], 'needs --livekit-key-file'],
    [['--livekit-worker', 'ws://127.0.0.1:7880'], 'needs --livekit-key-file'],
    [['--livekit-worker', '127.0.0.1'], '--livekit-worker must be'],
    [[...ROOM, '--voice-command', ' '], '--voice-command must not'],
    [[...ROOM, '--address', 'sometimes'], '--address must be'],
    [[...ROOM, '--max-minutes', '0'], '--max-minutes must be'],
    [[...ROOM, '--gateway', 'localhost'], '--gateway must be'],
    [[...ROOM, '--name', ' '], '--name must not'],
  ])('%j is told in one line', async (argv, why) => {
    await expect(readOptions(argv)).rejects.toThrow(why);
  });
});
