/** Every offer of other stacks, and variants of one, answered by all but the library; a checker of its own judges the answers. */
import { complaintsAbout } from '../../../../test/support/answer-checker.js';
import { answerTo, LOCAL, offerOf, OFFERS, REFUSED } from '../../../../test/support/offers.js';
import { answeredPayloadTypes } from '../sdp.js';
import { writeAnswer } from './answer.js';
import { planOffer } from './plan.js';

const CHROME = offerOf('chrome-audio-video-data');
const AUDIO_ONLY = CHROME.slice(0, CHROME.indexOf('m=video')).replace('BUNDLE 0 1 2', 'BUNDLE 0');

/** The lines of one section of an answer. */
const section = (answer: string, index: number) => answer.split(/^m=/m)[index + 1]?.split('\r\n') ?? [];
const directions = (answer: string) => answer.match(/^a=(sendrecv|sendonly|recvonly|inactive)/gm);

test.each([...OFFERS.keys()].filter((name) => !REFUSED.includes(name)))(
  'the offer of %s is answered',
  (name) => {
    const offer = offerOf(name);
    const { answer } = answerTo(offer);
    expect(complaintsAbout(answer, offer)).toEqual([]);
    expect(answer).toMatch(/^m=audio 9 [\s\S]*?^a=recvonly/m);
    expect(/^m=application/m.test(offer)).toBe(/^m=application 9/m.test(answer));
    expect([...answeredPayloadTypes(answer).values()]).toContain('opus');
  },
);

