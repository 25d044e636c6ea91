import type { RgbImage } from '#modules/contracts';
import { film, HEIGHT, WIDTH } from './camera.js';

// Real: libvpx, as it films.

function plain(color: readonly [number, number, number]): RgbImage {
  const data = new Uint8Array(64 * 48 * 3).map((_, i) => color[i % 3] ?? 0);
  return { width: 64, height: 48, data };
}

describe('film', () => {
  it('shows each picture for two key frames, in the time that is asked for', async () => {
    const clip = await film([plain([200, 30, 30]), plain([30, 30, 200])], 250);
    expect(clip).toMatchObject({ width: WIDTH, height: HEIGHT, durationMs: 1000 });
    expect(clip.frames).toHaveLength(60);
    const keys = clip.frames.filter(({ key }) => key).map(({ ptsMs }) => ptsMs);
    expect(keys).toEqual([0, 250, 500, 750]);
  });

  it('keeps to its bits', async () => {
    // Noise: as much as the encoder can be given.
    let seed = 1;
    const data = new Uint8Array(192 * 192 * 3).map(() => (seed = (seed * 16_807) % 2_147_483_647) & 255);
    const { frames } = await film([{ width: 192, height: 192, data }], 1000);
    const bits = frames.reduce((sum, frame) => sum + 8 * frame.data.length, 0);
    // Of two seconds; the first key frame may overdraw.
    expect(bits).toBeLessThan(2 * 300_000 * 1.7);
    expect(bits).toBeGreaterThan(2 * 300_000 * 0.3);
  });
});
