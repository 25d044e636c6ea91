import { once } from 'node:events';
import { CallError, Session, type AudioClip, type Spoken } from '@vis-a-vis/client/node';
import { createDecoder } from 'libopus-wasm';
import type { ServerEvent, SessionPatch } from '@vis-a-vis/protocol';
import { WebSocket, type RawData } from 'ws';

/** Of what is appended, which is OpenAI's own rate. */
const RATE_HZ = 24_000;
const BYTES_PER_MS = (RATE_HZ * 2) / 1000;
/** Of a microphone's pieces (ms): as much as a packet over WebRTC has. */
const PIECE_MS = 20;
/** How long connecting may take (ms). */
const CONNECT_MS = 15_000;

export interface SocketOptions {
  /** The gateway, e.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly session?: SessionPatch;
  /** A JPEG file that the questions are about. */
  readonly picture?: Buffer;
}

/**
 * Opens a session over WebSocket, whose microphone is open from then on: silence, but for what it is given to say.
 * @throws CallError `connect_failed`, `connect_timeout`
 */
export async function connectSocket({ url, session = {}, picture }: SocketOptions): Promise<SocketCall> {
  const address = new URL('v1/realtime', url);
  address.protocol = address.protocol.replace('http', 'ws');
  const socket = new WebSocket(address, 'realtime');
  const call = new SocketCall(socket);
  const greeted = next(call, 'session.created');
  const broken = once(socket, 'error').then(([error]) => {
    throw new CallError('connect_failed', `The gateway cannot be reached: ${String(error)}`);
  });
  // Later it is the call's own business.
  broken.catch(() => undefined);
  await Promise.race([greeted, broken]);
  const updated = next(call, 'session.updated');
  call.send({ type: 'session.update', session: { type: 'realtime', ...session } });
  await updated;
  if (picture) {
    const shown = next(call, 'conversation.item.done');
    const image_url = `data:image/jpeg;base64,${picture.toString('base64')}`;
    const content = [{ type: 'input_image' as const, image_url }];
    call.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
    await shown;
  }
  call.openMicrophone();
  return call;
}

interface Utterance {
  readonly pcm: Buffer;
  readonly said: (spoken: Spoken) => void;
  firstPacketAtMs: number | null;
  at: number;
}

/** An open session. */
export class SocketCall extends Session {
  readonly #socket: WebSocket;
  readonly #utterances: Utterance[] = [];
  #timer: NodeJS.Timeout | null = null;
  #dueMs = 0;
  #reason: string | null = null;

  constructor(socket: WebSocket) {
    super((text) => socket.send(text));
    this.#socket = socket;
    socket.on('message', (data: RawData) => this.handleMessage((data as Buffer).toString()));
    socket.on('close', (_code, reason) => this.#end(String(reason) || 'the gateway hung up'));
    socket.on('error', () => undefined);
  }

  openMicrophone(): void {
    this.#dueMs = performance.now();
    this.#tick();
  }

  /**
   * Says something, in real time, after what is already being said.
   * @returns when its first and last pieces were due
   */
  async speak(clip: AudioClip): Promise<Spoken> {
    const pcm = await pcmOf(clip);
    return new Promise((said) => this.#utterances.push({ pcm, said, firstPacketAtMs: null, at: 0 }));
  }

  async close(): Promise<void> {
    if (this.#reason !== null) return;
    const closed = once(this.#socket, 'close');
    this.#end('closed');
    this.#socket.close();
    await closed;
  }

  /** A piece leaves when it is whole. What was due while this process was busy elsewhere leaves at once. */
  #tick(): void {
    while (this.#dueMs <= performance.now()) {
      this.send({ type: 'input_audio_buffer.append', audio: this.#piece().toString('base64') });
      this.#dueMs += PIECE_MS;
    }
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, this.#dueMs - performance.now()));
  }

  #piece(): Buffer {
    const piece = Buffer.alloc(PIECE_MS * BYTES_PER_MS);
    const utterance = this.#utterances[0];
    if (!utterance) return piece;
    utterance.firstPacketAtMs ??= this.#dueMs;
    utterance.at += utterance.pcm.copy(piece, 0, utterance.at);
    if (utterance.at < utterance.pcm.length) return piece;
    this.#utterances.shift();
    utterance.said({ firstPacketAtMs: utterance.firstPacketAtMs, lastPacketAtMs: this.#dueMs });
    return piece;
  }

  #end(reason: string): void {
    if (this.#reason !== null) return;
    this.#reason = reason;
    if (this.#timer) clearTimeout(this.#timer);
    this.handleClosed(reason);
  }
}

const decoded = new WeakMap<AudioClip, Promise<Buffer>>();

/** PCM16, each clip decoded once. */
function pcmOf(clip: AudioClip): Promise<Buffer> {
  const known = decoded.get(clip) ?? decode(clip);
  decoded.set(clip, known);
  return known;
}

async function decode({ packets }: AudioClip): Promise<Buffer> {
  const decoder = await createDecoder({ sampleRate: RATE_HZ, channels: 1 });
  try {
    const samples = packets.flatMap((packet) => [...decoder.decodeFloat(packet)]);
    const clamped = samples.map((x) => Math.max(-32_768, Math.min(32_767, Math.round(x * 32_767))));
    return Buffer.from(Int16Array.from(clamped).buffer);
  } finally {
    decoder.free();
  }
}

/** @throws CallError `connect_timeout`, or what ended the call */
function next(call: SocketCall, type: ServerEvent['type']): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (end: () => void) => {
      clearTimeout(timer);
      for (const unsubscribe of off) unsubscribe();
      end();
    };
    const timer = setTimeout(
      () => settle(() => reject(new CallError('connect_timeout', `There was no ${type}.`))),
      CONNECT_MS,
    );
    const off = [
      call.on('event', (event) => event.type === type && settle(resolve)),
      call.on('error', (error) => settle(() => reject(error))),
      call.on('closed', ({ reason }) => settle(() => reject(new CallError('connect_failed', reason)))),
    ];
  });
}
