/** Which offers a publisher may make, after an offer of Chrome's. */
import { offerOf } from '../../../../test/support/offers.js';
import { checkPublication } from './publication.js';

const CHROME = offerOf('chrome-audio-video-data').replaceAll('a=sendrecv', 'a=sendonly');
const [session = '', audio = '', video = ''] = CHROME.split(/^(?=m=)/m);
const offer = (...sections: string[]) => {
  const named = sections.map((section, mid) => section.replace(/a=mid:.*/, `a=mid:${mid}`));
  const mids = named.map((_, mid) => mid).join(' ');
  return [session.replace(/a=group:BUNDLE.*/, `a=group:BUNDLE ${mids}`), ...named].join('');
};
const msid = (section: string, stream: string) => {
  const bare = section.replace(/a=(msid|ssrc|ssrc-group):.*\r\n/g, '');
  return bare.replace('a=sendonly', `a=msid:${stream} track\r\na=sendonly`);
};

test.each([
  ['sound and a picture', offer(audio, video)],
  ['sound', offer(audio)],
  ['both of one stream', offer(msid(audio, 'one'), msid(video, 'one'))],
  ['both of none', offer(msid(audio, '-'), msid(video, '-'))],
  ['both directions', offer(audio, video).replaceAll('a=sendonly', 'a=sendrecv')],
  ['the strict form of rtcp-mux', offer(audio).replace('a=rtcp-mux', 'a=rtcp-mux-only')],
])('%s', (_what, sdp) => {
  expect(() => checkPublication(sdp)).not.toThrow();
});

test.each([
  ['two cameras', offer(audio, video, video), 'more than one section of video'],
  ['two microphones', offer(audio, audio), 'more than one section of audio'],
  ['two streams', offer(msid(audio, 'one'), msid(video, 'two')), 'another MediaStream'],
  ['a camera outside of the bundle', offer(audio, video).replace('BUNDLE 0 1', 'BUNDLE 0'), 'BUNDLE'],
  ['RTCP of its own', offer(audio, video.replace('a=rtcp-mux\r\n', '')), 'rtcp-mux'],
  [
    'a codec that is not known',
    offer(audio, video.replaceAll(/(VP8|H264|VP9|AV1)\//g, 'AV2/')),
    'understood',
  ],
  ['a camera that only receives', offer(audio, video.replace('a=sendonly', 'a=recvonly')), 'sends nothing'],
  ['a microphone that is inactive', offer(audio.replace('a=sendonly', 'a=inactive')), 'sends nothing'],
])('%s: the whole offer is refused', (_what, sdp, why) => {
  expect(() => checkPublication(sdp)).toThrow(
    expect.objectContaining({
      code: 'unacceptable_offer',
      message: expect.stringMatching(new RegExp(`line \\d+ "m=.*${why}`)) as string,
    }),
  );
});

test('what is no offer is told from one that is not taken', () => {
  expect(() => checkPublication('v=0')).toThrow(expect.objectContaining({ code: 'bad_sdp' }));
  expect(() => checkPublication(offer(video))).toThrow(
    expect.objectContaining({ code: 'no_audio_in_offer' }),
  );
});
