import type { GatewayDoor, SessionListener, SpeakerSession } from '../gateway.js';
import type { MediaPacket, VideoCodec } from '../rooms/room.js';

/** A gateway in this process, whose model answers "answer to …": tests say what is heard. Held to the real one by test/support/door-contract.ts. */
export class FakeDoor implements GatewayDoor {
  /** All that were opened, in their order. */
  readonly sessions: FakeSession[] = [];
  /** What the next opening fails with; null: it does not. */
  refusal: Error | null = null;
  transcribes = true;

  async open(videoCodec: VideoCodec, listener: SessionListener): Promise<SpeakerSession> {
    await Promise.resolve();
    if (this.refusal) throw this.refusal;
    const session = new FakeSession(videoCodec, listener, this.transcribes);
    this.sessions.push(session);
    return session;
  }
}

export class FakeSession implements SpeakerSession {
  /** What the bot did, a line each. */
  readonly did: string[] = [];
  readonly sound: MediaPacket[] = [];
  readonly pictures: MediaPacket[] = [];
  open = true;
  #items = 0;
  #asked = '';

  constructor(
    readonly videoCodec: VideoCodec,
    readonly listener: SessionListener,
    readonly transcribes: boolean,
  ) {}

  /** Somebody says something. @param transcript null: it cannot be written down; undefined: it is not, yet */
  hear(transcript?: string | null): string {
    const item = `item-${++this.#items}`;
    this.#asked = transcript ?? '';
    this.listener.onSpeechStarted();
    this.listener.onUtterance(item);
    if (transcript !== undefined) this.listener.onTranscript(item, transcript);
    return item;
  }

  audio(packet: MediaPacket): void {
    this.sound.push(packet);
  }

  video(packet: MediaPacket): void {
    this.pictures.push(packet);
  }

  camera(on: boolean): void {
    this.did.push(on ? 'camera on' : 'camera off');
  }

  respond(turn: string): void {
    this.did.push(`respond ${turn}`);
    this.#answer(turn);
  }

  ask(text: string, turn: string): void {
    this.did.push(`ask ${text}`);
    this.#asked = text;
    this.#answer(turn);
  }

  forget(item: string): void {
    this.did.push(`forget ${item}`);
  }

  async close(): Promise<void> {
    await Promise.resolve();
    this.open = false;
  }

  #answer(turn: string): void {
    const text = `answer to ${this.#asked}`;
    queueMicrotask(() => {
      if (this.open) this.listener.onAnswer({ text, status: 'completed', turn });
    });
  }
}
