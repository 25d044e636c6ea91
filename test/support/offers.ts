import { readdirSync, readFileSync } from 'node:fs';

import { writeAnswer, type LocalTransport } from '../../modules/media/core/sdp/answer.js';
import { canonicalOffer } from '../../modules/media/core/sdp/canonical.js';
import { planOffer } from '../../modules/media/core/sdp/plan.js';

const FOLDER = new URL('../fixtures/offers/', import.meta.url);

/** The offers of other stacks, by name. */
export const OFFERS: ReadonlyMap<string, string> = new Map(
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.sdp'))
    .toSorted()
    .map((name) => [name.replace(/\.sdp$/, ''), readFileSync(new URL(name, FOLDER), 'utf8')]),
);

/** Those that are refused, each for what its README says. */
export const REFUSED = ['gstreamer-no-bundle'];

export function offerOf(name: string): string {
  const offer = OFFERS.get(name);
  if (offer === undefined) throw new Error(`no fixture ${name}`);
  return offer;
}

/** What the library would say of our end. */
export const LOCAL: LocalTransport = {
  origin: '- 12345678 0 IN IP4 0.0.0.0',
  iceUfrag: 'abcd',
  icePwd: 'abcdefghijklmnopqrstuv',
  fingerprints: [`sha-256 ${Array(32).fill('AB').join(':')}`],
  setup: 'passive',
  candidates: ['1 1 udp 2130706431 127.0.0.1 40000 typ host'],
  sctpPort: '5000',
  maxMessageSize: '262144',
};

/** Answers an offer by everything but the library. @throws VisavisError */
export function answerTo(offer: string): { answer: string; canonical: string } {
  const plan = planOffer(offer);
  const setup = plan.transport.setup === 'passive' ? 'active' : 'passive';
  return {
    answer: writeAnswer(plan, { ...LOCAL, setup }, { videoKbps: 800, framerate: 2, dtx: false }),
    canonical: canonicalOffer(plan),
  };
}
