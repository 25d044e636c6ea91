import fc from 'fast-check';

import { readSrtpHeader } from '../srtp-packet.js';
import { readMid } from './mid-extension.js';

const ID = 4;

/** A packet with a block of header extensions, which is filled up to whole words. */
function packet(profile: number, block: readonly number[], csrcs = 0): Buffer {
  const words = Math.ceil(block.length / 4);
  const bytes = Buffer.alloc(12 + 4 * csrcs + 4 + 4 * words + 20);
  bytes[0] = 0x80 | 0x10 | csrcs;
  const at = 12 + 4 * csrcs;
  bytes.writeUInt16BE(profile, at);
  bytes.writeUInt16BE(words, at + 2);
  bytes.set(block, at + 4);
  return bytes;
}

const text = (value: string) => [...Buffer.from(value)];
/** Elements of one-byte form. */
const one = (id: number, value: readonly number[]) => [(id << 4) | (value.length - 1), ...value];
const two = (id: number, value: readonly number[]) => [id, value.length, ...value];
const ONE = 0xbede;

describe('the mid of a packet', () => {
  test.each([
    ['one byte', packet(ONE, one(ID, text('1')))],
    ['one byte, behind another and padding', packet(ONE, [...one(2, [9, 9, 9]), 0, ...one(ID, text('1'))])],
    ['two bytes', packet(0x1000, two(ID, text('1')))],
    ['two bytes, of application bits', packet(0x100f, [0, ...two(9, []), ...two(ID, text('1'))])],
    ['behind contributing sources', packet(ONE, one(ID, text('1')), 3)],
    ['filled up with zeros', packet(ONE, one(ID, [...text('1'), 0, 0]))],
  ])('is read: %s', (_form, bytes) => {
    expect(readSrtpHeader(bytes)).not.toBeNull();
    expect(readMid(bytes, ID)).toBe('1');
  });

  test('may be long, and have a high number, in the form of two bytes', () => {
    expect(readMid(packet(0x1000, two(200, text('a-rather-long-name-of-a-section'))), 200)).toBe(
      'a-rather-long-name-of-a-section',
    );
  });

  test.each([
    ['there are no extensions', Buffer.concat([Buffer.of(0x80), Buffer.alloc(30)])],
    ['it is not among them', packet(ONE, one(3, text('1')))],
    ['its form is none that is known', packet(0x1234, one(ID, text('1')))],
    ['it ends behind the block', packet(ONE, [(ID << 4) | 15, ...text('1')])],
    ['it ends behind the block of two bytes', packet(0x1000, [ID, 200, ...text('1')])],
    ['it is behind number 15, where nothing is read', packet(ONE, [0xf0, 1, ...one(ID, text('1'))])],
    ['it is behind padding with a length', packet(ONE, [0x02, 1, 1, 1, ...one(ID, text('1'))])],
    ['it is empty', packet(0x1000, two(ID, []))],
    ['it is nothing but zeros', packet(ONE, one(ID, [0, 0]))],
  ])('is none where %s', (_what, bytes) => {
    expect(readMid(bytes, ID)).toBeNull();
  });

  test('is sought within the packet, whatever its bytes are', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 12, maxLength: 80 }),
        fc.integer({ min: 1, max: 255 }),
        (bytes, id) => {
          const mid = readMid(Buffer.from(bytes), id);
          return mid === null || mid.length > 0;
        },
      ),
    );
  });
});
