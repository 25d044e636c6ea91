import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { RTCPeerConnection, type RTCDataChannel, type RtpPacket } from 'werift';

/** What the stub does with question number n, of all its calls together. */
export interface Script {
  /** From the true end of speech to the first text (ms). */
  readonly delayMs: number;
  /** It is heard, committed, and never answered. */
  readonly lost?: boolean;
  /** From the first text until the answer is whole (ms). Speech meanwhile cuts it off. Default: 0. */
  readonly answerMs?: number;
}

export interface StubOptions {
  readonly script: (n: number) => Script;
  /** Clips that callers say: the stub knows a question by the bytes of the packet that its true end is in. */
  readonly utterances: readonly StubUtterance[];
  /** Offers from this one on are refused with 503 and `at_capacity`. Default: none. */
  readonly refuseFrom?: number;
}

export interface StubUtterance {
  readonly packets: readonly Uint8Array[];
  readonly endMs: number;
  /** What it is answered with. */
  readonly answer: string;
}

/** A question that the stub has heard: what it did, by its own clock. */
export interface StubTurn {
  readonly n: number;
  readonly lost: boolean;
  /** From the true end of speech until the first text was handed to the connection; null: it was not. */
  delayMs: number | null;
}

const PACKET_MS = 20;
const TICKS_PER_MS = 48;
const COMMIT_BEFORE_TEXT_MS = 2;
/** Speech is taken for begun by this packet of it (300 ms). */
const BEGIN_AT = 14;
/**
 * A server of known delay: HTTP and WebRTC are real (werift), turn detection and answers are a script. It decodes nothing: it knows the true end of
 * a question by the bytes of a packet, and when that was by the stream's clock.
 */
export class StubServer {
  readonly turns: StubTurn[] = [];
  readonly #options: StubOptions;
  readonly #server: Server;
  readonly #peers = new Set<RTCPeerConnection>();
  readonly #known: Known;
  #offers = 0;
  #responses = 0;

