import { readFile } from 'node:fs/promises';
import { closeCode } from './close-codes.js';

describe('closeCode', () => {
  it.each([
    ['hangup', 1000],
    ['shutdown', 1001],
    ['expired_api_key', 1008],
    ['capacity', 1013],
    ['engine_failed', 1011],
    ['anything else', 1011],
  ])('of %s is %d', (reason, code) => {
    expect(closeCode(reason)).toBe(code);
  });

  it('is written down for every reason that has one', async () => {
    const source = await readFile(new URL('close-codes.ts', import.meta.url), 'utf8');
    const page = await readFile(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');
    const reasons = [...source.matchAll(/^ {2}(\w+): (\d{4}),$/gm)];
    expect(reasons.length).toBeGreaterThan(10);
    for (const [, reason = '', code] of reasons) {
      const row = page.split('\n').find((line) => line.startsWith(`| ${code} `)) ?? '';
      expect([reason, row.includes(`\`${reason}\``)]).toEqual([reason, true]);
    }
  });
});
