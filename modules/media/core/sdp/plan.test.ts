import { VisavisError } from '#modules/contracts';

import { offerOf } from '../../../../test/support/offers.js';
import { canonicalOffer } from './canonical.js';
import type { KnownSources } from '../videos/choose-videos.js';
import { flowingKinds, flowingVideos, planOffer } from './plan.js';

const HEAD = ['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=-', 't=0 0'];
const PRINT = Array(32).fill('AB').join(':');
const KEYS = ['a=ice-ufrag:abcd', 'a=ice-pwd:abcdefghijklmnopqrstuv', `a=fingerprint:sha-256 ${PRINT}`];
const section = (media: string, mid: string, ...lines: string[]) => [
  media,
  'c=IN IP4 0.0.0.0',
  `a=mid:${mid}`,
  ...lines,
];
const AUDIO = section('m=audio 9 UDP/TLS/RTP/SAVPF 111', '0', 'a=sendrecv', 'a=rtpmap:111 opus/48000/2');
const VIDEO = section('m=video 9 UDP/TLS/RTP/SAVPF 96', '1', 'a=sendonly', 'a=rtpmap:96 VP8/90000');
const DATA = section('m=application 9 UDP/DTLS/SCTP webrtc-datachannel', '2', 'a=sctp-port:5000');
const sdp = (...lines: string[]) => lines.concat('').join('\r\n');
const offer = (...sections: string[]) => sdp(...HEAD, 'a=group:BUNDLE 0 1 2', ...KEYS, ...sections);
const uses = (text: string) =>
  planOffer(text).verdicts.map((v) => (v.use === 'media' ? (v.flows ? 'flows' : 'inactive') : v.use));

