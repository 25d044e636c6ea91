import { sectionsOf } from './sections.js';

const offer = (...sections: string[]) =>
  ['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=-', 't=0 0', ...sections].join('\r\n') + '\r\n';
const section = (facts: { mid: string; m: string; direction?: string; ssrc?: number; maps: string[] }) =>
  [
    `m=${facts.m}`,
    `a=mid:${facts.mid}`,
    ...facts.maps.map((map) => `a=rtpmap:${map}`),
    `a=msid:PA_1|TR_${facts.mid} TR_${facts.mid}`,
    ...(facts.ssrc === undefined ? [] : [`a=ssrc:${facts.ssrc} cname:x`, `a=ssrc:${facts.ssrc + 1} cname:x`]),
    `a=${facts.direction ?? 'sendonly'}`,
  ].join('\r\n');

const AUDIO = { m: 'audio 9 UDP/TLS/RTP/SAVPF 63 111', maps: ['63 red/48000/2', '111 opus/48000/2'] };
const VIDEO = { m: 'video 9 UDP/TLS/RTP/SAVPF 97 96', maps: ['97 rtx/90000', '96 VP8/90000'] };

describe('sectionsOf', () => {
  it('finds what is sent, by the codec that can be taken', () => {
    const sdp = offer(
      'm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\na=sendrecv',
      section({ ...AUDIO, mid: '1', ssrc: 10 }),
      section({ ...VIDEO, mid: '2', ssrc: 20 }),
    );
    expect(sectionsOf(sdp, {})).toEqual([
      { mid: '1', trackSid: 'TR_1', codec: 'opus', ssrc: 10 },
      { mid: '2', trackSid: 'TR_2', codec: 'vp8', ssrc: 20 },
    ]);
    expect(sectionsOf(sdp, { 2: 'TR_new' })[1]).toMatchObject({ trackSid: 'TR_new' });
  });

  it.each([
    ['stopped', section({ ...AUDIO, mid: '1', ssrc: 10, direction: 'inactive' })],
    ['rejected', section({ ...AUDIO, m: 'audio 0 UDP/TLS/RTP/SAVPF 111', mid: '1', ssrc: 10 })],
    ['of a codec that nobody here knows', section({ ...VIDEO, maps: ['96 AV1/90000'], mid: '1', ssrc: 10 })],
    ['without a source', section({ ...AUDIO, mid: '1' })],
  ])('leaves out what is %s', (_, text) => {
    expect(sectionsOf(offer(text), {})).toEqual([]);
  });
});
