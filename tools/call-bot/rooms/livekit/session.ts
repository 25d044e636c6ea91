import {
  DataPacket,
  DisconnectReason,
  SessionDescription,
  SignalTarget,
  type AddTrackRequest,
  type ParticipantInfo,
  type SignalRequest,
  type SignalResponse,
  type TrickleRequest,
} from '@livekit/protocol';
import { z } from 'zod';
import { hostsFor } from '../peer.js';
import { RoomError } from '../room.js';
import type { Section } from './sections.js';
import { LiveKitSignal } from './signal.js';
import { Subscriber } from './subscriber.js';

/** How long the server may take for an answer, and until media can come in (ms). */
const ANSWER_MS = 10_000;
const READY_MS = 15_000;
/** Ways to the server that are tried. */
const MOST_CANDIDATES = 16;

/** The methods never throw. */
export interface SessionListener {
  /** Who is there, comes, goes or has changed; not ourselves. */
  onPeople(people: readonly ParticipantInfo[]): void;
  onSections(sections: readonly Section[]): void;
  onData(packet: DataPacket): void;
  /** Not for `close()`; nothing comes after it. */
  onLost(reason: string): void;
}

export interface SessionOptions {
  readonly url: string;
  readonly token: string;
  /** Default: true. */
  readonly subscribes?: boolean;
  /** Addresses to receive at. Default: 127.0.0.1 for a server on this machine, else all. */
  readonly hosts?: readonly string[];
}

type Message = SignalResponse['message'];

/** A participant of a LiveKit room: the signalling, and the connection that brings what others send. */
export class LiveKitSession {
  readonly hosts: readonly string[] | null;
  readonly #listener: SessionListener;
  readonly #subscriber: Subscriber;
  readonly #added = new Map<string, PromiseWithResolvers<string>>();
  readonly #candidates: string[] = [];
  readonly #gathered = Promise.withResolvers<void>();
  readonly #signal: LiveKitSignal;
  #asked: PromiseWithResolvers<string> | null = null;
  readonly #end = Promise.withResolvers<never>();
  #identity = '';
  #numbered = 0;
  #closed = false;

