/** Whatever becomes of an offer on its way: it is answered as a strict client expects, or refused with a code and a line. */
import { VisavisError } from '#modules/contracts';
import fc from 'fast-check';

import { complaintsAbout } from '../../../../test/support/answer-checker.js';
import { answerTo, offerOf, OFFERS } from '../../../../test/support/offers.js';

type Mutation = (lines: string[], at: number, text: string) => void;
const MUTATIONS: Record<string, Mutation> = {
  delete: (lines, at) => void lines.splice(at, 1),
  duplicate: (lines, at) => void lines.splice(at, 0, lines[at] ?? ''),
  truncate: (lines, at) => (lines[at] = (lines[at] ?? '').slice(0, at % 17)),
  cutHead: (lines, at) => (lines[at] = (lines[at] ?? '').slice(at % 5)),
  upper: (lines, at) => (lines[at] = (lines[at] ?? '').toUpperCase()),
  lower: (lines, at) => (lines[at] = (lines[at] ?? '').toLowerCase()),
  join: (lines, at) => void lines.splice(at, 2, `${lines[at] ?? ''}${lines[at + 1] ?? ''}`),
  swap: (lines, at) => void lines.splice(at, 2, lines[at + 1] ?? '', lines[at] ?? ''),
  end: (lines, at) => void lines.splice(at),
  digits: (lines, at) => (lines[at] = (lines[at] ?? '').replace(/\d+/, '99999999999')),
  zero: (lines, at) => (lines[at] = (lines[at] ?? '').replace(/\d+/, '0')),
  junk: (lines, at, text) => void lines.splice(at, 0, text),
  replace: (lines, at, text) => (lines[at] = (lines[at] ?? '').replace(/(?<=[:= ])[^:= ]*$/, () => text)),
};

const mutated = fc
  .tuple(
    fc.constantFrom(...OFFERS.keys()),
    fc.array(
      fc.tuple(
        fc.constantFrom(...Object.keys(MUTATIONS)),
        fc.nat(1000),
        fc.oneof(fc.string(), fc.string({ unit: 'binary' })),
      ),
      { minLength: 1, maxLength: 12 },
    ),
    fc.constantFrom('\r\n', '\n', '\r'),
  )
  .map(([name, mutations, end]) => {
    const lines = (OFFERS.get(name) ?? '').split('\r\n');
    for (const [kind, at, text] of mutations) MUTATIONS[kind]?.(lines, at % Math.max(lines.length, 1), text);
    return lines.join(end);
  });

/** @returns the answer, or null where the offer was refused as it should be */
function judge(offer: string): string | null {
  try {
    return answerTo(offer).answer;
  } catch (error) {
    if (!(error instanceof VisavisError)) throw error;
    expect(error.code).toMatch(/^(bad_sdp|no_audio_in_offer)$/);
    // oxlint-disable-next-line no-control-regex -- none is in it
    expect(error.message).toMatch(/line \d+ "[^\u0000-\u001f]{0,81}"/);
    return null;
  }
}

/** Milliseconds of the processor, not of the clock: other work of the machine does not count. */
function cost(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

test('mutated offers are answered, or refused with a line', () => {
  fc.assert(
    fc.property(mutated, (offer) => {
      const answer = judge(offer);
      if (answer !== null) expect(complaintsAbout(answer, offer)).toEqual([]);
    }),
    { numRuns: 1500 },
  );
});

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
])('a quarter of a megabyte of %s takes less than 50 ms, wherever it stands', (_name, junk) => {
  const chrome = offerOf('chrome-audio-video-data');
  for (const offer of [
    junk,
    chrome.replace('t=0 0', () => `t=0 0\r\n${junk}`),
    chrome.replace('a=mid:0', () => `${junk}\r\na=mid:0`),
    chrome.replace('a=rtpmap:102', () => `${junk}\r\na=rtpmap:102`),
    chrome + junk,
  ]) {
    // The first of three may wait for the compiler.
    expect(Math.min(...[1, 2, 3].map(() => cost(() => void judge(offer))))).toBeLessThan(50);
  }
});