function refusal(text: string): VisavisError {
  try {
    planOffer(text);
  } catch (error) {
    if (error instanceof VisavisError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('what is taken', () => {
  test('one section each of audio, video and data', () => {
    const plan = planOffer(offer(...AUDIO, ...VIDEO, ...DATA));
    expect(flowingKinds(plan)).toEqual(['audio', 'video']);
    expect(plan.bundle).toEqual(['0', '1', '2']);
    expect(plan.verdicts.map((v) => v.use)).toEqual(['media', 'media', 'data']);
  });

  test('of further ones a second video flows, audio is inactive, data rejected', () => {
    const text = offer(...AUDIO, ...VIDEO, ...DATA)
      .replace('BUNDLE 0 1 2', 'BUNDLE 0 1 2 3 4 5')
      .concat(
        sdp(...AUDIO, ...VIDEO, ...DATA)
          .replace('mid:0', 'mid:3')
          .replace('mid:1', 'mid:4')
          .replace('mid:2', 'mid:5'),
      );
    expect(uses(text)).toEqual(['flows', 'flows', 'data', 'inactive', 'flows', 'none']);
  });

  test('the audio section that sends is listened to, wherever it stands', () => {
    const listening = AUDIO.map((l) => l.replace('sendrecv', 'recvonly'));
    const text = offer(...listening, ...AUDIO.map((l) => l.replace('mid:0', 'mid:1')), ...DATA);
    expect(uses(text)).toEqual(['inactive', 'flows', 'data']);
  });

  test('sections of other kinds and protocols are rejected', () => {
    const text = offer(
      ...section('m=text 9 RTP/AVP 98', '5'),
      ...AUDIO,
      ...section('m=image 9 udptl t38', '6'),
      ...section('m=message 2855 TCP/MSRP *', '7'),
      ...section('m=application 9 UDP/BFCP *', '8'),
      ...section('m=application 9 RTP/SAVPF 101', '9'),
      ...section('m=video 9 UDP/TLS/RTP/OTHER 96', '1', 'a=rtpmap:96 VP8/90000'),
      ...DATA,
    );
    expect(uses(text)).toEqual(['none', 'flows', 'none', 'none', 'none', 'none', 'none', 'data']);
  });

  test.each([
    'RTP/AVP',
    'RTP/AVPF',
    'RTP/SAVP',
    'RTP/SAVPF',
    'UDP/TLS/RTP/SAVP',
    'TCP/DTLS/RTP/SAVPF',
    'TCP/TLS/RTP/SAVPF',
  ])('audio by %s is taken (RFC 8829, 5.1.2)', (protocol) =>
    expect(uses(offer(...AUDIO).replace('UDP/TLS/RTP/SAVPF', protocol))).toEqual(['flows']),
  );

  test.each([
    'UDP/DTLS/SCTP webrtc-datachannel',
    'TCP/DTLS/SCTP webrtc-datachannel',
    'DTLS/SCTP webrtc-datachannel',
  ])('data by %s is taken, by its default port where none is given', (protocol) => {
    const data = section(`m=application 9 ${protocol}`, '2');
    const [, verdict] = planOffer(offer(...AUDIO, ...data)).verdicts;
    expect(verdict).toEqual({ use: 'data', form: 'sctp-port', port: 5000, maxMessageBytes: null });
  });

  test('data in its old form is taken', () => {
    const data = section(
      'm=application 9 DTLS/SCTP 5001',
      '2',
      'a=sctpmap:5001 webrtc-datachannel 1024',
      'a=max-message-size:1000',
    );
    const [, verdict] = planOffer(offer(...AUDIO, ...data)).verdicts;
    expect(verdict).toEqual({ use: 'data', form: 'sctpmap', port: 5001, maxMessageBytes: 1000 });
  });

  test('data on port 0, and of an association that is closed, is rejected', () => {
    expect(uses(offer(...AUDIO, ...DATA.map((l) => l.replace('application 9', 'application 0'))))).toEqual([
      'flows',
      'none',
    ]);
    expect(uses(offer(...AUDIO, ...DATA.map((l) => l.replace(':5000', ':0'))))).toEqual(['flows', 'none']);
  });

  test('sections offered as bundle-only are taken, where there is a bundle', () => {
    const only = [...DATA.map((l) => l.replace('application 9', 'application 0')), 'a=bundle-only'];
    expect(uses(offer(...AUDIO, ...only))).toEqual(['flows', 'data']);
    expect(uses(offer(...AUDIO, ...only).replace('BUNDLE 0 1 2', 'BUNDLE 0'))).toEqual(['flows', 'none']);
  });

  test('what is outside the bundle of the audio is rejected', () => {
    const text = offer(...AUDIO, ...VIDEO, ...DATA);
    expect(uses(text.replace('BUNDLE 0 1 2', 'BUNDLE 0 2\r\na=group:BUNDLE 1'))).toEqual([
      'flows',
      'none',
      'data',
    ]);
    expect(uses(text.replace('BUNDLE 0 1 2', 'BUNDLE 2 0'))).toEqual(['flows', 'none', 'data']);
    expect(planOffer(text.replace('BUNDLE 0 1 2', 'BUNDLE 2 0')).bundle).toEqual(['2', '0']);
    expect(uses(sdp(...HEAD, ...KEYS, ...AUDIO, ...VIDEO))).toEqual(['flows', 'none']);
  });

  test('a mid that is given twice is the first one’s', () => {
    expect(uses(offer(...AUDIO, ...VIDEO.map((l) => l.replace('mid:1', 'mid:0'))))).toEqual([
      'flows',
      'none',
    ]);
  });

  test('one section needs neither mid nor group', () => {
    const plan = planOffer(sdp(...HEAD, ...KEYS, ...AUDIO.filter((l) => !l.startsWith('a=mid'))));
    expect(plan.bundle).toBeNull();
  });

  test.each([
    ['session', ['a=recvonly'], AUDIO.filter((l) => l !== 'a=sendrecv'), 'inactive'],
    ['section', ['a=recvonly'], AUDIO, 'flows'],
    ['default', [], AUDIO.filter((l) => l !== 'a=sendrecv'), 'flows'],
  ])('the direction is that of the %s (RFC 8866, 6.7)', (_name, head, audio, use) => {
    expect(uses(sdp(...HEAD, ...head, ...KEYS, ...audio))).toEqual([use]);
  });

  test('forty sections are as good as four', () => {
    const many = Array.from({ length: 40 }, (_, i) =>
      VIDEO.map((l) => l.replace('mid:1', `mid:v${i}`)),
    ).flat();
    const mids = Array.from({ length: 40 }, (_, i) => `v${i}`).join(' ');
    const text = offer(...many, ...AUDIO, ...DATA).replace('BUNDLE 0 1 2', `BUNDLE ${mids} 0 2`);
    expect(uses(text)).toEqual(['flows', 'flows', ...Array(38).fill('inactive'), 'flows', 'data']);
  });
});

describe('payload types', () => {
  const formats = (text: string) =>
    planOffer(text).verdicts.map((v) =>
      v.use === 'media' ? v.payloads.map((p) => `${p.type} ${p.codec}`) : [],
    );
  const audio = (types: string, ...lines: string[]) =>
    offer(...section(`m=audio 9 UDP/TLS/RTP/SAVPF ${types}`, '0', ...lines));
  const video = (types: string, ...lines: string[]) =>
    offer(...AUDIO, ...section(`m=video 9 UDP/TLS/RTP/SAVPF ${types}`, '1', ...lines));

  test.each([
    ['static ones without a map', audio('0 8 9 111', 'a=rtpmap:111 opus/48000/2')],
    ['upper case', audio('111', 'a=rtpmap:111 OPUS/48000/2')],
    ['blanks', audio('111', 'a=rtpmap: 111   opus / 48000 / 2')],
    ['no channels', audio('111', 'a=rtpmap:111 opus/48000')],
    ['one channel', audio('111', 'a=rtpmap:111 opus/48000/1')],
    ['a map given twice', audio('111', 'a=rtpmap:111 opus/48000/2', 'a=rtpmap:111 opus/48000/2')],
    ['a broken map before', audio('111', 'a=rtpmap:111 opus', 'a=rtpmap:111 opus/48000/2')],
    ['a type given twice', audio('111 111', 'a=rtpmap:111 opus/48000/2')],
    [
      'parameters of nothing',
      audio('111', 'a=fmtp:63 111/111', 'a=fmtp:', 'a=fmtp:x', 'a=rtpmap:111 opus/48000/2'),
    ],
    [
      'broken maps beside',
      audio('111 97', 'a=rtpmap', 'a=rtpmap:', 'a=rtpmap:97', 'a=rtpmap:x y', 'a=rtpmap:111 opus/48000/2'),
    ],
    ['a type that is no number', audio('x 111 999', 'a=rtpmap:111 opus/48000/2')],
  ])('Opus is found beside or with %s', (_name, text) => {
    expect(formats(text)).toEqual([['111 opus']]);
  });

  test('what is mapped and not on the media line is not offered', () => {
    expect(refusal(audio('0', 'a=rtpmap:111 opus/48000/2')).message).toMatch(/line 9 "m=audio .*Opus/);
  });

  test('Opus at another clock rate is none', () => {
    expect(refusal(audio('111', 'a=rtpmap:111 opus/16000/2')).code).toBe('bad_sdp');
  });

  test('VP8 comes before H264, and of H264 what may be fragmented', () => {
    expect(
      formats(
        video(
          '97 98 99 96',
          'a=rtpmap:97 H264/90000',
          'a=rtpmap:98 H264/90000',
          'a=fmtp:98 profile-level-id=42e01f; packetization-mode=1;max-mbps=5;sprop-parameter-sets=Z0LAHtoHgUUg,aM48gA==',
          'a=rtpmap:99 H264/90000',
          'a=fmtp:99 packetization-mode=2',
          'a=rtpmap:96 VP8/90000',
        ),
      )[1],
    ).toEqual(['96 vp8', '98 h264']);
  });

  test('a number that means Opus in the bundle means nothing else', () => {
    expect(formats(video('111 97', 'a=rtpmap:111 VP8/90000', 'a=rtpmap:97 H264/90000'))[1]).toEqual([
      '97 h264',
    ]);
    expect(uses(video('111', 'a=rtpmap:111 VP8/90000'))).toEqual(['flows', 'none']);
  });

  test('video without a codec of ours is rejected', () => {
    expect(uses(video('98', 'a=rtpmap:98 H265/90000'))).toEqual(['flows', 'none']);
  });
});

describe('the transport', () => {
  const transport = (text: string) => planOffer(text).transport;

  test('is that of the session where a section has none', () => {
    expect(transport(offer(...AUDIO))).toMatchObject({ iceUfrag: 'abcd', setup: 'actpass', iceLite: false });
  });

  test('is the section’s own where it has one', () => {
    const own = [
      'a=ice-ufrag:own',
      'a=ice-pwd:ownownownownownownownow',
      `a=fingerprint:sha-1 ${Array(20).fill('cd').join(':')}`,
    ];
    expect(transport(offer(...AUDIO, ...own, 'a=setup:passive'))).toMatchObject({
      iceUfrag: 'own',
      setup: 'passive',
      fingerprints: [{ hash: 'sha-1', value: Array(20).fill('CD').join(':') }],
    });
  });

  test('is that of the bundle’s first section which is taken', () => {
    const candidate = (port: number) => `a=candidate:1 1 udp 1 127.0.0.1 ${port} typ host`;
    const text = offer(...AUDIO, candidate(1000), ...VIDEO, candidate(2000), ...DATA, candidate(3000));
    const ports = (bundle: string) =>
      transport(text.replace('BUNDLE 0 1 2', bundle)).candidates.map((c) => c.split(' ')[5]);
    expect(ports('BUNDLE 0 1 2')).toEqual(['1000']);
    expect(ports('BUNDLE 2 1 0')).toEqual(['3000']);
    expect(ports('BUNDLE x 1 0 2')).toEqual(['2000']);
    expect(
      transport(text.replace('96 VP8', '96 H265').replace('BUNDLE 0 1 2', 'BUNDLE 1 0 2')).candidates,
    ).toEqual(['1 1 udp 1 127.0.0.1 1000 typ host']);
  });

  test('candidates of another section serve where the first has none, or only broken ones', () => {
    expect(
      transport(
        offer(...AUDIO, 'a=candidate:1 1 udp', ...VIDEO, 'a=candidate:1 1 udp 1 127.0.0.1 2000 typ host'),
      ).candidates,
    ).toHaveLength(1);
    expect(
      transport(offer(...AUDIO, ...VIDEO, 'a=candidate:1 1 udp 1 127.0.0.1 2000 typ host')).candidates,
    ).toHaveLength(1);
  });

  test('several fingerprints by several functions are kept, broken and unknown ones left out', () => {
    const more = [
      'a=fingerprint:md5 AB:CD',
      'a=fingerprint:sha-512 AB',
      'a=fingerprint:SHA-1 ' + Array(20).fill('0a').join(':'),
    ];
    expect(
      transport(offer(...AUDIO).replace('a=fingerprint', `${more.join('\r\n')}\r\na=fingerprint`))
        .fingerprints,
    ).toEqual([
      { hash: 'sha-1', value: Array(20).fill('0A').join(':') },
      { hash: 'sha-256', value: PRINT },
    ]);
  });

  test.each([
    ['active', 'active'],
    ['passive', 'passive'],
    ['ACTPASS', 'actpass'],
    ['holdconn', 'actpass'],
    ['', 'actpass'],
  ])('a=setup:%s is %s', (value, expected) => {
    expect(transport(offer(...AUDIO, `a=setup:${value}`)).setup).toBe(expected);
  });

  test('an ICE-lite client is told, whatever it says of the end of its candidates', () => {
    const text = offer(...AUDIO, 'a=end-of-candidates').replace('a=ice-ufrag', 'a=ice-lite\r\na=ice-ufrag');
    expect(transport(text)).toMatchObject({ iceLite: true });
    expect(canonicalOffer(planOffer(text))).toContain('a=ice-lite');
  });
});

describe('what is refused names its line', () => {
  const without = (prefix: string) => KEYS.filter((l) => !l.startsWith(prefix));
  test.each([
    ['is empty', '', 'line 1 ""'],
    ['is text', 'hello\r\nworld', 'line 2 "world"'],
    ['is HTML', '<html>\n</html>\n', 'line 2 "</html>"'],
    ['is huge', `v=0\r\n${'x'.repeat(300_000)}`, 'line 2 "……"'],
    ['has line ends in letters', JSON.stringify(offer(...AUDIO)).slice(1, -1), 'line 1 "v=0'],
    ['has no sections', sdp(...HEAD, ...KEYS), 'line 7 "a=fingerprint:…"'],
    ['is of another version', offer(...AUDIO).replace('v=0', 'v=1'), 'line 1 "v=1"'],
    ['has a broken media line', offer(...AUDIO, 'm=video x', 'a=mid:1'), 'line 14 "m=video x"'],
    ['has half a media line', 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio', 'line 5 "m=audio"'],
    [
      'has no ufrag',
      sdp(...HEAD, ...without('a=ice-ufrag'), ...AUDIO),
      'line 7 "m=audio 9 UDP/TLS/RTP/SAVPF 111"',
    ],
    ['has no pwd', sdp(...HEAD, ...without('a=ice-pwd'), ...AUDIO), 'line 7 "m=audio'],
    ['has a broken pwd', offer(...AUDIO).replace(/a=ice-pwd:/, '$&two words '), 'line 7 "a=ice-pwd:…"'],
    ['has no fingerprint', sdp(...HEAD, ...without('a=fingerprint'), ...AUDIO), 'line 7 "m=audio'],
    ['has a broken fingerprint', offer(...AUDIO).replace(':AB', ':XY'), 'line 8 "a=fingerprint:…"'],
    [
      'does not bundle its data',
      sdp(...HEAD, ...KEYS, ...AUDIO, ...DATA),
      'line 13 "m=application 9 UDP/DTLS/SCTP',
    ],
    ['offers no Opus', offer(...AUDIO).replace('opus/48000/2', 'PCMU/8000'), 'line 9 "m=audio'],
    [
      'has audio by another protocol',
      offer(...AUDIO).replace('UDP/TLS/RTP/SAVPF', 'RTP/X'),
      'line 9 "m=audio 9 RTP/X',
    ],
    [
      'has too many sections',
      offer(...Array.from({ length: 257 }, () => AUDIO).flat()),
      'line 1289 "m=audio',
    ],
  ])('an offer that %s', (_name, text, named) => {
    const error = refusal(text);
    expect([error.code, error.param]).toEqual(['bad_sdp', 'sdp']);
    expect(error.message).toContain(`Unusable SDP offer, ${named}`);
  });

  test.each([
    ['without audio', offer(...VIDEO), 'line 9 "m=video'],
    [
      'with rejected audio',
      offer(...VIDEO, ...AUDIO.map((l) => l.replace('audio 9', 'audio 0'))),
      'line 14 "m=audio 0',
    ],
  ])('an offer %s', (_name, text, named) => {
    expect(refusal(text)).toMatchObject({
      code: 'no_audio_in_offer',
      message: expect.stringContaining(named),
    });
  });
});

describe('camera and screen', () => {
  /** A section of video with this mid and these lines. */
  const video = (mid: string, direction: string, ...lines: string[]) =>
    section('m=video 9 UDP/TLS/RTP/SAVPF 96', mid, `a=${direction}`, 'a=rtpmap:96 VP8/90000', ...lines);
  const sources = (sections: readonly (readonly string[])[], known?: KnownSources) => {
    const mids = sections.map((_, i) => i + 1).join(' ');
    const text = sdp(...HEAD, `a=group:BUNDLE 0 ${mids}`, ...KEYS, ...AUDIO, ...sections.flat());
    return flowingVideos(planOffer(text, known)).map(({ mid, source }) => `${mid ?? ''} ${source}`);
  };
  const SLIDES = 'a=content:slides';

  test.each<[string, string[][], string[]]>([
    ['one that sends is the camera', [video('1', 'sendonly')], ['1 camera']],
    [
      'of two the second is the screen',
      [video('1', 'sendrecv'), video('2', 'sendonly')],
      ['1 camera', '2 screen'],
    ],
    [
      'a third is nothing',
      [video('1', 'sendonly'), video('2', 'sendonly'), video('3', 'sendonly')],
      ['1 camera', '2 screen'],
    ],
    [
      'one that does not send is passed over',
      [video('1', 'recvonly'), video('2', 'sendonly'), video('3', 'inactive'), video('4', 'sendonly')],
      ['2 camera', '4 screen'],
    ],
    ['a screen alone says so', [video('1', 'sendonly', SLIDES)], ['1 screen']],
    [
      'a screen that says so may come first',
      [video('1', 'sendonly', 'a=content:Speaker, Slides'), video('2', 'sendonly')],
      ['1 screen', '2 camera'],
    ],
    [
      'of two that say so the first is it, and the other no camera',
      [video('1', 'sendonly', SLIDES), video('2', 'sendonly', SLIDES)],
      ['1 screen'],
    ],
    [
      'a second one that says to be something else is no screen',
      [video('1', 'sendonly', 'a=content:main'), video('2', 'sendonly', 'a=content:alt')],
      ['1 camera'],
    ],
    [
      'a section that cannot be received is passed over',
      [section('m=video 9 UDP/TLS/RTP/SAVPF 99', '1', 'a=rtpmap:99 H265/90000'), video('2', 'sendonly')],
      ['2 camera'],
    ],
  ])('%s', (_what, sections, expected) => {
    expect(sources(sections)).toEqual(expected);
  });

  test('what a section was it stays, while others come and go', () => {
    const known: KnownSources = new Map([
      ['1', 'camera'],
      ['2', 'screen'],
    ]);
    const [on1, on2, off1, off2] = [
      video('1', 'sendonly'),
      video('2', 'sendonly'),
      video('1', 'inactive'),
      video('2', 'inactive'),
    ];
    expect(sources([off1, on2], known)).toEqual(['2 screen']);
    expect(sources([on1, off2], known)).toEqual(['1 camera']);
    expect(sources([on1, on2], new Map([['2', 'camera']]))).toEqual(['1 screen', '2 camera']);
    // Another one says what it is.
    expect(sources([on1, on2, video('3', 'sendonly', SLIDES)], known)).toEqual(['1 camera', '3 screen']);
  });

  test('are told of a browser’s offer by their order, each with its SSRCs', () => {
    const videos = flowingVideos(planOffer(offerOf('chrome-camera-screen-data')));
    expect(videos.map(({ source, mid }) => [source, mid])).toEqual([
      ['camera', '1'],
      ['screen', '2'],
    ]);
    expect(new Set(videos.flatMap(({ ssrcs }) => ssrcs)).size).toBe(4);
    expect(videos[0]?.payloadTypes).toEqual(videos[1]?.payloadTypes);
  });

  test('come with the SSRCs that are declared for them, and no more of them than are of use', () => {
    const many = Array.from({ length: 100 }, (_, i) => `a=ssrc:${i + 1000} cname:x`);
    const text = offer(
      ...AUDIO,
      ...video(
        '1',
        'sendonly',
        'a=ssrc-group:FID 7 8',
        'a=ssrc:7 cname:a',
        'a=ssrc:8 cname:a',
        'a=ssrc:x',
        ...many,
      ),
    );
    const [camera] = flowingVideos(planOffer(text));
    expect(camera?.ssrcs.slice(0, 3)).toEqual([7, 8, 1000]);
    expect(camera?.ssrcs.length).toBe(16);
    expect(camera?.payloadTypes).toEqual([96]);
  });
});
