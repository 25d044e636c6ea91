import { setTimeout as sleep } from 'node:timers/promises';
import type { RTCPeerConnection } from 'werift';
import { connectNode, type NodeCall, type NodeConnectOptions, type VideoClip } from '@vis-a-vis/client/node';
import { WATCHED_SESSION } from '../support/spoken-turn.js';
import { inTime } from './in-time.js';
import { EventAudit } from './event-audit.js';
import { Floor } from './floor.js';
import { postOffer } from './offer.js';
import type { Notes } from './record.js';
import { reroute, Wire } from './wire.js';

const TICKS_PER_MS = 48;
const EVENTS = 'oai-events';
/** Longest wait for the first picture (ms). */
const FIRST_PICTURE_MS = 15_000;
/** Longest wait for a silence (ms): what goes on for ever is another's business. */
const LONGEST_SILENCE_MS = 10_000;
const POLL_MS = 50;
/** Until the last datagrams have passed a wire (ms). */
const GOODBYE_MS = 300;

export interface DialOptions {
  readonly url: string;
  readonly notes: Notes;
  /** Null: no camera. */
  readonly video: VideoClip | null;
  /** Through a wire that can be cut. */
  readonly wired?: boolean;
  /** Cut when so many DTLS datagrams have passed. */
  readonly dtlsDatagrams?: number;
  /** A data channel beside that of the events. */
  readonly otherChannel?: string;
  /** ms. Default: the client's. */
  readonly timeoutMs?: number;
}

type Impair = NonNullable<NodeConnectOptions['impair']>;

/** An open call, and what can be done to it beyond what a client may. */
export class Line {
  readonly call: NodeCall;
  readonly id: string;
  readonly wire: Wire | null;
  readonly #peer: RTCPeerConnection;
  readonly #clock: StandingClock;
  readonly #pictured: Promise<void>;
  readonly #floor = new Floor();
  #leaving = false;

  constructor(
    call: NodeCall,
    parts: { id: string; wire: Wire | null; peer: RTCPeerConnection; clock: StandingClock },
  ) {
    this.call = call;
    this.id = parts.id;
    this.wire = parts.wire;
    this.#peer = parts.peer;
    this.#clock = parts.clock;
    call.on('event', (event) => this.#floor.handle(event, performance.now()));
    this.#pictured = new Promise((resolve) => call.on('frame', () => resolve()));
  }

  /** Resolves when a picture of the camera has been attended; questions about it make sense from then on. @throws Error where none is */
  firstPicture(): Promise<void> {
    return inTime(this.#pictured, FIRST_PICTURE_MS, 'no picture was attended');
  }

  /** Waits until nobody has said anything for a while: what is asked next is not taken for a part of what was asked before. */
  async silence(): Promise<void> {
    const untilMs = performance.now() + LONGEST_SILENCE_MS;
    while (!this.#floor.quiet(performance.now()) && performance.now() < untilMs) await sleep(POLL_MS);
  }

  /** From here on the end of the call, and what is said about it, is expected. */
  expectEnd(): void {
    this.#leaving = true;
  }

  /** The microphone's clock was not moving for so long. */
  clockStood(forMs: number): void {
    this.#clock.stood(forMs);
  }

  /** Closes the channel of the events; the connection stays, which the client would close with it. */
  closeEvents(): void {
    const channel = this.#peer.sctpTransport?.channelByLabel(EVENTS);
    if (!channel) throw new Error('the call has no channel for its events');
    channel.stateChanged.allUnsubscribe();
    channel.close();
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.expectEnd();
    await this.call.close();
    if (!this.wire) return;
    // The goodbyes are still on their way.
    await sleep(GOODBYE_MS);
    this.wire.close();
  }

  /** Takes down what should not be, until the end is expected. What comes is held against the protocol from the first event on. */
  watch(notes: Notes): void {
    const audit = new EventAudit();
    const fault = (kind: string, more?: string) => {
      if (!this.#leaving) notes.fault(kind, more);
    };
    this.call.on('event', (event) => {
      const [kind = '', more] = audit.check(event)?.split(': ', 2) ?? [];
      if (kind) fault(kind, more);
    });
    this.call.on('error', ({ code, message }) => fault('error', `${code} ${message}`));
    this.call.on('closed', ({ reason }) => fault('ended_early', reason));
    this.call.on('answer', ({ status }) => {
      if (status === 'cancelled') notes.interrupted += 1;
      if (status === 'failed') fault('answer_failed');
    });
  }
}

/** Calls the gateway. @throws CallError */
export async function dial(options: DialOptions): Promise<Line> {
  const { url, notes, video } = options;
  const clock = new StandingClock();
  const parts: { id: string; wire: Wire | null; peer: RTCPeerConnection | null } = {
    id: '',
    wire: null,
    peer: null,
  };
  try {
    const call = await connectNode({
      url,
      ...(video && { video }),
      ...(options.timeoutMs !== undefined && { timeoutMs: options.timeoutMs }),
      impair: clock.impair,
      onPeer: (peer) => {
        parts.peer = peer;
        if (options.otherChannel !== undefined)
          peer.createDataChannel(options.otherChannel, { ordered: true });
      },
      exchange: async (offer) => {
        const { id, sdp } = await postOffer(url, offer, { session: WATCHED_SESSION });
        notes.ids.push(id);
        parts.id = id;
        if (!options.wired) return sdp;
        return reroute(sdp, async (gateway) => {
          const wire = (parts.wire = await Wire.open(gateway));
          if (options.dtlsDatagrams !== undefined) wire.cutAfterDtls(options.dtlsDatagrams);
          return wire.address;
        });
      },
    });
    if (!parts.peer) throw new Error('the client made no connection');
    const line = new Line(call, { ...parts, peer: parts.peer, clock });
    line.watch(notes);
    return line;
  } catch (error) {
    parts.wire?.close();
    throw error;
  }
}

/** The clock of a microphone that is not always moving. */
class StandingClock {
  #stoodTicks = 0;

  stood(forMs: number): void {
    this.#stoodTicks += Math.round(forMs * TICKS_PER_MS);
  }

  readonly impair: Impair = (packet, kind) => {
    if (kind === 'audio') packet.header.timestamp = (packet.header.timestamp - this.#stoodTicks) >>> 0;
    return [packet];
  };
}
