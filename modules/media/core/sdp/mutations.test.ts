/** Whatever becomes of an offer on its way: it is answered as a strict client expects, or refused with a code and a line. */
import { VisavisError } from '#modules/contracts';
import fc from 'fast-check';

import { complaintsAbout } from '../../../../test/support/answer-checker.js';
import { mutatedOffers } from '../../../../test/support/mutated-offers.js';
import { answerTo, offerOf } from '../../../../test/support/offers.js';

/** What is wrong with what becomes of an offer: with its answer, or with the refusal. */
function complaints(offer: string): string[] {
  try {
    return complaintsAbout(answerTo(offer).answer, offer);
  } catch (error) {
    return complaintsAboutRefusal(error);
  }
}

function complaintsAboutRefusal(error: unknown): string[] {
  if (!(error instanceof VisavisError)) return [`threw ${String(error)}`];
  if (error.code !== 'bad_sdp' && error.code !== 'no_audio_in_offer') return [`code ${error.code}`];
  return /line \d+ "\P{Cc}{0,81}"/u.test(error.message) ? [] : [`no line in "${error.message}"`];
}

/** Milliseconds of the processor, not of the clock (other work of the machine does not count), that an offer takes. */
function cost(offer: string): number {
  const before = process.cpuUsage();
  try {
    answerTo(offer);
  } catch {
    // A refusal costs as well.
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

test('mutated offers are answered, or refused with a line', () => {
  fc.assert(
    fc.property(mutatedOffers, (offer) => {
      expect(complaints(offer)).toEqual([]);
    }),
    { numRuns: 800 },
  );
});

/** The least of some tries: the first may wait for the compiler, and any for a neighbour's cache. */
const leastCost = (offer: string) => Math.min(...Array.from({ length: 4 }, () => cost(offer)));

test.each([
  ['lines', 'a=x\n'.repeat(60_000)],
  ['attributes', Array.from({ length: 40_000 }, (_, i) => `a=${i}`).join('\n')],
  ['empty lines', '\n'.repeat(250_000)],
  ['one line', `a=${'x'.repeat(250_000)}`],
  ['blanks', ' '.repeat(250_000)],
  ['blanks in a line', `a=rtpmap:111${' '.repeat(120_000)}opus${' '.repeat(120_000)}`],
  ['blanks in a media line', `m=audio 9${' '.repeat(240_000)}x`],
  ['types in a media line', `m=audio 9 RTP/AVP ${'1 '.repeat(120_000)}x`],
  ['groups', 'a=group:BUNDLE 0\n'.repeat(15_000)],
  ['mids', `a=group:BUNDLE ${'x '.repeat(120_000)}`],
  ['candidates', 'a=candidate:1 1 udp 1 x.y.z 1 typ host\n'.repeat(6000)],
  ['host names', `a=candidate:1 1 udp 1 ${'a-'.repeat(120_000)} 1 typ host`],
  ['colons', `a=candidate:1 1 udp 1 ${'1:'.repeat(120_000)} 1 typ host`],
  ['rtpmaps', 'a=rtpmap:111 opus/48000/2\n'.repeat(9000)],
  ['fmtps', `a=fmtp:102 ${'packetization-mode '.repeat(13_000)}`],
  ['fingerprints', 'a=fingerprint:sha-256 AB\n'.repeat(10_000)],
  ['hex', `m=${'AB:'.repeat(80_000)}`],
])('a quarter of a megabyte of %s is read in one pass, wherever it stands', (_name, junk) => {
  const chrome = offerOf('chrome-audio-video-data');
  const offers = (text: string) => [
    text,
    chrome.replace('t=0 0', () => `t=0 0\r\n${text}`),
    chrome.replace('a=mid:0', () => `${text}\r\na=mid:0`),
    chrome.replace('a=rtpmap:102', () => `${text}\r\na=rtpmap:102`),
    chrome + text,
  ];
  const quarters = offers(junk.slice(0, junk.length / 4));
  for (const [at, offer] of offers(junk).entries()) {
    // Four times as much costs four times as much in one pass, and sixteen times where the work grows with the square.
    expect(leastCost(offer)).toBeLessThan(8 * leastCost(quarters[at] ?? '') + 5);
  }
});
