import type { AudioFrame } from '#modules/contracts';
import fc from 'fast-check';

import {
  heardId,
  MarkingDecoder,
  VirtualMicrophone,
  type PauseClock,
  type PauseNumbers,
  type Sent,
} from '../testing/virtual-microphone.js';
import { MediaReceiver } from './receiver.js';

// Real: the whole receiver, on a clock that is a number. Fake: the decoder, whose sound says which packet it came from.

const TICK_MS = 20;

type Act =
  | { readonly do: 'talk'; readonly ms: number; readonly loud: boolean }
  | {
      readonly do: 'pause';
      readonly ms: number;
      readonly clock: PauseClock;
      readonly numbers: PauseNumbers;
      readonly announced: boolean;
    }
  | { readonly do: 'change ssrc'; readonly afterMs: number };

interface Network {
  /** ms that a packet waits, by turns. */
  readonly jitter: readonly number[];
  /** Packets are held from `atMs` for `forMs`, and then come at once. */
  readonly stalls: readonly { readonly atMs: number; readonly forMs: number }[];
  /** Which packets come twice, or never: by turns. */
  readonly fate: readonly ('once' | 'twice' | 'never')[];
}

interface Heard extends AudioFrame {
  readonly id: number;
}

interface Arrival extends Sent {
  readonly atMs: number;
  /** From when on it can be played: one packet alone is no new numbering, so the first of one waits for the second. */
  readonly believedAtMs: number;
}

function perform(acts: readonly Act[]): Sent[] {
  const microphone = new VirtualMicrophone(1000);
  microphone.talk(200, false);
  for (const act of acts) {
    if (act.do === 'talk') microphone.talk(act.ms, act.loud);
    if (act.do === 'pause') {
      if (act.announced) microphone.announcePause();
      microphone.pause(act.ms, act.clock, act.numbers);
    }
    if (act.do === 'change ssrc') {
      microphone.nowMs += act.afterMs;
      microphone.changeSsrc();
    }
  }
  return microphone.sent;
}

function deliver(sent: readonly Sent[], { jitter, stalls, fate }: Network): Arrival[] {
  const arrivals: Arrival[] = [];
  let begun = 0;
  for (const [n, one] of sent.entries()) {
    // The first packet of a numbering opens it: those that overtake it are late by definition.
    const before = sent[n - 1]?.packet;
    const { ssrc, sequenceNumber } = one.packet;
    if (before?.ssrc !== ssrc || ((before.sequenceNumber + 1) & 0xffff) !== sequenceNumber) begun = n;
    const opens = n - begun < 2;
    const waits = opens ? 0 : (jitter[n % Math.max(1, jitter.length)] ?? 0);
    const atMs = Math.max(one.sentAtMs + waits, released(one.sentAtMs, stalls));
    const first = n - begun === 1 ? arrivals.pop() : undefined;
    if (first) arrivals.push({ ...first, believedAtMs: Math.max(first.atMs, atMs) });
    const what = opens || fate.length === 0 ? 'once' : fate[n % fate.length];
    if (what === 'never') continue;
    arrivals.push({ ...one, atMs, believedAtMs: atMs });
    if (what === 'twice') arrivals.push({ ...one, atMs: atMs + 30, believedAtMs: atMs + 30 });
  }
  return arrivals.sort((a, b) => a.atMs - b.atMs);
}

/** When what was sent at `ms` leaves the last stall that it is in. */
function released(ms: number, stalls: Network['stalls']): number {
  const stall = stalls.find(({ atMs, forMs }) => ms >= atMs && ms < atMs + forMs);
  return stall ? released(stall.atMs + stall.forMs, stalls) : ms;
}

function receive(arrivals: readonly Arrival[], untilMs: number) {
  const heard: Heard[] = [];
  const receiver = new MediaReceiver({
    opus: new MarkingDecoder(),
    openVideoDecoder: () => {
      throw new Error('no video here');
    },
    frameIntervalMs: 1000,
    onAudio: (frame) => heard.push({ ...frame, id: heardId(frame.pcm) }),
    onVideo: () => undefined,
    onDrop: () => undefined,
  });
  receiver.accept(new Map([[111, 'opus']]), []);
  let next = 0;
  for (let now = 0; now <= untilMs; now += TICK_MS) {
    for (let one = arrivals[next]; one && one.atMs <= now; one = arrivals[++next])
      receiver.onRtp(one.packet, one.atMs);
    receiver.tick(now);
  }
  return { heard, stats: receiver.stats() };
}

/** A packet is played within this (ms) of its arrival; of streams that a stall has put on top of each other, each waits for the one before. */
const SOON_MS = 300;
const SUCCESSION_MS = 150;

const endOf = ({ ptsMs, pcm }: AudioFrame) => ptsMs + pcm.length / 16;

