import { jest } from '@jest/globals';
import {
  connectNode,
  readAudio,
  readIvf,
  type AudioClip,
  type NodeCall,
  type NodeConnectOptions,
} from '@vis-a-vis/client/node';
import { Gateway } from './support/gateway.js';

jest.setTimeout(90_000);

// Real: the built gateway as its own process, WebRTC, the model. Made up: what the clock of the client's microphone does while
// nobody speaks, and how its packets travel. What a browser's does: page-questions.test.ts.

type Packet = Parameters<NonNullable<NodeConnectOptions['impair']>>[0];

/** A microphone, by what becomes of its packets. */
interface Microphone {
  /** Nobody speaks: while true, the microphone sends nothing. */
  paused: boolean;
  /** A question has been begun: this long ago (ms); null: none is being asked. */
  askedAtMs: number | null;
  impair(packet: Packet): readonly Packet[];
}

interface Kind {
  /** The RTP clock goes on in a pause. */
  readonly wallClock?: boolean;
  /** The numbering begins anew after a pause. */
  readonly numbersAnew?: boolean;
  /** The stream is another one after a pause. */
  readonly newSsrc?: boolean;
  /** Packets go out by so many together. */
  readonly burst?: number;
  /** The network holds what is sent from here to there in a question (ms). */
  readonly stall?: readonly [number, number];
  /** Packets come all the time, pauses or no. */
  readonly neverPauses?: boolean;
}

function microphone(kind: Kind): Microphone {
  let [skippedTicks, skippedPackets, pauses] = [0, 0, 0];
  let wasPaused = false;
  const held: Packet[] = [];
  return {
    paused: false,
    askedAtMs: null,
    impair(packet) {
      if (this.paused && !kind.neverPauses) {
        wasPaused = true;
        skippedPackets += 1;
        if (!kind.wallClock) skippedTicks += 960;
        return held.splice(0);
      }
      if (wasPaused) pauses += 1;
      wasPaused = false;
      const { header } = packet;
      header.timestamp = (header.timestamp - skippedTicks + 2 ** 32) % 2 ** 32;
      const anew = kind.numbersAnew ? pauses * 20_011 : 0;
      header.sequenceNumber = (header.sequenceNumber - skippedPackets + anew + 2 ** 20) & 0xffff;
      if (kind.newSsrc) header.ssrc = (header.ssrc + pauses) >>> 0;
      const sinceMs = this.askedAtMs === null ? -1 : performance.now() - this.askedAtMs;
      held.push(packet);
      const stalled = kind.stall && sinceMs >= kind.stall[0] && sinceMs < kind.stall[1];
      return stalled || held.length < (kind.burst ?? 1) ? [] : held.splice(0);
    },
  };
}

/** Heard later than this (ms) after it began, a question is not heard from its beginning; that far may a busy machine be behind. */
const DEAF_MS = 1500;

interface Heard {
  turns: number;
  answers: string[];
  deaf: boolean;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a microphone whose clock does as it likes', () => {
  let gateway: Gateway;
  let questions: readonly { clip: AudioClip; answer: RegExp }[];

  beforeAll(async () => {
    gateway = await Gateway.start();
    questions = [
      { clip: await readAudio('test/fixtures/call/colour.ogg'), answer: /red/i },
      { clip: await readAudio('test/fixtures/call/count.ogg'), answer: /three/i },
    ];
  }, 90_000);
  afterAll(() => gateway?.stop());

  async function ask(kind: Kind, pausesMs: readonly number[]) {
    const mic = microphone(kind);
    const film = await readIvf('test/fixtures/call/table.ivf');
    const change = film.frames.findIndex(({ key }, at) => at > 0 && key);
    const table = {
      ...film,
      frames: film.frames.slice(0, change),
      durationMs: film.frames[change]?.ptsMs ?? 0,
    };
    const call: NodeCall = await connectNode({
      url: gateway.url,
      video: table,
      impair: (packet, track) => (track === 'audio' ? mic.impair(packet) : [packet]),
    });
    const heard: Heard[] = [];
    let now: Heard = { turns: 0, answers: [], deaf: true };
    call.on('answer', ({ text }) => now.answers.push(text));
    call.on('speech', ({ state }) => {
      if (state !== 'started') return;
      now.turns += 1;
      if (performance.now() - (mic.askedAtMs ?? 0) < DEAF_MS) now.deaf = false;
    });
    await sleep(2500);
    for (const [n, pauseMs] of pausesMs.entries()) {
      mic.paused = true;
      await sleep(pauseMs);
      now = { turns: 0, answers: [], deaf: true };
      mic.paused = false;
      mic.askedAtMs = performance.now();
      await call.speak(questions[n % questions.length]!.clip);
      // Until the answer it sends its quiet; then it pauses again.
      await sleep(2500);
      mic.askedAtMs = null;
      heard.push(now);
    }
    await call.close();
    return heard;
  }

  it('is heard whole, and each question is answered once', async () => {
    const kinds: Readonly<Record<string, Kind>> = {
      'stands still in pauses, and sends in bursts (Web Audio)': { burst: 3 },
      'goes on in pauses': { wallClock: true },
      'stands still in pauses, after which its numbers begin anew': { numbersAnew: true },
      'becomes another stream after each pause': { newSsrc: true },
      'comes through a network that stalls in mid-question': { neverPauses: true, stall: [500, 1300] },
    };
    const heard = await Promise.all(
      Object.entries(kinds).map(async ([name, kind]) => [name, await ask(kind, [1300, 1900, 600])] as const),
    );
    const [red, three] = questions.map(({ answer }) => expect.stringMatching(answer));
    const right = [red, three, red].map((answer) => ({ turns: 1, answers: [answer], deaf: false }));
    expect(Object.fromEntries(heard)).toEqual(
      Object.fromEntries(Object.keys(kinds).map((name) => [name, right])),
    );
    expect(await gateway.metrics()).not.toMatch(/^visavis_drops_total\{reason="late"\} [^0]/m);
  });
});
