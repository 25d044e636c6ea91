/** Real: reading, planning and writing. The library's end is written down. */
import { complaintsAbout } from '../../../../test/support/answer-checker.js';
import { LOCAL, offerOf } from '../../../../test/support/offers.js';
import { Agreement } from './agreement.js';
import { planOffer } from './plan.js';

const CHROME = offerOf('chrome-audio-video-data');
const AUDIO_DATA = (() => {
  const [session = '', audio = '', , data = ''] = CHROME.split(/^(?=m=)/m);
  return session.replace('BUNDLE 0 1 2', 'BUNDLE 0 2') + audio + data;
})();
const restarted = CHROME.replace(/a=ice-ufrag:.*/g, 'a=ice-ufrag:anew').replace(
  /a=ice-pwd:.*/g,
  `a=ice-pwd:${'n'.repeat(24)}`,
);

function begun(offerSdp = CHROME): Agreement {
  return new Agreement(
    { offerSdp, plan: planOffer(offerSdp), local: LOCAL },
    { videoKbps: 800, framerate: 2, dtx: false },
  );
}
const unchanged = () => ({ ufrag: LOCAL.iceUfrag, password: LOCAL.icePwd });

test('another offer is answered with a new version of our description, and the same end of the transport', () => {
  const agreement = begun(AUDIO_DATA);
  expect(agreement.trackKinds).toEqual(['audio']);
  const before = agreement.answerSdp;
  agreement.renew(CHROME, unchanged);
  const { answerSdp } = agreement;
  expect(complaintsAbout(answerSdp, CHROME)).toEqual([]);
  expect(agreement.trackKinds).toEqual(['audio', 'video']);
  expect([...agreement.payloadTypes.values()]).toContain('vp8');
  const [first, second] = [before, answerSdp].map((sdp) => /^o=- (\d+) (\d+) /m.exec(sdp) ?? []);
  expect([second?.[1], Number(second?.[2])]).toEqual([first?.[1], Number(first?.[2]) + 1]);
  for (const line of ['ice-ufrag', 'ice-pwd', 'fingerprint', 'setup', 'candidate']) {
    const of = (sdp: string) => new Set(sdp.match(new RegExp(`^a=${line}:.*`, 'gm')));
    expect(of(answerSdp)).toEqual(of(before));
  }
});

test('new credentials restart ICE, and ours are in the answer', () => {
  const agreement = begun();
  const asked: unknown[] = [];
  agreement.renew(restarted, (remote) => {
    asked.push(remote);
    return { ufrag: 'ours', password: 'o'.repeat(22) };
  });
  expect(asked).toEqual([{ ufrag: 'anew', password: 'n'.repeat(24) }]);
  expect(new Set(agreement.answerSdp.match(/^a=ice-(ufrag|pwd):.*/gm))).toEqual(
    new Set(['a=ice-ufrag:ours', `a=ice-pwd:${'o'.repeat(22)}`]),
  );
  expect(agreement.ice).toEqual({
    ufrag: 'ours',
    password: 'o'.repeat(22),
    candidates: LOCAL.candidates,
    kind: 'audio',
    mid: '0',
  });
});

test.each([
  ['another certificate', CHROME.replace(/(a=fingerprint:sha-256 )..:/g, '$100:').replace('100:', '11:')],
  ['the other DTLS role', CHROME.replaceAll('a=setup:actpass', 'a=setup:passive')],
  ['no SDP', 'hello'],
])('%s is refused, and nothing has changed', (_what, offer) => {
  const agreement = begun();
  const before = agreement.answerSdp;
  const restart = () => {
    throw new Error('not restarted');
  };
  expect(() => agreement.renew(offer, restart)).toThrow(expect.objectContaining({ code: 'bad_sdp' }));
  expect(agreement.answerSdp).toBe(before);
});

test('data channels cannot begin where the call began without', () => {
  const [session = '', audio = ''] = CHROME.split(/^(?=m=)/m);
  const agreement = begun(session.replace('BUNDLE 0 1 2', 'BUNDLE 0') + audio);
  expect(() => agreement.renew(CHROME, unchanged)).toThrow(
    expect.objectContaining({ message: expect.stringContaining('without data channels') as string }),
  );
});

test('a camera can go, too', () => {
  const agreement = begun();
  agreement.renew(CHROME.replace(/(m=video[\s\S]*?)a=sendrecv/, '$1a=inactive'), unchanged);
  expect(agreement.trackKinds).toEqual(['audio']);
});

test('a screen comes and goes by further offers, and stays what it was without the camera', () => {
  const screen = (CHROME.split(/^(?=m=)/m)[2] ?? '')
    .replace('a=mid:1', 'a=mid:3')
    .replaceAll('2017462808', '7');
  const both = CHROME.replace('BUNDLE 0 1 2', 'BUNDLE 0 1 2 3') + screen;
  const agreement = begun();
  const videos = () => agreement.videos.map(({ source, mid }) => [source, mid]);
  expect(videos()).toEqual([['camera', '1']]);
  agreement.renew(both, unchanged);
  expect(videos()).toEqual([
    ['camera', '1'],
    ['screen', '3'],
  ]);
  expect(agreement.videos.map(({ ssrcs }) => ssrcs[0])).toEqual([2_017_462_808, 7]);
  expect(agreement.midExtension).toBe(4);
  agreement.renew(both.replace(/(m=video[\s\S]*?)a=sendrecv/, '$1a=inactive'), unchanged);
  expect(videos()).toEqual([['screen', '3']]);
  agreement.renew(both, unchanged);
  expect(videos().map(([source]) => source)).toEqual(['camera', 'screen']);
  agreement.renew(CHROME, unchanged);
  expect(videos()).toEqual([['camera', '1']]);
});
