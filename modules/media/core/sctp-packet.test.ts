import { isSoundSctp } from './sctp-packet.js';

const HEADER = '13881388000000010000' + '0000';
const sound = (...chunks: string[]) => isSoundSctp(Buffer.from(HEADER + chunks.join(''), 'hex'));

const DATA = '00030011' + '00000001' + '0001' + '0000' + '00000033' + '78' + '000000';
const SACK = '03000014' + '00000009' + '00100000' + '0001' + '0000' + '00020003';

describe('isSoundSctp', () => {
  it.each([
    ['no chunk', []],
    ['a message', [DATA]],
    ['a message whose padding is left out', [DATA.slice(0, -6)]],
    ['two chunks', [SACK, DATA]],
    [
      'an INIT with parameters',
      ['01000020' + '00000007' + '00100000' + 'ffffffff' + '00000001' + 'c0000004' + '80080005c0000000'],
    ],
    ['a heartbeat', ['0400000c' + '00010008' + '00000000']],
    [
      'a request to reset a stream',
      ['82000016' + '000d0012' + '00000001' + '00000002' + '00000003' + '0001' + '0000'],
    ],
    ['a chunk that nobody knows', ['c1000004']],
  ])('takes %s', (_name, chunks) => {
    expect(sound(...chunks)).toBe(true);
  });

  it.each([
    ['a chunk of length 0, which would be read for ever', ['00000000']],
    ['a chunk that is shorter than its own header', [DATA, '04000003']],
    ['a chunk that is longer than the packet', ['040000ff']],
    ['a parameter of length 0', ['8200000c' + '000d0000' + '00000001']],
    ['a parameter that is longer than its chunk', ['0400000c' + '00010009' + '00000000']],
    ['a SACK that has fewer gaps than it says', [SACK.replace('00010000', 'ffff0000')]],
    [
      'a SACK whose gaps are the whole space',
      ['03000018' + '00000009' + '00100000' + '0002' + '0000' + '0001ffff' + '0001ffff'],
    ],
    ['a SACK without its fields', ['03000008' + '00000009']],
  ])('refuses %s', (_name, chunks) => {
    expect(sound(...chunks)).toBe(false);
  });

  it.each([0, 11])('refuses a packet of %i bytes', (length) => {
    expect(isSoundSctp(Buffer.alloc(length))).toBe(false);
  });
});
