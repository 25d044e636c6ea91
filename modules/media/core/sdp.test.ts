import { answerTo, offerOf } from '../../../test/support/offers.js';
import { answeredPayloadTypes } from './sdp.js';

describe('answeredPayloadTypes', () => {
  const { answer } = answerTo(offerOf('chrome-audio-video-data'));

  test('are those of the accepted sections', () => {
    expect([...answeredPayloadTypes(answer)]).toEqual([
      [111, 'opus'],
      [96, 'vp8'],
      [102, 'h264'],
      [98, 'vp9'],
      [45, 'av1'],
    ]);
  });

  test('are none of a rejected one', () => {
    expect([...answeredPayloadTypes(answer.replace('m=video 9', 'm=video 0'))]).toEqual([[111, 'opus']]);
  });
});