  private constructor({ url, token, subscribes = true, hosts }: SessionOptions, listener: SessionListener) {
    this.hosts = hosts ?? hostsFor(url);
    this.#listener = listener;
    this.#end.promise.catch(() => undefined); // where nobody waits
    this.#subscriber = new Subscriber(this.hosts, {
      onSections: (sections) => {
        if (!this.#closed) listener.onSections(sections);
      },
      onData: (bytes) => this.#data(bytes),
      onLost: (reason) => this.#lose(reason),
    });
    this.#signal = new LiveKitSignal(
      { url, token, subscribes },
      { onMessage: (message) => this.#take(message), onClosed: (reason) => this.#lose(reason) },
    );
  }

  /** Joins; resolves when what others write comes in. @throws RoomError */
  static async join(
    options: SessionOptions,
    listener: SessionListener,
    signal: AbortSignal,
  ): Promise<LiveKitSession> {
    const session = new LiveKitSession(options, listener);
    const giveUp = () => session.#end.reject(new RoomError('aborted', 'joining was given up'));
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      await session.#signal.joined(signal);
      const ready = Promise.race([session.#subscriber.ready, session.#end.promise]);
      await within(ready, READY_MS, 'nothing comes from the LiveKit server');
      return session;
    } catch (error) {
      await session.close();
      throw error;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  get subscriber(): Subscriber {
    return this.#subscriber;
  }

  /** Offers to send. @returns the server's answer, with its candidates @throws RoomError */
  async negotiate(sdp: string): Promise<string> {
    const asked = Promise.withResolvers<string>();
    this.#asked?.reject(new RoomError('closed', 'there is another offer'));
    this.#asked = asked;
    this.#numbered += 1;
    this.send({ case: 'offer', value: new SessionDescription({ type: 'offer', sdp, id: this.#numbered }) });
    const answer = await within(asked.promise, ANSWER_MS, 'the LiveKit server did not answer an offer');
    await within(this.#gathered.promise, ANSWER_MS, 'the LiveKit server did not say where it is');
    return withCandidates(answer, this.#candidates);
  }

  /** Tells what will be sent. @returns the server's name of it @throws RoomError */
  async addTrack(request: AddTrackRequest): Promise<string> {
    const added = Promise.withResolvers<string>();
    this.#added.set(request.cid, added);
    this.send({ case: 'addTrack', value: request });
    return within(added.promise, ANSWER_MS, 'the LiveKit server did not take a track').finally(() =>
      this.#added.delete(request.cid),
    );
  }

  /** Without effect once it is closed. */
  send(message: SignalRequest['message']): void {
    this.#signal.send(message);
  }

  /** Idempotent; never rejects. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const left = new RoomError('closed', 'the room was left');
    this.#end.reject(left);
    this.#asked?.reject(left);
    for (const { reject } of this.#added.values()) reject(left);
    this.#signal.close();
    await this.#subscriber.close();
  }

  #take(message: Message): void {
    if (this.#closed) return;
    switch (message.case) {
      case 'join':
        this.#identity = message.value.participant?.identity ?? '';
        return this.#listener.onPeople(message.value.otherParticipants);
      case 'update':
        return this.#listener.onPeople(
          message.value.participants.filter(({ identity }) => identity !== this.#identity),
        );
      case 'offer':
        return void this.#answer(message.value);
      case 'answer':
        // Of the last offer, and no other.
        if (message.value.id === 0 || message.value.id === this.#numbered)
          this.#asked?.resolve(message.value.sdp);
        return;
      case 'trickle':
        return this.#candidate(message.value);
      case 'trackPublished':
        return this.#added.get(message.value.cid)?.resolve(message.value.track?.sid ?? '');
      case 'leave':
        return this.#lose(`put out of the room (${DisconnectReason[message.value.reason]})`);
      default:
        return;
    }
  }

  async #answer({ sdp, id, midToTrackId }: SessionDescription): Promise<void> {
    const answer = await this.#subscriber.answer({ sdp, trackByMid: midToTrackId });
    if (answer) this.send({ case: 'answer', value: new SessionDescription({ ...answer, id }) });
  }

  #candidate({ candidateInit, target, final }: TrickleRequest): void {
    const init = readCandidate(candidateInit);
    if (init && target === SignalTarget.SUBSCRIBER) this.#subscriber.candidate(init);
    if (target !== SignalTarget.PUBLISHER) return;
    if (init && this.#candidates.length < MOST_CANDIDATES) this.#candidates.push(init.candidate);
    if (final) this.#gathered.resolve();
  }

  #data(bytes: Uint8Array): void {
    if (this.#closed) return;
    let packet: DataPacket;
    try {
      packet = DataPacket.fromBinary(bytes);
    } catch {
      return; // sent by somebody who means something else by it
    }
    this.#listener.onData(packet);
  }

  #lose(reason: string): void {
    if (this.#closed) return;
    void this.close();
    this.#listener.onLost(reason);
  }
}

/** @throws RoomError `timeout` */
async function within<T>(promise: Promise<T>, ms: number, otherwise: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new RoomError('timeout', otherwise)), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

const candidateSchema = z.object({ candidate: z.string().min(1) }).loose();

function readCandidate(text: string): z.infer<typeof candidateSchema> | null {
  try {
    return candidateSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** All media go over the first section's transport. */
function withCandidates(sdp: string, candidates: readonly string[]): string {
  const [head = '', first = '', ...rest] = sdp.split(/^(?=m=)/m);
  const lines = candidates.map((candidate) => `a=${candidate.replace(/^a=/, '')}\r\n`);
  return [head, first, ...lines, 'a=end-of-candidates\r\n', ...rest].join('');
}
