import { isSoundSrtp } from './srtp-packet.js';

const FIXED = '6f' + '0001' + '00000002' + '00000003';
const sound = (hex: string) => isSoundSrtp(Buffer.from(hex, 'hex'));

describe('isSoundSrtp', () => {
  it.each([
    ['a bare header', `80${FIXED}`],
    ['contributors', `82${FIXED}${'00000004'.repeat(2)}`],
    ['an extension', `90${FIXED}bede0001${'10ff0000'}aa`],
    ['an extension without a word', `90${FIXED}bede0000`],
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
  ])('refuses %s', (_name, hex) => {
    expect(sound(hex)).toBe(false);
  });
});
