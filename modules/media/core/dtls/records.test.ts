import fc from 'fast-check';

import { HandshakeOrder, plainRecord, readRecords, ReplayWindow } from './records.js';

const LENGTH = 300;
const body = (sequence: number) => Uint8Array.from({ length: LENGTH }, (_, i) => (sequence * 7 + i) & 0xff);

/** A piece of a handshake message of 300 bytes. */
function piece(sequence: number, offset = 0, size = LENGTH - offset): Uint8Array {
  const bytes = new Uint8Array(12 + size);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 11);
  view.setUint16(2, LENGTH);
  view.setUint16(4, sequence);
  view.setUint16(7, offset);
  view.setUint16(10, size);
  bytes.set(body(sequence).subarray(offset, offset + size), 12);
  return bytes;
}

describe('HandshakeOrder', () => {
  test('whatever pieces come in whatever order, each message is passed on once, whole and in order', () => {
    const pieces = fc.array(
      fc.record({ n: fc.nat(3), offset: fc.nat(LENGTH - 1), size: fc.integer({ min: 1, max: LENGTH }) }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(pieces, (list) => {
        const order = new HandshakeOrder();
        const out = list.flatMap(
          ({ n, offset, size }) => order.take(piece(n, offset, Math.min(size, LENGTH - offset))).next,
        );
        // What is missing comes in the end.
        for (const n of [3, 2, 1, 0]) out.push(...order.take(piece(n)).next);
        expect(out.map((m) => m.sequence)).toEqual([0, 1, 2, 3]);
        for (const m of out) expect(m.body).toEqual(body(m.sequence));
      }),
    );
  });

  test('a message that was taken before is told as repeated', () => {
    const order = new HandshakeOrder();
    order.take(piece(0));
    expect(order.take(piece(0))).toEqual({ next: [], repeated: [{ type: 11, sequence: 0 }] });
  });

  test('what is too long or too far ahead is dropped', () => {
    const order = new HandshakeOrder();
    const huge = piece(0, 0, 10);
    huge[1] = 0xff;
    expect(order.take(huge).next).toEqual([]);
    order.take(piece(400));
    expect(order.take(piece(0)).next).toHaveLength(1);
  });
});

describe('readRecords', () => {
  test('reads what it wrote, several to a datagram, and stops at what is cut off', () => {
    const one = plainRecord(piece(0));
    const records = readRecords(Uint8Array.of(...one, ...one, ...one.subarray(0, 40)));
    expect(records.map((r) => [r.type, r.epoch, r.fragment.length])).toEqual([
      [22, 0, 312],
      [22, 0, 312],
    ]);
  });

  test('junk of any kind is read without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const order = new HandshakeOrder();
        for (const record of readRecords(bytes)) order.take(record.fragment);
        order.take(bytes);
      }),
    );
  });
});

test('the replay window takes each number once, in any order within 64', () => {
  const window = new ReplayWindow();
  const take = (n: number) => {
    const fresh = window.isNew(n);
    if (fresh) window.accept(n);
    return fresh;
  };
  expect([5, 3, 5, 4, 3, 70, 5, 6, 7, 200, 136, 137, 200].map(take)).toEqual([
    true,
    true,
    false,
    true,
    false,
    true,
    false,
    false,
    true,
    true,
    false,
    true,
    false,
  ]);
});
