import fc from 'fast-check';

import { ReorderBuffer } from './reorder.js';

const packet = (sequenceNumber: number, over: { timestamp?: number; content?: number } = {}) => ({
  sequenceNumber: sequenceNumber & 0xffff,
  timestamp: (over.timestamp ?? sequenceNumber * 960) >>> 0,
  payload: Uint8Array.of(over.content ?? sequenceNumber & 0xff),
});
const inOrder = { lostBefore: 0, restarted: false };
const numbers = (result: { packets: readonly { packet: { sequenceNumber: number } }[] }) =>
  result.packets.map((p) => p.packet.sequenceNumber);

describe('ReorderBuffer', () => {
  let buffer: ReorderBuffer<ReturnType<typeof packet>>;
  beforeEach(() => {
    buffer = new ReorderBuffer({ capacity: 4, maxWaitMs: 60 });
  });

  test('passes packets in order at once', () => {
    expect(numbers(buffer.push(packet(10), 0))).toEqual([10]);
    expect(buffer.push(packet(11), 20)).toEqual({
      packets: [{ ...inOrder, packet: packet(11) }],
      drops: [],
    });
  });

  test('leaps over what is not wanted, and forgets what it held of it', () => {
    buffer.push(packet(10), 0);
    buffer.push(packet(12), 5);
    buffer.leap(40);
    expect(buffer.push(packet(40), 10).packets).toEqual([
      { packet: packet(40), lostBefore: 29, restarted: false },
    ]);
    expect(numbers(buffer.push(packet(41), 20))).toEqual([41]);
    expect(buffer.push(packet(12), 30).drops).toEqual(['late']);
    buffer.leap(30);
    expect(numbers(buffer.push(packet(42), 40))).toEqual([42]);
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
    expect(buffer.expire(80)).toEqual([{ ...inOrder, packet: packet(13), lostBefore: 2 }]);
  });

  test('goes on without a missing packet when the buffer is full', () => {
    buffer.push(packet(10), 0);
    for (const n of [12, 13, 14, 15]) expect(numbers(buffer.push(packet(n), 1))).toEqual([]);
    expect(numbers(buffer.push(packet(16), 1))).toEqual([12, 13, 14, 15, 16]);
  });

  test('drops a duplicate of a packet that was passed on', () => {
    buffer.push(packet(10), 0);
    expect(buffer.push(packet(10), 1).drops).toEqual(['duplicate']);
  });

  test('drops a duplicate of a packet that is held', () => {
    buffer.push(packet(10), 0);
    buffer.push(packet(12), 1);
    expect(buffer.push(packet(12), 2).drops).toEqual(['duplicate']);
  });

  test('drops a packet that comes after it was given up', () => {
    buffer.push(packet(10), 0);
    buffer.push(packet(12), 0);
    buffer.expire(60);
    expect(buffer.push(packet(11), 61).drops).toEqual(['late']);
  });

  test('drops one packet from far away, once the stream goes on without it', () => {
    buffer.push(packet(10), 0);
    expect(buffer.push(packet(30_000), 1)).toEqual({ packets: [], drops: [] });
    expect(buffer.push(packet(11), 2)).toEqual({
      packets: [{ ...inOrder, packet: packet(11) }],
      drops: ['discontinuity'],
    });
  });

  test('follows two from far away, and loses neither', () => {
    buffer.push(packet(10), 0);
    buffer.push(packet(30_000), 3);
    expect(buffer.push(packet(30_001), 4)).toEqual({
      packets: [
        { packet: packet(30_000), lostBefore: 0, restarted: true },
        { ...inOrder, packet: packet(30_001) },
      ],
      drops: [],
    });
    expect(numbers(buffer.push(packet(30_002), 5))).toEqual([30_002]);
  });

  test.each([
    ['by little, its clock going on', 900, 5_000_000],
    ['by little, its clock anew', 900, 123],
    ['beyond its beginning', 20, 96_000],
    ['under numbers that were there', 998, 998 * 960],
  ])('follows a sender whose numbers go back: %s', (_name, sequence, timestamp) => {
    for (let n = 990; n <= 1100; n += 1) buffer.push(packet(n), n);
    const again = [0, 1, 2].map((n) =>
      packet(sequence + n, { timestamp: timestamp + n * 960, content: 200 + n }),
    );
    expect(again.flatMap((one) => numbers(buffer.push(one, 2000)))).toEqual(
      [0, 1, 2].map((n) => sequence + n),
    );
  });

  test('what held others up is passed on before a sender that begins anew', () => {
    buffer.push(packet(10), 0);
    buffer.push(packet(12), 1);
    buffer.push(packet(40_001), 2);
    expect(numbers(buffer.push(packet(40_000), 3))).toEqual([12, 40_000, 40_001]);
  });

  test('old packets are no new numbering, however many come', () => {
    for (const n of [10, 11, 12, 17]) buffer.push(packet(n), n);
    buffer.expire(100);
    for (const n of [13, 14, 15]) expect(buffer.push(packet(n), 101).drops).toEqual(['late']);
    for (const n of [10, 11, 12]) expect(buffer.push(packet(n), 101).drops).toEqual(['duplicate']);
  });

  test('of several numberings that come at once, none begins anew with duplicates that come behind them', () => {
    const starts = [100, 20_000, 40_000, 10_000];
    for (const start of starts) for (let n = 0; n < 3; n++) buffer.push(packet(start + n), 0);
    const again = starts.flatMap((start) => [
      buffer.push(packet(start), 30),
      buffer.push(packet(start + 1), 30),
    ]);
    expect(again).toEqual(again.map(() => ({ packets: [], drops: ['duplicate'] })));
    expect(numbers(buffer.push(packet(10_003), 40))).toEqual([10_003]);
  });

  test('a packet that nobody plays counts, and is not passed on', () => {
    buffer.push(packet(10), 0);
    expect(buffer.skip(packet(11), 1)).toEqual({ packets: [], drops: [] });
    expect(buffer.push(packet(12), 2).packets).toEqual([{ ...inOrder, packet: packet(12) }]);
    buffer.skip(packet(14), 3);
    expect(numbers(buffer.push(packet(13), 4))).toEqual([13]);
    buffer.skip(packet(16), 5);
    buffer.expire(65);
    expect(buffer.push(packet(17), 66).packets).toEqual([{ ...inOrder, packet: packet(17), lostBefore: 1 }]);
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
        const sut = new ReorderBuffer<ReturnType<typeof packet> & { id: number }>({
          capacity: 8,
          maxWaitMs: 60,
        });
        const sent: (ReturnType<typeof packet> & { id: number })[] = [];
        let id = start;
        for (const step of plan) {
          id += 1 + step.skip;
          const p = { ...packet(id), id };
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
