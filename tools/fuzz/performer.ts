import { createSocket, type Socket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { damage } from './core/bytes.js';
import { dtlsDatagram, sealedRecord } from './core/dtls.js';
import { eventMessage, question } from './core/events.js';
import { request } from './core/http.js';
import type { InputKind, Journal } from './core/journal.js';
import { Random } from './core/random.js';
import { plain, rtcpCompound, rtpPacket, type RtpContext } from './core/rtp.js';
import type { Action, Connected, Traffic } from './core/schedule.js';
import { dcepMessage, sctpPacket } from './core/sctp.js';
import { stunMessage } from './core/stun.js';
import { FuzzClient } from './fuzz-client.js';
import { hangUp, sendRaw } from './http-client.js';
import type { LivePorts } from './live-ports.js';
import type { Seeds } from './seeds.js';
import type { Tally } from './tally.js';

/** A client with so many packets under way says nothing more for now; one that gets nothing acknowledged for so long (ms) is deaf. */
const MOST_UNDER_WAY = 300;
const DEAF_MS = 6000;
/** A call that is younger may have been opened since the ports were looked at (ms). */
const SETTLED_MS = 8000;
const STRANGERS = 3;
const DCEP = 50;
/** Longest wait for the first word of an answer (ms). */
const ANSWER_MS = 3000;
/** Rate at which a flood of STUN comes once in a while. */
const FLOOD = 0.03;

export interface PerformerParts {
  readonly url: string;
  readonly seeds: Seeds;
  readonly journal: Journal;
  readonly tally: Tally;
  readonly ports: LivePorts;
  /** ms since the run began. */
  readonly atMs: () => number;
  /** A request was not answered by anybody. */
  /** @param asked how the request began */
  readonly onUnanswered: (asked: string) => void;
}

/** Does what the schedule says. Each action draws all that is random in it from its own seed. */
export class Performer {
  opening = 0;
  waiting = 0;
  readonly #parts: PerformerParts;
  readonly #clients = new Map<string, FuzzClient>();
  /** Sockets that have nothing to do with any call. */
  readonly #strangers: readonly Socket[];

  constructor(parts: PerformerParts) {
    this.#parts = parts;
    this.#strangers = Array.from({ length: STRANGERS }, () =>
      createSocket('udp4')
        .on('error', () => undefined)
        .unref(),
    );
  }

  /** Clients that can be told to send something. */
  get connected(): Connected[] {
    return [...this.#clients.values()]
      .filter(({ leaving }) => !leaving)
      .map(({ name, inputs, plan }) => ({ name, inputs, most: plan.inputs }));
  }

  /** Never throws; what takes time goes on behind it. */
  perform(action: Action): void {
    const client = action.call === null ? undefined : this.#clients.get(action.call);
    switch (action.what) {
      case 'open':
        return void this.#open(action);
      case 'request':
        return void this.#request(action);
      case 'leave':
        return client && void this.#leave(action, client);
      default:
        if (client && !client.leaving) this.#send(action, action.what, client);
    }
  }

  /** Counts messages that have arrived since, and forgets clients whose calls are over. */
  settle(): void {
    for (const client of this.#clients.values()) {
      const { raw } = client;
      const nowMs = performance.now();
      const { packets, messages, acknowledged } = raw.underWay;
      if (raw.association !== null && messages < client.unacknowledged) {
        this.#parts.tally.input('event', client.unacknowledged - messages);
        client.unacknowledged = messages;
      }
      if (packets === 0 || acknowledged !== client.progress.acknowledged)
        client.progress = { acknowledged, atMs: nowMs };
      const gone = nowMs - raw.openedAtMs > SETTLED_MS && !this.#parts.ports.has(raw.port);
      const deaf = nowMs - client.progress.atMs > DEAF_MS;
      if ((gone || deaf) && !client.leaving) this.#forget(client);
    }
  }

  /** Everybody leaves without a word. */
  async close(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.raw.close(true)));
    this.#clients.clear();
    for (const socket of this.#strangers) socket.close();
  }

  async #open(action: Action): Promise<void> {
    const { url, journal, tally, atMs } = this.#parts;
    this.opening += 1;
    journal.opened(action, atMs());
    const client = new FuzzClient(url, action.call ?? '', action.seed, {
      onCode: (code) => tally.answer(code),
    });
    try {
      journal.sent('sdp', action, JSON.stringify(client.plan), atMs());
      const connected = await client.open();
      if (client.location !== null) tally.input('sdp');
      this.#parts.ports.follow(client.raw.port);
      if (connected && !client.leaving) this.#clients.set(client.name, client);
      if (client.leaving) this.#count('leave', action, client.plan.leaving);
    } finally {
      this.opening -= 1;
    }
  }

  async #leave(action: Action, client: FuzzClient): Promise<void> {
    const random = new Random(action.seed);
    client.inputs = 0; // once is enough
    this.#clients.delete(client.name);
    const { last, leaving } = client.plan;
    if (last === 'bursts')
      for (let n = 0; n < 150; n += 1) this.#text(action, client, '{"type":"response.cancel"}');
    if (last === 'asks') {
      for (const text of question(random)) this.#text(action, client, text);
      const began = client.answering(ANSWER_MS);
      await (random.chance(0.7) ? began : sleep(random.int(0, 100)));
    }
    this.#count('leave', action, leaving);
    await client.leave();
  }

  async #request(action: Action): Promise<void> {
    const { url, seeds, tally, journal, atMs } = this.#parts;
    const random = new Random(action.seed);
    const raw = request(random, seeds.offers);
    this.waiting += 1;
    journal.sent(raw.kind, action, raw.bytes, atMs());
    const { status, code, location, inTime } = await sendRaw(url, raw);
    this.waiting -= 1;
    if (status !== null || raw.afterwards !== 'wait') tally.input(raw.kind);
    if (!inTime) this.#parts.onUnanswered(JSON.stringify(Buffer.from(raw.bytes).toString('latin1', 0, 160)));
    tally.answer(code ?? (status === null ? 'closed' : String(status)));
    if (location === null) return;
    // Most clients that change their mind say so; the others are half-open calls until the gateway ends them.
    if (random.chance(0.85)) await hangUp(url, location);
  }

  #send(action: Action, what: Traffic, client: FuzzClient): void {
    const random = new Random(action.seed);
    const times = (low: number, high: number, run: () => void): void => {
      for (let n = random.int(low, high); n > 0; n -= 1) run();
    };
    switch (what) {
      case 'event':
        return times(1, 25, () => this.#text(action, client, eventMessage(random, this.#parts.seeds)));
      case 'stun':
        return times(3, random.chance(FLOOD) ? 300 : 20, () => this.#stun(action, client, random));
      case 'dtls':
        return times(2, 15, () => this.#dtls(action, client, random));
      case 'rtp':
        return times(5, 50, () => this.#rtp(action, client, random));
      case 'rtcp':
        return times(2, 20, () => this.#rtcp(action, client, random));
      case 'sctp':
        times(2, 15, () => this.#sctp(action, client, random));
        return client.raw.mend();
      case 'dcep':
        return times(1, 6, () => this.#dcep(action, client, random));
    }
  }

  #text(action: Action, client: FuzzClient, text: string): void {
    client.inputs += 1;
    if (client.raw.underWay.packets > MOST_UNDER_WAY || !client.raw.text(0, text)) return;
    this.#parts.journal.sent('event', action, text, this.#parts.atMs());
    client.unacknowledged += 1;
  }

  #stun(action: Action, client: FuzzClient, random: Random): void {
    const { seeds } = this.#parts;
    const stranger = random.chance(0.5);
    // A right check that nominates moves the call to where it came from, as it should: then the client is not heard any more.
    const message = random.chance(0.05)
      ? random.pick(seeds.datagrams.stun)
      : stunMessage(random, client.raw.secrets, stranger ? 0.002 : 0.1);
    this.#datagram('stun', action, client, { data: message, stranger });
  }

  #dtls(action: Action, client: FuzzClient, random: Random): void {
    if (random.chance(0.3)) {
      const { type, body } = sealedRecord(random);
      if (client.raw.record(type, body)) this.#count('dtls', action, body, client);
      return;
    }
    const { seeds } = this.#parts;
    const data = random.chance(0.1)
      ? random.pick(seeds.datagrams.dtls)
      : dtlsDatagram(random, client.raw.handshake);
    this.#datagram('dtls', action, client, { data, stranger: random.chance(0.4) });
  }

  #rtp(action: Action, client: FuzzClient, random: Random): void {
    const { seeds } = this.#parts;
    const packet = random.chance(0.05)
      ? plain(random.pick(seeds.datagrams.rtp))
      : rtpPacket(random, this.#context(client));
    if (random.chance(0.2)) {
      const data = random.chance(0.5) ? packet.bytes : damage(random, packet.bytes);
      return this.#datagram('srtp', action, client, { data, stranger: random.chance(0.5) });
    }
    if (client.raw.rtp(packet)) this.#count('srtp', action, packet.bytes, client);
  }

  #rtcp(action: Action, client: FuzzClient, random: Random): void {
    const { seeds } = this.#parts;
    const compound = random.chance(0.05)
      ? random.pick(seeds.datagrams.rtcp)
      : rtcpCompound(random, this.#context(client));
    if (random.chance(0.2))
      return this.#datagram('srtcp', action, client, { data: compound, stranger: random.chance(0.5) });
    if (client.raw.rtcp(compound)) this.#count('srtcp', action, compound, client);
  }

  #sctp(action: Action, client: FuzzClient, random: Random): void {
    const { association } = client.raw;
    if (!association) return void (client.inputs += 1);
    const { bytes, consumed } = sctpPacket(random, association);
    if (client.raw.sctp(bytes, consumed)) this.#count('sctp', action, bytes, client);
  }

  #dcep(action: Action, client: FuzzClient, random: Random): void {
    const { raw } = client;
    const what = random.weighted({ message: 5, open: 4, close: 1, text: 3 });
    if (what === 'open') raw.openChannel(random.pick(['chat', 'oai-events', '', 'x'.repeat(500), 'é']));
    if (what === 'close') raw.closeChannel(random.int(0, 8));
    if (what === 'text') raw.text(random.int(0, 8), random.pick(['{}', '', '{"type":"response.cancel"}']));
    const data = dcepMessage(random);
    if (what === 'message' && !raw.message(random.pick([1, 2, 3, 9, 500]), DCEP, data)) return;
    this.#count('dcep', action, what === 'message' ? data : what, client);
  }

  #context(client: FuzzClient): RtpContext {
    const { opus, vp8 } = this.#parts.seeds;
    return { ...client.raw.streams, opus, vp8, atMs: Math.round(performance.now() - client.raw.openedAtMs) };
  }

  #datagram(
    kind: InputKind,
    action: Action,
    client: FuzzClient,
    { data, stranger }: { data: Buffer; stranger: boolean },
  ): void {
    const { port, address } = client.raw;
    if (!stranger) {
      if (client.raw.datagram(data)) this.#count(kind, action, data, client);
      return;
    }
    const socket = this.#strangers[action.seed % STRANGERS];
    if (port === 0 || !socket) return;
    socket.send(data, port, address, () => undefined);
    this.#count(kind, action, data, client);
  }

  /** Counts what reached a call that is open. */
  #count(kind: InputKind, action: Action, data: Uint8Array | string, client?: FuzzClient): void {
    const { journal, tally, ports, atMs } = this.#parts;
    journal.sent(kind, action, data, atMs());
    if (client) client.inputs += 1;
    if (!client || ports.has(client.raw.port)) tally.input(kind);
  }

  #forget(client: FuzzClient): void {
    client.leaving = true;
    this.#clients.delete(client.name);
    void client.raw.close(true).catch(() => undefined);
  }
}
