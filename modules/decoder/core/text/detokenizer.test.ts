import { Detokenizer } from './detokenizer.js';

/** The GPT-2 spelling of bytes. */
const spell = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => {
    const hidden = [...Array(33).keys(), ...Array.from({ length: 34 }, (_, index) => 127 + index), 173];
    const at = hidden.indexOf(byte);
    return String.fromCodePoint(at === -1 ? byte : 256 + at);
  }).join('');

describe('Detokenizer', () => {
  it('gives back every byte of a text, whatever the tokens', () => {
    const text = 'Grüße, 你好 👋🏽\n\t~ ¡ÿ\u00ad';
    const bytes = new TextEncoder().encode(text);
    for (const size of [1, 2, 3, 7, bytes.length]) {
      const detokenizer = new Detokenizer();
      let out = '';
      for (let from = 0; from < bytes.length; from += size) {
        const part = detokenizer.push(spell(bytes.subarray(from, from + size)));
        expect(part).not.toContain('\ufffd');
        out += part;
      }
      expect(out).toBe(text);
    }
  });

  it('holds a character back until its last byte', () => {
    const detokenizer = new Detokenizer();
    const [first, second, third] = new TextEncoder().encode('好');
    expect(detokenizer.push(spell(Uint8Array.of(first ?? 0, second ?? 0)))).toBe('');
    expect(detokenizer.push(spell(Uint8Array.of(third ?? 0)))).toBe('好');
  });

  it('gives nothing for a special token', () => {
    expect(new Detokenizer().push('')).toBe('');
  });
});
