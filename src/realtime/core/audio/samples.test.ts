import { toSamples } from './samples.js';

const rms = (x: Float32Array) => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length);

describe('toSamples', () => {
  it('reads 16-bit little-endian', () => {
    const bytes = Uint8Array.of(0, 128, 0, 64, 255);
    expect([...toSamples(bytes, { type: 'audio/pcm', rate: 24_000 })]).toEqual([-1, 0.5]);
  });

  // Anchors of ITU-T G.711: silence, the loudest, the quietest.
  it.each([
    ['audio/pcmu', [0xff, 0x7f, 0x80, 0x00, 0xfe], [0, 0, 32_124, -32_124, 8]],
    ['audio/pcma', [0xd5, 0x55, 0xaa, 0x2a, 0xd4], [8, -8, 32_256, -32_256, 24]],
  ] as const)('expands %s', (type, bytes, expected) => {
    expect([...toSamples(Uint8Array.from(bytes), { type })].map((x) => x * 32_768 || 0)).toEqual(expected);
  });

  it.each(['audio/pcmu', 'audio/pcma'] as const)(
    '%s: all codes are apart, and rise with the level',
    (type) => {
      const all = toSamples(
        Uint8Array.from({ length: 256 }, (_, i) => i),
        { type },
      );
      const sorted = [...all].sort((a, b) => a - b);
      expect(new Set(sorted.map((x) => x || 0)).size).toBe(type === 'audio/pcmu' ? 255 : 256);
      expect(rms(all)).toBeGreaterThan(0.2);
      // Symmetric about zero.
      expect(Math.abs(sorted.reduce((sum, x) => sum + x, 0))).toBeLessThan(1e-6);
    },
  );
});