  private constructor(options: StubOptions) {
    this.#options = options;
    this.#known = {
      begins: new Set(options.utterances.map(beginOf)),
      ends: new Map(options.utterances.map(endOf)),
    };
    this.#server = createServer((request, response) => {
      this.#answer(request).then(
        ({ status, body }) => response.writeHead(status).end(body),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    });
  }

  static async start(options: StubOptions): Promise<StubServer> {
    const stub = new StubServer(options);
    stub.#server.listen(0, '127.0.0.1');
    await once(stub.#server, 'listening');
    return stub;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#peers].map((peer) => peer.close()));
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; body: string }> {
    if (request.method !== 'POST' || request.url !== '/v1/realtime/calls') return { status: 404, body: '' };
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const body = Buffer.concat(parts);
    const type = request.headers['content-type'] ?? '';
    const form = await new Response(body, { headers: { 'content-type': type } }).formData();
    if (this.#offers++ >= (this.#options.refuseFrom ?? Infinity))
      return { status: 503, body: JSON.stringify({ error: { code: 'at_capacity', message: 'Full.' } }) };
    const sdp = form.get('sdp');
    return { status: 201, body: await this.#accept(typeof sdp === 'string' ? sdp : '') };
  }

  async #accept(offer: string): Promise<string> {
    const peer = new RTCPeerConnection({
      bundlePolicy: 'max-bundle',
      iceUseIpv4: false,
      iceUseIpv6: false,
      iceAdditionalHostAddresses: ['127.0.0.1'],
    });
    this.#peers.add(peer);
    for (const transport of peer.dtlsTransports) delete transport.iceTransport.connection.stunServer;
    let line: Line | null = null;
    peer.onDataChannel.subscribe((channel) => void (line = new Line(channel)));
    peer.onTrack.subscribe((track) => {
      if (track.kind !== 'audio') return;
      const ear = new Ear(this.#known);
      track.onReceiveRtp.subscribe((packet) => {
        const heard = ear.push(packet, performance.now());
        if (!heard || !line) return;
        if (heard === 'begin') line.speechBegan();
        else this.#heard(line, heard);
      });
    });
    await peer.setRemoteDescription({ type: 'offer', sdp: offer });
    await peer.setLocalDescription(await peer.createAnswer());
    return peer.localDescription?.sdp ?? '';
  }

  #heard(line: Line, { answer, trueEndAtMs }: HeardQuestion): void {
    const n = this.turns.length;
    const { delayMs, lost = false, answerMs = 0 } = this.#options.script(n);
    const turn: StubTurn = { n, lost, delayMs: null };
    this.turns.push(turn);
    const id = `resp_${++this.#responses}`;
    at(trueEndAtMs + delayMs - COMMIT_BEFORE_TEXT_MS, () => {
      line.send({ type: 'input_audio_buffer.speech_stopped', item_id: `item_${n}`, audio_end_ms: 0 });
      line.send({ type: 'input_audio_buffer.committed', item_id: `item_${n}`, previous_item_id: null });
    });
    if (lost) return;
    at(trueEndAtMs + delayMs, () => {
      turn.delayMs = performance.now() - trueEndAtMs;
      line.begin(id, answer);
      if (answerMs === 0) line.end(id, 'completed');
      else at(trueEndAtMs + delayMs + answerMs, () => line.end(id, 'completed'));
    });
  }
}

/** The events of one call, and the answer that is being given. */
class Line {
  readonly #channel: RTCDataChannel;
  #answering: string | null = null;

  constructor(channel: RTCDataChannel) {
    this.#channel = channel;
  }

  send(event: object): void {
    if (this.#channel.readyState === 'open') this.#channel.send(JSON.stringify(event));
  }

  speechBegan(): void {
    this.send({ type: 'input_audio_buffer.speech_started', item_id: 'item', audio_start_ms: 0 });
    if (this.#answering !== null) this.end(this.#answering, 'cancelled');
  }

  begin(id: string, answer: string): void {
    this.#answering = id;
    this.send({ type: 'response.output_text.delta', response_id: id, delta: answer });
  }

  /** Once: what has been cut off does not end again. */
  end(id: string, status: 'completed' | 'cancelled'): void {
    if (this.#answering !== id) return;
    this.#answering = null;
    this.send({ type: 'response.done', response: { id, status, output: [] } });
  }
}

/** Packets by their bytes. */
interface Known {
  /** Speech is taken for begun by them. */
  readonly begins: ReadonlySet<string>;
  readonly ends: ReadonlyMap<string, { answer: string; beforeMs: number }>;
}

interface HeardQuestion {
  readonly answer: string;
  readonly trueEndAtMs: number;
}

/** Knows questions by their bytes, and when they ended by the stream's clock: the earliest packet tells where that stands. */
class Ear {
  readonly #known: Known;
  #first: number | null = null;
  #zeroMs = Infinity;

  constructor(known: Known) {
    this.#known = known;
  }

  push({ header, payload }: RtpPacket, nowMs: number): HeardQuestion | 'begin' | null {
    this.#first ??= header.timestamp;
    const mediaMs = ((header.timestamp - this.#first + 2 ** 32) % 2 ** 32) / TICKS_PER_MS;
    this.#zeroMs = Math.min(this.#zeroMs, nowMs - mediaMs);
    const bytes = payload.toString('latin1');
    if (this.#known.begins.has(bytes)) return 'begin';
    const end = this.#known.ends.get(bytes);
    return end ? { answer: end.answer, trueEndAtMs: this.#zeroMs + mediaMs - end.beforeMs } : null;
  }
}

function beginOf({ packets }: StubUtterance): string {
  const packet = packets[BEGIN_AT];
  if (!packet) throw new RangeError('the utterance is too short');
  return Buffer.from(packet).toString('latin1');
}

/** The packet that holds the true end, and how long before it is due that end is: it leaves when it is whole. */
function endOf({ packets, endMs, answer }: StubUtterance): [string, { answer: string; beforeMs: number }] {
  const index = Math.min(packets.length - 1, Math.floor(endMs / PACKET_MS));
  const packet = packets[index];
  if (!packet) throw new RangeError('the utterance is empty');
  return [Buffer.from(packet).toString('latin1'), { answer, beforeMs: (index + 1) * PACKET_MS - endMs }];
}

/** A timer is late by a millisecond or more: what is told as the truth is when it ran. */
function at(timeMs: number, run: () => void): void {
  setTimeout(run, Math.max(0, timeMs - performance.now()));
}
