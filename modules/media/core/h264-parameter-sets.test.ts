import { offeredParameterSets, ParameterSets } from './h264-parameter-sets.js';

const START = [0, 0, 0, 1];
/** An SPS by the bits of its id ('1' is 0, '010' is 1), and a byte to tell it by. */
const sps = (idBits: number, mark: number) => [0x67, 66, 0xc0, 30, idBits, mark];
const pps = (idBits: number, mark: number) => [0x68, idBits, mark];
const annexB = (...units: number[][]) => Uint8Array.from(units.flatMap((unit) => [...START, ...unit]));
const ID_0 = 0b1000_0000;
const ID_1 = 0b0100_0000;

describe('ParameterSets', () => {
  test('are put before a frame that brings none, an SPS first', () => {
    const sets = new ParameterSets();
    sets.remember(annexB(pps(ID_0, 2)));
    sets.remember(annexB(sps(ID_0, 1)));
    expect(sets.complete).toBe(true);
    expect(sets.complement(annexB([0x65, 9]), false)).toEqual(annexB(sps(ID_0, 1), pps(ID_0, 2), [0x65, 9]));
  });

  test('those that a frame brings are not put before it, and count from then on', () => {
    const sets = new ParameterSets([Uint8Array.from(sps(ID_0, 1)), Uint8Array.from(pps(ID_0, 2))]);
    const frame = annexB(sps(ID_0, 7), [0x65, 9]);
    sets.remember(frame);
    expect(sets.complement(frame, true)).toEqual(annexB(pps(ID_0, 2), sps(ID_0, 7), [0x65, 9]));
    expect(sets.complement(annexB([0x65, 9]), false)).toEqual(annexB(sps(ID_0, 7), pps(ID_0, 2), [0x65, 9]));
  });

  test('of the same id the newest counts; of another, both', () => {
    const sets = new ParameterSets();
    sets.remember(annexB(sps(ID_0, 1), sps(ID_1, 3), sps(ID_0, 2)));
    expect(sets.complete).toBe(false);
    expect(sets.complement(annexB([0x65]), false)).toEqual(annexB(sps(ID_0, 2), sps(ID_1, 3), [0x65]));
  });

  test('start codes of three bytes, and trailing zeros, are no part of them', () => {
    const sets = new ParameterSets();
    sets.remember(Uint8Array.of(0, 0, 1, ...sps(ID_0, 1), 0, 0, 0, 1, ...pps(ID_0, 2), 0, 0, 0, 1, 0x65, 9));
    expect(sets.complement(annexB([0x41]), false)).toEqual(annexB(sps(ID_0, 1), pps(ID_0, 2), [0x41]));
  });

  test('what a stream can make us keep is bounded', () => {
    const sets = new ParameterSets();
    for (let id = 0; id < 500; id += 1) sets.remember(annexB([0x68, id >> 4, ((id << 4) | 8) & 255, 1]));
    sets.remember(annexB([0x67, 1, 1, 1, ...Array<number>(5000).fill(1)]));
    expect(sets.complement(annexB([0x65]), false).length).toBeLessThan(300);
  });

  test.each([[[]], [[0, 0, 0, 1]], [[0, 0, 1, 0x67]], [[0x67, 1, 2]]])('%j is no set', (bytes) => {
    const sets = new ParameterSets();
    sets.remember(Uint8Array.from(bytes));
    expect(sets.complement(annexB([0x65]), false)).toEqual(annexB([0x65]));
  });
});

describe('offeredParameterSets', () => {
  const fmtp = (line: string) =>
    offeredParameterSets(`v=0\r\na=rtpmap:97 H264/90000\r\na=fmtp:97 ${line}\r\nm=x\r\n`);

  test.each([
    'packetization-mode=1;profile-level-id=42001f;sprop-parameter-sets=Z0LAHg==,aM4=',
    'sprop-parameter-sets=Z0LAHg==,aM4=; packetization-mode=1',
    'packetization-mode=1; SPROP-PARAMETER-SETS = Z0LAHg==,aM4=',
  ])('%s', (line) => {
    expect(fmtp(line)).toEqual(
      new Map([[97, [Uint8Array.of(0x67, 0x42, 0xc0, 0x1e), Uint8Array.of(0x68, 0xce)]]]),
    );
  });

  test('what is no base64 is left out, and a line without them has none', () => {
    expect(fmtp('sprop-parameter-sets=%%%,aM4=')).toEqual(new Map([[97, [Uint8Array.of(0x68, 0xce)]]]));
    expect(fmtp('packetization-mode=1')).toEqual(new Map());
  });

  test('LF alone ends a line too', () => {
    expect(offeredParameterSets('a=fmtp:1 sprop-parameter-sets=aM4=\na=fmtp:2 x=y').get(1)).toHaveLength(1);
  });
});
