import type { MediaPacket } from '../rooms/room.js';

/** Opus packets, each of so many ticks of a 48 kHz clock. */
export interface Sound {
  readonly packets: readonly Uint8Array[];
  readonly ticks: readonly number[];
}

const TICKS_PER_MS = 48;

/** Sends sounds one after the other as one RTP stream in real time: nothing is sent in between, while the stream's time goes on. */
export class Playback {
  readonly #queue: Sound[] = [];
  readonly #originMs: number;
  #next = 0;
  #sequenceNumber = 0;
  /** When the next packet is due; null: nothing is being said. */
  #dueMs: number | null = null;
  #marker = true;

  /** @param atMs of a clock that does not go back */
  constructor(atMs: number) {
    this.#originMs = atMs;
  }

  get speaking(): boolean {
    return this.#dueMs !== null;
  }

  /** Sounds that have not begun. */
  get waiting(): number {
    return Math.max(0, this.#queue.length - 1);
  }

  say(sound: Sound, atMs: number): void {
    if (sound.packets.length === 0) return;
    this.#queue.push(sound);
    if (this.#dueMs !== null) return;
    this.#dueMs = atMs;
    this.#marker = true;
  }

  /** Says nothing any more. */
  hush(): void {
    this.#queue.length = 0;
    this.#next = 0;
    this.#dueMs = null;
  }

  /** What is to be sent by now. */
  due(atMs: number): MediaPacket[] {
    const packets: MediaPacket[] = [];
    while (this.#dueMs !== null && this.#dueMs <= atMs) packets.push(this.#take(this.#dueMs));
    return packets;
  }

  #take(dueMs: number): MediaPacket {
    const [sound] = this.#queue;
    const packet = {
      sequenceNumber: this.#sequenceNumber,
      timestamp: Math.round((dueMs - this.#originMs) * TICKS_PER_MS) >>> 0,
      marker: this.#marker, // a talk spurt begins (RFC 3551, 4.1)
      payload: sound?.packets[this.#next] ?? new Uint8Array(),
    };
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    this.#marker = false;
    this.#dueMs = dueMs + (sound?.ticks[this.#next] ?? 0) / TICKS_PER_MS;
    this.#next += 1;
    if (this.#next >= (sound?.packets.length ?? 0)) {
      this.#next = 0;
      this.#queue.shift();
      if (this.#queue.length === 0) this.#dueMs = null;
    }
    return packet;
  }
}
