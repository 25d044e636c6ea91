import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readAudio, readIvf } from '@vis-a-vis/client/node';
import type { EventSeeds } from './core/events.js';
import type { Json } from './core/json.js';
import { REPOSITORY } from '../support/repository.js';

const FIXTURES = join(REPOSITORY, 'test/fixtures');
const PAYLOAD_BYTES = 1100;

/** What inputs are made from. */
export interface Seeds extends EventSeeds {
  /** Offers in the forms of well-known clients. */
  readonly offers: readonly string[];
  readonly opus: readonly Uint8Array[];
  readonly vp8: readonly Uint8Array[];
  /** Datagrams as they are: what once was a finding is sent again in every run. */
  readonly datagrams: Readonly<Record<'stun' | 'dtls' | 'rtp' | 'rtcp', readonly Buffer[]>>;
}

export async function readSeeds(): Promise<Seeds> {
  const folder = join(FIXTURES, 'fuzz');
  const names = (await readdir(join(folder, 'offers'))).sort();
  const offers = await Promise.all(names.map((name) => readFile(join(folder, 'offers', name), 'utf8')));
  const events = JSON.parse(await readFile(join(folder, 'events.json'), 'utf8')) as Json[];
  const hex = JSON.parse(await readFile(join(folder, 'datagrams.json'), 'utf8')) as Record<
    'stun' | 'dtls' | 'rtp' | 'rtcp',
    string[]
  >;
  const bytes = (list: readonly string[]): Buffer[] => list.map((text) => Buffer.from(text, 'hex'));
  const { frames } = await readIvf(join(FIXTURES, 'media/colours.vp8.ivf'));
  return {
    offers: offers.map((offer) => offer.replace(/\r?\n/g, '\r\n')),
    events,
    jpeg: await readFile(join(FIXTURES, 'media/still.jpg')),
    opus: (await readAudio(join(FIXTURES, 'media/question.opus'))).packets,
    // A descriptor of four bytes, as the client package writes it.
    vp8: frames
      .slice(0, 20)
      .map(({ data }) =>
        Buffer.concat([Buffer.from([0x90, 0x80, 0x80, 1]), data.subarray(0, PAYLOAD_BYTES)]),
      ),
    datagrams: { stun: bytes(hex.stun), dtls: bytes(hex.dtls), rtp: bytes(hex.rtp), rtcp: bytes(hex.rtcp) },
  };
}