test('without a bundle GStreamer’s offer is refused, and its data section is named', () => {
  expect(() => answerTo(offerOf('gstreamer-no-bundle'))).toThrow(
    expect.objectContaining({
      code: 'bad_sdp',
      message: expect.stringMatching(/line \d+ "m=application .*BUNDLE/),
    }),
  );
});

describe('one thing changed in an offer of Chrome', () => {
  const everyLine = (edit: (line: string, index: number) => string, end = '\r\n') =>
    CHROME.split('\r\n').map(edit).join(end);
  const VARIANTS: readonly [name: string, offer: string][] = [
    ['a=fmtp without rtpmap', CHROME.replace('a=rtpmap:63 red/48000/2\r\n', '')],
    ['no rtpmap but that of Opus', CHROME.replace(/a=rtpmap:(?!111|96 ).*\r\n/g, '')],
    ['no rtpmaps of static types', CHROME.replace(/a=rtpmap:[089] .*\r\n/g, '')],
    ['a=rtcp without an address', CHROME.replace(/a=rtcp:9 IN.*/g, 'a=rtcp:9')],
    ['a=rtcp of an IPv6 address', CHROME.replace(/a=rtcp:9 IN.*/g, 'a=rtcp:53020 IN IP6 2001:db8::1')],
    ['a=rtcp that is broken', CHROME.replace(/a=rtcp:9 IN.*/g, 'a=rtcp:')],
    ['a blank after c=', CHROME.replace(/^(c=.*)\r$/gm, '$1 \r')],
    ['c= with a TTL', CHROME.replace(/^c=.*\r$/gm, 'c=IN IP4 224.2.1.1/127/3\r')],
    ['no c=', CHROME.replace(/^c=.*\r\n/gm, '')],
    ['c= in the session', CHROME.replace('t=0 0', 'c=IN IP6 ::1\r\nt=0 0')],
    [
      'b= of each kind',
      CHROME.replace(/^(c=.*)\r$/gm, '$1\r\nb=AS:500\r\nb=TIAS:500000\r\nb=X-YZ:1\r\nb=\r'),
    ],
    [
      't= and r= that are odd',
      CHROME.replace('t=0 0', 't=3034423619 3042462419\r\nr=7d 1h 0 25h\r\nz=2882844526 -1h'),
    ],
    ['no t=, s= and o=', CHROME.replace(/^[tso]=.*\r\n/gm, '')],
    [
      'i=, u=, e=, p= and k=',
      CHROME.replace('t=0 0', 'i=x\r\nu=http://127.0.0.1/\r\ne=a@b.c\r\np=+1\r\nt=0 0\r\nk=prompt'),
    ],
    ['one LF', CHROME.replace(/(a=mid:0)\r\n/, '$1\n')],
    ['one LF after the fingerprint', CHROME.replace(/(a=fingerprint:.*)\r\n/, '$1\n')],
    ['LF', everyLine((l) => l, '\n')],
    ['CR', everyLine((l) => l, '\r')],
    ['every other line LF', everyLine((l, i) => l + (i % 2 ? '\r\n' : '\n'), '')],
    ['CR CR LF', everyLine((l) => l, '\r\r\n')],
    ['blanks at the ends', everyLine((l) => `  ${l}\t `)],
    ['blank lines', everyLine((l) => l, '\r\n\r\n')],
    ['no end of the last line', CHROME.trimEnd()],
    ['a byte order mark', `\uFEFF${CHROME}`],
    ['upper-case names', everyLine((l) => l.replace(/^a=[^:]*/, (name) => name.toUpperCase()))],
    ['no mid in a single section', AUDIO_ONLY.replace(/a=(mid|group).*\r\n/g, '')],
    ['no group for a single section', AUDIO_ONLY.replace(/a=group.*\r\n/g, '')],
    ['a group that names others too', CHROME.replace('BUNDLE 0 1 2', 'BUNDLE x 0 1 2 y 2')],
    [
      'groups of other kinds',
      CHROME.replace('a=group', 'a=group:LS 0 1\r\na=group:FID 0 1\r\na=group:\r\na=group'),
    ],
    ['two bundles', CHROME.replace('BUNDLE 0 1 2', 'BUNDLE 0 2\r\na=group:BUNDLE 1')],
    ['the data first in the bundle', CHROME.replace('BUNDLE 0 1 2', 'BUNDLE 2 1 0')],
    ['a blank after the mid', CHROME.replace('a=mid:1', 'a=mid:1 ')],
    ['a mid given twice', CHROME.replace('a=mid:1', 'a=mid:0')],
    ['a mid that is long', CHROME.replace('a=mid:1', `a=mid:${'x'.repeat(300)}`)],
    [
      'the direction in the session',
      CHROME.replace(/a=sendrecv\r\n/g, '').replace('t=0 0', 't=0 0\r\na=sendrecv'),
    ],
    ['no direction', CHROME.replace(/a=sendrecv\r\n/g, '')],
    ['two directions', CHROME.replace(/a=sendrecv/g, 'a=sendonly\r\na=sendrecv')],
    ['one candidate cut', CHROME.replace(/(a=candidate:\S+ 1 udp \S+).*/, '$1')],
    [
      'candidates of every sort',
      CHROME.replace(
        /a=candidate/,
        'a=candidate\r\na=candidate:\r\na=candidate:1 1 udp 1 :: 0 typ\r\na=candidate',
      ),
    ],
    ['no candidates', CHROME.replace(/a=candidate.*\r\n/g, '')],
    ['the end of candidates', CHROME.replace(/a=mid/g, 'a=end-of-candidates\r\na=mid')],
    [
      'session-level transport',
      CHROME.replace(/a=(ice-|fingerprint|setup).*\r\n/g, '').replace(
        't=0 0',
        `t=0 0\r\n${CHROME.match(/a=(ice-|fingerprint|setup).*(?=\r)/g)
          ?.slice(0, 5)
          .join('\r\n')}`,
      ),
    ],
    [
      'transport in its first section alone',
      CHROME.slice(0, CHROME.indexOf('m=video')) +
        CHROME.slice(CHROME.indexOf('m=video')).replace(/a=(ice-|fingerprint|setup).*\r\n/g, ''),
    ],
    ['no a=setup', CHROME.replace(/a=setup.*\r\n/g, '')],
    ['a=setup:active', CHROME.replace(/a=setup:actpass/g, 'a=setup:active')],
    ['a=setup:passive', CHROME.replace(/a=setup:actpass/g, 'a=setup:passive')],
    ['a=setup:what', CHROME.replace(/a=setup:actpass/g, 'a=setup:what')],
    [
      'several fingerprints',
      CHROME.replace(
        /a=fingerprint/g,
        `a=fingerprint:md5 AB\r\na=fingerprint:sha-1 ${Array(20).fill('0b').join(':')}\r\na=fingerprint`,
      ),
    ],
    ['ICE lite', CHROME.replace('t=0 0', 't=0 0\r\na=ice-lite')],
    [
      'ICE options',
      CHROME.replace(
        /a=ice-options.*/g,
        'a=ice-options:trickle renomination ice2\r\na=ice-options:\r\na=ice-pacing:50',
      ),
    ],
    ['no rtcp-mux', CHROME.replace(/a=rtcp-mux\r\n/g, '')],
    [
      'bundle-only',
      CHROME.replace(/^m=(video|application) \d+/gm, 'm=$1 0').replace(/a=mid:[12]/g, '$&\r\na=bundle-only'),
    ],
    ['msids of every sort', CHROME.replace(/a=msid:.*/g, 'a=msid:-\r\na=msid:a b c\r\na=msid:\r\na=msid')],
    [
      'ssrcs that are broken',
      CHROME.replace(
        /a=ssrc:.*/g,
        'a=ssrc:\r\na=ssrc:x\r\na=ssrc\r\na=ssrc-group:\r\na=ssrc-group:SIM 1 2 3',
      ),
    ],
    [
      'extmaps that are broken',
      CHROME.replace(/a=extmap:1 /g, 'a=extmap:\r\na=extmap\r\na=extmap:1\r\na=extmap:x y\r\na=extmap:1 '),
    ],
    ['extmaps with a direction', CHROME.replace(/a=extmap:(\d+) /g, 'a=extmap:$1/sendonly ')],
    [
      'extmaps in the session',
      CHROME.replace(/a=extmap:.*\r\n/g, '').replace(
        't=0 0',
        't=0 0\r\na=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid',
      ),
    ],
    [
      'feedback for all types',
      CHROME.replace(/a=rtcp-fb:.*\r\n/g, '').replace(
        'a=rtpmap:96',
        'a=rtcp-fb:* nack pli\r\na=rtcp-fb:*\r\na=rtpmap:96',
      ),
    ],
    [
      'simulcast of every draft',
      CHROME.replace(
        'a=mid:1',
        'a=mid:1\r\na=rid:h send\r\na=rid:~l send pt=96\r\na=rid:\r\na=simulcast:send h;~l\r\na=simulcast: send rid=h;l',
      ),
    ],
    ['a section switched off in between', CHROME.replace(/^m=video \d+/m, 'm=video 0')],
    [
      'unknown attributes',
      CHROME.replace(/a=mid/g, 'a=\r\na=:\r\na=x:\r\na=x y z\r\nx=y\r\nmid\r\n=\r\na=mid'),
    ],
    [
      'unknown sections',
      `${CHROME}m=text 9 RTP/AVP 98\r\nm=x 0 y z\r\nm=image 49170 udptl t38\r\na=mid:0\r\n`,
    ],
    ['a section without formats', `${CHROME}m=image 9 udptl\r\n`],
    ['a port with a count', CHROME.replace(/^m=audio \d+/m, 'm=audio 49170/2')],
    ['other RTP protocols', CHROME.replace(/UDP\/TLS\/RTP\/SAVPF/g, 'RTP/SAVPF')],
    ['a very long line', CHROME.replace('t=0 0', `t=0 0\r\na=x:${'y'.repeat(200_000)}`)],
    [
      '20 more sections',
      CHROME.replace(
        'BUNDLE 0 1 2',
        `BUNDLE 0 1 2 ${Array.from({ length: 20 }, (_, i) => `v${i}`).join(' ')}`,
      ) +
        Array.from(
          { length: 20 },
          (_, i) =>
            `m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:v${i}\r\na=sendonly\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n`,
        ).join(''),
    ],
  ];

  test.each(VARIANTS)('%s: it is answered', (_name, offer) => {
    const { answer } = answerTo(offer);
    expect(complaintsAbout(answer, offer)).toEqual([]);
    expect(answer).toMatch(/^m=audio 9 .*[\s\S]*?^a=recvonly/m);
  });

  test('the direction is inherited from the session', () => {
    const offer = CHROME.replace(/a=sendrecv\r\n/g, '').replace('t=0 0', 't=0 0\r\na=recvonly');
    expect(directions(answerTo(offer).answer)).toEqual(['a=inactive', 'a=inactive']);
  });

  test('every type of a section that is rejected is repeated', () => {
    const { answer } = answerTo(CHROME.replace(/^m=video \d+/m, 'm=video 0'));
    expect(section(answer, 1).filter(Boolean)).toEqual([
      CHROME.match(/^m=(video.*)$/m)?.[1]
        ?.trim()
        .replace(/ \d+/, ' 0'),
      'c=IN IP4 0.0.0.0',
      'a=mid:1',
      'a=inactive',
    ]);
  });
});

describe('what the client is told', () => {
  const { answer } = answerTo(CHROME);
  const [audio, video] = [section(answer, 0), section(answer, 1)];

  test('only feedback that is wanted', () => {
    const lines = [...audio, ...video].filter((l) => l.startsWith('a=rtcp-fb:'));
    const kinds = Map.groupBy(lines, (l) => l.split(' ', 1)[0]);
    expect(kinds.size).toBe(video[0]?.split(' ').slice(3).length);
    for (const [type, of] of kinds)
      expect(of).toEqual([`${type} nack pli`, `${type} ccm fir`, `${type} goog-remb`]);
    expect(answer).not.toContain('transport-wide-cc');
  });

  test('how much video, after the connection line', () => {
    expect(answer.match(/^b=.*$/gm)).toEqual(['b=AS:800', 'b=TIAS:800000']);
    expect(video[2]).toBe('b=AS:800');
  });

  test('how many frames', () => {
    expect(video).toContain('a=framerate:2');
    expect(audio.join()).not.toContain('framerate');
  });

  test('how Opus is wanted', () => {
    expect(audio.filter((l) => l.startsWith('a=fmtp:'))).toEqual([
      'a=fmtp:111 minptime=10;useinbandfec=1;stereo=0;maxplaybackrate=16000',
    ]);
  });

  test('which H264, VP9 and AV1 are meant', () => {
    expect(video.filter((l) => l.startsWith('a=fmtp:'))).toEqual([
      expect.stringMatching(
        /^a=fmtp:\d+ level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=\w{6}$/,
      ),
      expect.stringMatching(/^a=fmtp:\d+ profile-id=0$/),
      expect.stringMatching(/^a=fmtp:\d+ level-idx=5;profile=0;tier=0$/),
    ]);
  });

  test('VP8 before the others, which take longer to decode', () => {
    const names = video.flatMap((l) => /^a=rtpmap:\d+ (\w+)/.exec(l)?.[1] ?? []);
    expect(names).toEqual(['VP8', 'H264', 'VP9', 'AV1']);
  });

  test('no packets in silence, where these are not wanted', () => {
    const plan = planOffer(CHROME);
    const quiet = writeAnswer(plan, LOCAL, { videoKbps: 800, framerate: 2, dtx: true });
    expect(quiet).toMatch(/^a=fmtp:111 .*;usedtx=1$/m);
    expect(answer).not.toContain('usedtx');
  });

  test('no simulcast', () => {
    expect(answerTo(offerOf('chrome-simulcast')).answer).not.toMatch(/a=(rid|simulcast)/);
  });

  test('that we begin the handshake, where it waits', () => {
    expect(
      answerTo(CHROME.replace(/a=setup:actpass/g, 'a=setup:passive')).answer.match(/a=setup:.*/g),
    ).toEqual(Array(3).fill(expect.stringContaining('active')));
  });
});

describe('what the library is given', () => {
  test('holds nothing that the offer says beside the transport and the types', () => {
    for (const [name, offer] of OFFERS) {
      if (REFUSED.includes(name)) continue;
      const { canonical } = answerTo(offer);
      for (const line of canonical.trimEnd().split('\r\n')) {
        expect(line).toMatch(
          /^(v=0|o=- 1 1 IN IP4 0\.0\.0\.0|s=-|t=0 0|m=\w+ 9 \S+ [\w -]+|c=IN IP4 0\.0\.0\.0|a=(group:BUNDLE 0( 1)?( 2)?( 3)?|mid:[0123]|sendonly|rtcp-mux|rtpmap:\d+ (opus\/48000\/2|(vp8|h264|vp9|av1)\/90000)|ice-ufrag:\S+|ice-pwd:\S+|fingerprint:sha-\d+ [\dA-F:]+|setup:(actpass|active|passive)|candidate:\S+ 1 .*|sctp-port:\d+|max-message-size:\d+))$/,
        );
      }
    }
  });

  test('are sections of what is used alone', () => {
    expect(answerTo(offerOf('chrome-recvonly-first')).canonical.match(/^m=\w+/gm)).toEqual([
      'm=audio',
      'm=video',
      'm=video',
      'm=application',
    ]);
  });
});
