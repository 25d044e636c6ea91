import type { Random } from './random.js';

/** Where readers go wrong: ends of ranges, signs, lengths that are off by one. */
const ODD_NUMBERS = [0, 1, 2, 3, 4, 7, 8, 12, 16, 63, 64, 127, 128, 191, 192, 223, 254, 255];
const ODD_WORDS = [0, 1, 3, 4, 0xff, 0x100, 0x7fff, 0x8000, 0xfffe, 0xffff];

/**
 * Damages a message as networks and strangers do: bits flip, fields take odd values, the end is missing, parts come twice.
 * @param most how many damages at most
 */
export function damage(random: Random, bytes: Uint8Array, most = 4): Buffer {
  let damaged: Buffer = Buffer.from(bytes);
  for (let n = random.int(1, most); n > 0; n -= 1) damaged = damageOnce(random, damaged);
  return damaged;
}

function damageOnce(random: Random, bytes: Buffer): Buffer {
  if (bytes.length === 0) return random.bytes(random.int(1, 32));
  // Headers decide more than payloads do.
  const at = random.chance(0.6)
    ? random.int(0, Math.min(bytes.length, 32) - 1)
    : random.int(0, bytes.length - 1);
  switch (
    random.weighted({ flip: 4, number: 4, word: 3, cut: 2, extend: 1, repeat: 1, remove: 1, noise: 1 })
  ) {
    case 'flip':
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.int(0, 7));
      return bytes;
    case 'number':
      bytes[at] = random.pick(ODD_NUMBERS);
      return bytes;
    case 'word':
      if (at + 2 <= bytes.length) bytes.writeUInt16BE(random.pick(ODD_WORDS), at);
      return bytes;
    case 'cut':
      return bytes.subarray(0, at);
    case 'extend':
      return Buffer.concat([bytes, random.bytes(random.int(1, 64))]);
    case 'repeat': {
      const part = bytes.subarray(at, at + random.int(1, 64));
      return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]);
    }
    case 'remove':
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.int(1, 16))]);
    case 'noise':
      random.bytes(Math.min(bytes.length - at, random.int(1, 16))).copy(bytes, at);
      return bytes;
  }
}

/** Writes fields one after another: `[value, bytes]` big-endian, or bytes as they are. */
export function pack(
  ...fields: readonly (readonly [value: number, size: 1 | 2 | 3 | 4] | Uint8Array)[]
): Buffer {
  return Buffer.concat(
    fields.map((field) => {
      if (field instanceof Uint8Array) return field;
      const [value, size] = field;
      const bytes = Buffer.alloc(size);
      bytes.writeUIntBE(value % 2 ** (8 * size), 0, size);
      return bytes;
    }),
  );
}
