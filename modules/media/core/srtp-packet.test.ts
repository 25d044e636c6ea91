import { RtpHeader } from 'werift';

import { isSoundSrtp } from './srtp-packet.js';

const FIXED = '6f' + '0001' + '00000002' + '00000003';
const sound = (hex: string) => isSoundSrtp(Buffer.from(hex, 'hex'));

describe('isSoundSrtp', () => {
  it.each([
    ['a bare header', `80${FIXED}`],
    ['contributors', `82${FIXED}${'00000004'.repeat(2)}`],
    ['an extension', `90${FIXED}bede0001${'10ff0000'}aa`],
    ['an extension without a word', `90${FIXED}bede0000`],
    ['elements of the one-byte form, padded', `90${FIXED}bede0003${'10ff00002211223330aa0000'}`],
    ['elements of the two-byte form', `90${FIXED}10000002${'0101ff0002000000'}`],
    ['an extension of a profile that nobody knows', `90${FIXED}12340002${'01'.repeat(8)}`],
    ['the last type that is RTCP to werift', '81d0000100000001' + '00000000'],
    ['RTCP, whose second byte is its type', '81c9000100000001' + '00000000'],
  ])('takes %s', (_name, hex) => {
    expect(sound(hex)).toBe(true);
  });

  it.each([
    ['a datagram that is too short', '80'],
    ['contributors that are not there', `8f${FIXED}00000001`],
    ['an extension without a header', `90${FIXED}`],
    ['an extension that claims more than there is', `90${FIXED}bedeffff${'00'.repeat(20)}`],
    ['an extension behind contributors that are not there', `9f${FIXED}bede0000`],
    [
      'a false claim under a type that RTCP might have and werift does not know',
      `90d7${FIXED.slice(2)}bedeffff`,
    ],
    ['more elements of one byte each than anybody has', `90${FIXED}bede0040${'1001'.repeat(128)}`],
    ['more empty elements of the two-byte form than anybody has', `90${FIXED}10000040${'0100'.repeat(128)}`],
    ['more than a network carries', `80${FIXED}${'00'.repeat(5000)}`],
  ])('refuses %s', (_name, hex) => {
    expect(sound(hex)).toBe(false);
  });
});

// Real: werift's own reader, on what is let through. Each packet is as costly as it can be; a reader that copies all elements for each
// of them takes a thousand times as long for what is refused.
describe('what is let through', () => {
  it.each(['bede', '1000'])('is read in no time by werift (profile %s)', (profile) => {
    const header = Buffer.from(`90${FIXED}${profile}0000`, 'hex');
    const packet = (elementCount: number) => {
      const body = Buffer.from((profile === 'bede' ? '1001' : '0100').repeat(elementCount), 'hex');
      const bytes = Buffer.concat([header, body]);
      bytes.writeUInt16BE(body.length / 4, header.length - 2);
      return bytes;
    };
    const readable = [2, 16, 64, 128, 1024, 2000].filter((count) => isSoundSrtp(packet(count)));
    expect(readable).toEqual([2, 16, 64]);
    for (const count of readable) expect(RtpHeader.deSerialize(packet(count)).extensions).toHaveLength(count);
  });
});
