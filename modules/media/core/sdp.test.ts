import { answeredPayloadTypes, checkOffer, shapeAnswer } from './sdp.js';

const AUDIO = [
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'c=IN IP4 0.0.0.0',
  'a=mid:0',
  'a=sendrecv',
  'a=rtpmap:111 opus/48000/2',
];
const VIDEO = [
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'c=IN IP4 0.0.0.0',
  'a=mid:1',
  'a=sendonly',
  'a=rtpmap:96 VP8/90000',
];
const HEAD = ['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=-', 't=0 0'];
const KEYS = ['a=ice-ufrag:x', 'a=ice-pwd:y', 'a=fingerprint:sha-256 AA'];
const sdp = (...lines: string[]) => lines.concat('').join('\r\n');
const offer = (...sections: string[]) => sdp(...HEAD, 'a=group:BUNDLE 0 1', ...KEYS, ...sections);

describe('checkOffer', () => {
  test('reads the sections', () => {
    const sections = checkOffer(offer(...AUDIO, ...VIDEO));
    expect(sections.map((s) => [s.kind, s.mid, s.direction])).toEqual([
      ['audio', '0', 'sendrecv'],
      ['video', '1', 'sendonly'],
    ]);
    expect(sections[1]?.codecs.get(96)).toBe('vp8');
  });

  test.each([
    ['is empty', ''],
    ['is text', 'hello'],
    ['has no sections', sdp(...HEAD, ...KEYS)],
    ['has a broken media line', offer('m=audio x')],
    ['has an unknown kind', offer(...AUDIO, 'm=text 9 RTP/AVP 98', 'a=mid:1')],
    ['has no ICE credentials', sdp(...HEAD, KEYS[2] ?? '', ...AUDIO)],
    ['has no fingerprint', sdp(...HEAD, ...KEYS.slice(0, 2), ...AUDIO)],
    ['does not bundle', sdp(...HEAD, ...KEYS, ...AUDIO, ...VIDEO)],
    ['has no mid', offer(...AUDIO.filter((l) => !l.startsWith('a=mid')))],
    ['has a mid twice', offer(...AUDIO, ...VIDEO.map((l) => l.replace('mid:1', 'mid:0')))],
    ['offers no Opus', offer(...AUDIO.map((l) => l.replace('opus/48000/2', 'PCMU/8000')))],
    ['is huge', offer(...AUDIO, `a=x:${'y'.repeat(100_000)}`)],
    ['has too many sections', offer(...Array.from({ length: 17 }, () => AUDIO).flat())],
  ])('refuses an offer that %s', (_name, text) => {
    expect(() => checkOffer(text)).toThrow(expect.objectContaining({ code: 'bad_sdp' }));
  });

  test.each([
    ['without audio', offer(...VIDEO)],
    ['with rejected audio', offer(...AUDIO.map((l) => l.replace('audio 9', 'audio 0')), ...VIDEO)],
  ])('refuses an offer %s', (_name, text) => {
    expect(() => checkOffer(text)).toThrow(expect.objectContaining({ code: 'no_audio_in_offer' }));
  });
});

describe('shapeAnswer', () => {
  const answer = sdp(
    ...HEAD,
    ...AUDIO,
    'a=rtcp-fb:111 transport-cc',
    'a=fmtp:111 minptime=10',
    'a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
    ...VIDEO,
    'a=rtcp-fb:96 nack',
    'a=rtcp-fb:96 nack pli',
    'a=rtcp-fb:96 ccm fir',
    'a=rtcp-fb:96 goog-remb',
    'a=rtcp-fb:96 transport-cc',
  );
  const shaped = shapeAnswer(answer, { videoKbps: 800 }).split('\r\n');

  test('leaves out feedback that is not wanted', () => {
    expect(shaped.filter((l) => l.startsWith('a=rtcp-fb'))).toEqual([
      'a=rtcp-fb:96 nack pli',
      'a=rtcp-fb:96 ccm fir',
      'a=rtcp-fb:96 goog-remb',
    ]);
    expect(shaped.join()).not.toContain('transport-wide-cc');
  });

  test('caps the video, after its connection line', () => {
    expect(shaped.filter((l) => l.startsWith('b='))).toEqual(['b=AS:800']);
    expect(shaped[shaped.indexOf('b=AS:800') - 1]).toBe('c=IN IP4 0.0.0.0');
  });

  test('says once how Opus is wanted', () => {
    expect(shaped.filter((l) => l.startsWith('a=fmtp:111'))).toEqual([
      'a=fmtp:111 minptime=10;useinbandfec=1;stereo=0;maxplaybackrate=16000',
    ]);
  });

  test('the payload types of accepted sections are known', () => {
    expect([...answeredPayloadTypes(answer)]).toEqual([
      [111, 'opus'],
      [96, 'vp8'],
    ]);
    expect(answeredPayloadTypes(answer.replace('m=video 9', 'm=video 0')).has(96)).toBe(false);
  });
});
