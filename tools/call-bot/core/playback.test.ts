import { Playback } from './playback.js';

const sound = (count: number, byte = 1) => ({
  packets: Array.from({ length: count }, () => Uint8Array.of(byte)),
  ticks: Array.from({ length: count }, () => 960),
});

describe('Playback', () => {
  it('sends what is due, and nothing ahead of its time', () => {
    const playback = new Playback(1000);
    playback.say(sound(3), 1010);
    expect(playback.due(1010)).toEqual([
      { sequenceNumber: 0, timestamp: 480, marker: true, payload: Uint8Array.of(1) },
    ]);
    expect(playback.due(1029)).toEqual([]);
    expect(playback.due(1060).map(({ timestamp, marker }) => [timestamp, marker])).toEqual([
      [480 + 960, false],
      [480 + 1920, false],
    ]);
    expect(playback.speaking).toBe(false);
  });

  it('goes on with the next sound without a gap, and begins another spurt after one', () => {
    const playback = new Playback(0);
    playback.say(sound(1), 0);
    playback.say(sound(1, 2), 0);
    expect(playback.waiting).toBe(1);
    expect(playback.due(20).map(({ payload, marker }) => [payload[0], marker])).toEqual([
      [1, true],
      [2, false],
    ]);
    playback.say(sound(1), 500);
    expect(playback.due(500)).toMatchObject([{ sequenceNumber: 2, timestamp: 24_000, marker: true }]);
  });

  it('is quiet at once', () => {
    const playback = new Playback(0);
    playback.say(sound(50), 0);
    playback.due(100);
    playback.hush();
    expect([playback.due(2000), playback.speaking, playback.waiting]).toEqual([[], false, 0]);
    playback.say({ packets: [], ticks: [] }, 2000);
    expect(playback.speaking).toBe(false);
    playback.say(sound(1, 3), 2000);
    expect(playback.due(2000)).toMatchObject([
      { sequenceNumber: 6, marker: true, payload: Uint8Array.of(3) },
    ]);
  });
});