/** What holds whatever happened. @returns what did not */
function faults(heard: readonly Heard[], arrivals: readonly Arrival[]): string[] {
  const wrong: string[] = [];
  const arrivedAt = new Map(arrivals.toReversed().map(({ id, believedAtMs }) => [id, believedAtMs]));
  const expected = [...arrivedAt.keys()].filter((id) => id > 0).sort((a, b) => a - b);
  const successions = new Set(arrivals.map(({ packet }) => packet.ssrc)).size - 1;
  const soonMs = SOON_MS + SUCCESSION_MS * Math.max(0, successions - 1);
  let played = 0;
  let endMs: number | null = null;
  for (const frame of heard) {
    if (endMs !== null && frame.ptsMs !== endMs) wrong.push(`${frame.ptsMs} follows ${endMs}`);
    endMs = endOf(frame);
    const { id, pcm, arrivedAtMs } = frame;
    if (id === 0) continue;
    if (id !== expected[played++]) wrong.push(`${id} where ${expected[played - 1]} should be`);
    const loud = (pcm[0] ?? 0) >= 0.5;
    if (Math.abs(pcm.length - 320) > (loud ? 7 : 80)) wrong.push(`${id} has ${pcm.length} samples`);
    const waitedMs = arrivedAtMs - (arrivedAt.get(id) ?? 0);
    if (waitedMs > soonMs) wrong.push(`${id} waited ${waitedMs} ms`);
  }
  if (played !== expected.length) wrong.push(`${played} of ${expected.length} were played`);
  return wrong.slice(0, 5);
}

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('talk' as const),
      ms: fc.integer({ min: 60, max: 2000 }),
      loud: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pause' as const),
      ms: fc.oneof(fc.integer({ min: 120, max: 3000 }), fc.integer({ min: 3000, max: 9000 })),
      clock: fc.constantFrom<PauseClock>('wall', 'frozen', 'ahead', 'back'),
      numbers: fc.constantFrom<PauseNumbers>('go on', 'ahead', 'anew'),
      announced: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('change ssrc' as const),
      afterMs: fc.constantFrom(0, 20, 60, 500, 5000),
    }),
  },
);
const acts = fc.array(act, { minLength: 1, maxLength: 8 }).map((list) => {
  // Each act that ends a numbering is followed by speech, so that there is something to hear.
  return list.flatMap((one): Act[] =>
    one.do === 'talk' ? [one] : [one, { do: 'talk', ms: 600, loud: true }],
  );
});
const stalls = fc.array(
  fc.record({ atMs: fc.integer({ min: 1100, max: 20_000 }), forMs: fc.integer({ min: 50, max: 4000 }) }),
  { maxLength: 3 },
);
const jitter = fc.array(fc.integer({ min: 0, max: 45 }), { maxLength: 7 });
const fate = fc.array(fc.constantFrom('once' as const, 'once' as const, 'twice' as const, 'never' as const), {
  maxLength: 9,
});

describe('the audio timeline', () => {
  test('every packet that comes is played once, in order, without gap or overlap, and soon', () => {
    fc.assert(
      fc.property(acts, jitter, stalls, fate, (script, delays, held, fates) => {
        const sent = perform(script);
        const arrivals = deliver(sent, { jitter: delays, stalls: held, fate: fates });
        const endMs = (arrivals.at(-1)?.atMs ?? 0) + 4000;
        const { heard, stats } = receive(arrivals, endMs);
        expect(faults(heard, arrivals)).toEqual([]);
        const twice = arrivals.length - new Set(arrivals.map(({ packet }) => packet)).size;
        expect(stats.drops).toEqual(twice > 0 ? { duplicate: twice } : {});
        // And at the end, in a silence, it is back on the arrival clock: but for the jitter that it allows for, and what it steers from.
        expect(Math.abs(endOf(heard.at(-1)!) - endMs)).toBeLessThan(180);
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });

  test('a stall of up to a second puts nothing into speech', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1300, max: 3000 }),
        fc.integer({ min: 20, max: 1000 }),
        jitter,
        (atMs, forMs, delays) => {
          const sent = perform([{ do: 'talk', ms: 4000, loud: true }]);
          const arrivals = deliver(sent, { jitter: delays, stalls: [{ atMs, forMs }], fate: [] });
          const { heard } = receive(arrivals, 6500);
          expect(faults(heard, arrivals)).toEqual([]);
          expect(heard.slice(0, sent.length).every(({ id }) => id > 0)).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('after a pause of any length, whatever the clock did, speech is played at once', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.integer({ min: 20, max: 3000 }), fc.integer({ min: 3000, max: 30_000 })),
        fc.constantFrom<PauseClock>('wall', 'frozen', 'ahead', 'back'),
        fc.constantFrom<PauseNumbers>('go on', 'anew'),
        fc.boolean(),
        (ms, clock, numbers, loud) => {
          const sent = perform([
            { do: 'talk', ms: 1000, loud },
            { do: 'pause', ms, clock, numbers, announced: false },
            { do: 'talk', ms: 1000, loud: true },
          ]);
          const arrivals = deliver(sent, { jitter: [], stalls: [], fate: [] });
          const { heard, stats } = receive(arrivals, (sent.at(-1)?.sentAtMs ?? 0) + 100);
          expect(faults(heard, arrivals)).toEqual([]);
          expect(stats.drops).toEqual({});
          // Its time is the time at which it was said, but for what was waited in mid-word.
          const last = heard.findLast(({ id }) => id > 0)!;
          expect(Math.abs(endOf(last) - (sent.at(-1)?.sentAtMs ?? 0))).toBeLessThan(loud ? 1300 : 900);
        },
      ),
      { numRuns: 60 },
    );
  });

  test.each([2e-4, -2e-4])('a clock that is off by %d is followed', (drift) => {
    const microphone = new VirtualMicrophone(0, drift);
    microphone.talk(120_000, true);
    const arrivals = microphone.sent.map((one) => ({
      ...one,
      atMs: one.sentAtMs,
      believedAtMs: one.sentAtMs,
    }));
    let worst = 0;
    const { heard } = receive(arrivals, 121_000);
    for (const { ptsMs, arrivedAtMs } of heard.slice(500))
      worst = Math.max(worst, Math.abs(ptsMs - arrivedAtMs));
    expect(heard.filter(({ id }) => id > 0)).toHaveLength(microphone.sent.length);
    expect(worst).toBeLessThan(60);
  });
});
