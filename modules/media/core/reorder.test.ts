import fc from 'fast-check';

import { ReorderBuffer } from './reorder.js';

const packet = (sequenceNumber: number) => ({ sequenceNumber: sequenceNumber & 0xffff });
const numbers = (result: { packets: readonly { packet: { sequenceNumber: number } }[] }) =>
  result.packets.map((p) => p.packet.sequenceNumber);

describe('ReorderBuffer', () => {
  let buffer: ReorderBuffer<{ sequenceNumber: number }>;
  beforeEach(() => {
    buffer = new ReorderBuffer({ capacity: 4, maxWaitMs: 60 });
  });

  test('passes packets in order at once', () => {
    expect(numbers(buffer.push(packet(10), 0))).toEqual([10]);
    expect(buffer.push(packet(11), 20)).toEqual({
      packets: [{ packet: packet(11), lostBefore: 0 }],
      drop: null,
    });
  });

  test('holds a packet until the missing one comes', () => {
    buffer.push(packet(10), 0);
    expect(numbers(buffer.push(packet(12), 20))).toEqual([]);
    expect(numbers(buffer.push(packet(11), 40))).toEqual([11, 12]);
    expect(buffer.held).toBe(0);
  });

  test('goes on without a missing packet after the wait, and says how many were lost', () => {
    buffer.push(packet(10), 0);
    buffer.push(packet(13), 20);
    expect(buffer.expire(79)).toEqual([]);
    expect(buffer.expire(80)).toEqual([{ packet: packet(13), lostBefore: 2 }]);
  });

  test('goes on without a missing packet when the buffer is full', () => {
    buffer.push(packet(10), 0);
    for (const n of [12, 13, 14, 15]) expect(numbers(buffer.push(packet(n), 1))).toEqual([]);
    expect(numbers(buffer.push(packet(16), 1))).toEqual([12, 13, 14, 15, 16]);
  });

  test('drops a duplicate of a packet that was passed on', () => {
    buffer.push(packet(10), 0);
    expect(buffer.push(packet(10), 1).drop).toBe('duplicate');
  });

  test('drops a duplicate of a packet that is held', () => {
    buffer.push(packet(10), 0);
    buffer.push(packet(12), 1);
    expect(buffer.push(packet(12), 2).drop).toBe('duplicate');
  });

  test('drops a packet that comes after it was given up', () => {
    buffer.push(packet(10), 0);
    buffer.push(packet(12), 0);
    buffer.expire(60);
    expect(buffer.push(packet(11), 61).drop).toBe('late');
  });

  test('drops one packet from far away, and follows two', () => {
    buffer.push(packet(10), 0);
    expect(buffer.push(packet(30_000), 1)).toEqual({ packets: [], drop: 'discontinuity' });
    expect(numbers(buffer.push(packet(11), 2))).toEqual([11]);
    buffer.push(packet(30_000), 3);
    expect(numbers(buffer.push(packet(30_001), 4))).toEqual([30_001]);
    expect(numbers(buffer.push(packet(30_002), 5))).toEqual([30_002]);
  });

  test('a loss may span the wrap of the sequence number', () => {
    buffer.push(packet(65_534), 0);
    buffer.push(packet(1), 1);
    expect(numbers(buffer.push(packet(0), 2))).toEqual([]);
    expect(numbers(buffer.push(packet(65_535), 3))).toEqual([65_535, 0, 1]);
  });

  test('whatever the network does, packets come out in order, once, and none in excess', () => {
    const network = fc.array(fc.record({ skip: fc.nat(3), swap: fc.boolean(), twice: fc.boolean() }), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(fc.nat(0xffff), network, (start, plan) => {
        const sut = new ReorderBuffer<{ sequenceNumber: number; id: number }>({ capacity: 8, maxWaitMs: 60 });
        const sent: { sequenceNumber: number; id: number }[] = [];
        let id = start;
        for (const step of plan) {
          id += 1 + step.skip;
          const p = { sequenceNumber: id & 0xffff, id };
          if (step.swap && sent.length > 1) sent.splice(sent.length - 1, 0, p);
          else sent.push(p);
          if (step.twice) sent.push(p);
        }
        const out: number[] = [];
        sent.forEach((p, at) => out.push(...sut.push(p, at * 20).packets.map((o) => o.packet.id)));
        out.push(...sut.expire(1e9).map((o) => o.packet.id));
        expect(out).toEqual([...new Set(out)].sort((a, b) => a - b));
        expect(sut.held).toBe(0);
      }),
    );
  });
});
