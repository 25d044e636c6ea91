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

  it.each([
    [[], '--room says where'],
    [['--room', 'ws://127.0.0.1:8188/1'], '--room must be like'],
    [['--room', 'zoom+ws://127.0.0.1/1'], '--room must be like'],
    [['--room', 'janus+http://127.0.0.1/1'], '--room must be like'],
    [['--room', 'janus+ws://127.0.0.1:8188/'], 'names no room'],
    [[...ROOM, '--address', 'sometimes'], '--address must be'],
    [[...ROOM, '--max-minutes', '0'], '--max-minutes must be'],
    [[...ROOM, '--gateway', 'localhost'], '--gateway must be'],
    [[...ROOM, '--name', ' '], '--name must not'],
  ])('%j is told in one line', async (argv, why) => {
    await expect(readOptions(argv)).rejects.toThrow(why);
  });
});
