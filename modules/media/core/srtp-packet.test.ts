import { isRtp, isSoundSrtcp, readSrtpHeader, withoutPadding } from './srtp-packet.js';

const FIXED = '6f' + '0001' + '00000002' + '00000003';
const read = (hex: string) => readSrtpHeader(Buffer.from(hex, 'hex'));

describe('readSrtpHeader', () => {
  it.each([
    ['a bare header', `80${FIXED}`, 12],
    ['contributors', `82${FIXED}${'00000004'.repeat(2)}`, 20],
    ['an extension', `90${FIXED}bede0001${'10ff0000'}aa`, 20],
    ['an extension without a word', `90${FIXED}bede0000`, 16],
    ['an extension of a profile that nobody knows', `90${FIXED}12340002${'01'.repeat(8)}`, 24],
    [
      'more elements than anybody has, which are not looked at',
      `90${FIXED}bede0040${'1001'.repeat(128)}`,
      272,
    ],
  ])('reads %s', (_name, hex, headerBytes) => {
    expect(read(hex)).toMatchObject({
      payloadType: 0x6f,
      marker: false,
      sequenceNumber: 1,
      timestamp: 2,
      ssrc: 3,
      headerBytes,
      padded: false,
    });
  });

  it('reads the largest numbers, the marker and the padding bit', () => {
    expect(read(`a0ff${'ff'.repeat(10)}00`)).toMatchObject({
      payloadType: 127,
      marker: true,
      sequenceNumber: 0xffff,
      timestamp: 0xffff_ffff,
      ssrc: 0xffff_ffff,
      padded: true,
    });
  });

  it.each([
    ['a datagram that is too short', '80'],
    ['contributors that are not there', `8f${FIXED}00000001`],
    ['an extension without a header', `90${FIXED}`],
    ['an extension that claims more than there is', `90${FIXED}bedeffff${'00'.repeat(20)}`],
    ['an extension behind contributors that are not there', `9f${FIXED}bede0000`],
    ['more than a network carries', `80${FIXED}${'00'.repeat(5000)}`],
  ])('refuses %s', (_name, hex) => {
    expect(read(hex)).toBeNull();
  });
});

it('RTP is told from RTCP, DTLS and STUN', () => {
  const rtp = (hex: string) => isRtp(Buffer.from(hex, 'hex'));
  expect([`80${FIXED}`, '80d1', '90ff'].map(rtp)).toEqual([true, true, true]);
  expect(['80c8', '81c9', '81d0', '16fe', '0001', 'c000', ''].map(rtp)).toEqual(Array(7).fill(false));
});

it('RTCP is of a size that a network carries', () => {
  expect([11, 12, 4096, 4097].map((bytes) => isSoundSrtcp(new Uint8Array(bytes)))).toEqual([
    false,
    true,
    true,
    false,
  ]);
});

it('padding is taken off as far as there is any', () => {
  expect(withoutPadding(Uint8Array.of(1, 2, 0, 2))).toEqual(Uint8Array.of(1, 2));
  expect(withoutPadding(Uint8Array.of(0, 2))).toEqual(new Uint8Array(0));
  for (const false_ of [[], [1, 0], [1, 3]]) expect(withoutPadding(Uint8Array.from(false_))).toBeNull();
});
