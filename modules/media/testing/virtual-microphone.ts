import { OPUS_CLOCK_RATE } from '../core/opus-packet.js';
import type { OpusDecoder } from '../core/ports.js';
import type { RtpIn } from '../core/rtp.js';

const TICKS_PER_MS = OPUS_CLOCK_RATE / 1000;
const PACKET_MS = 20;
/** Loud packets are heard at this level and above, quiet ones near nothing; what is added tells which packet it was. */
const LOUD = 0.5;
const LOUD_STEP = 2 ** -16;
const QUIET_STEP = 2 ** -24;

/** A packet on its way. */
export interface Sent {
  readonly packet: RtpIn;
  /** Counts from 1; what `heardId` finds in the sound. */
  readonly id: number;
  readonly sentAtMs: number;
}

/** What the RTP clock does in a pause: goes on, stands still, or is set to something else. */
export type PauseClock = 'wall' | 'frozen' | 'ahead' | 'back';
/** What the numbering does: goes on, jumps ahead (packets were counted and not sent), or begins anew. */
export type PauseNumbers = 'go on' | 'ahead' | 'anew';

/** A sender on a clock of its own, each of whose packets can be told apart in what `MarkingDecoder` makes of it. */
export class VirtualMicrophone {
  readonly sent: Sent[] = [];
  nowMs: number;
  #ssrc = 1;
  #sequence = 65_500;
  #ticks = 4_294_900_000;
  readonly #ticksPerPacket: number;

  /** @param drift share by which the sender's clock runs fast */
  constructor(startMs = 0, drift = 0) {
    this.nowMs = startMs;
    this.#ticksPerPacket = PACKET_MS * TICKS_PER_MS;
    this.#msPerPacket = PACKET_MS / (1 + drift);
  }
  readonly #msPerPacket: number;

  talk(ms: number, loud: boolean): void {
    for (let at = 0; at < ms; at += PACKET_MS) {
      this.#send(Uint8Array.of(0x98, loud ? 1 : 0, 0));
      this.#ticks += this.#ticksPerPacket;
      this.nowMs += this.#msPerPacket;
    }
  }

  /** A packet that says that silence follows. */
  announcePause(): void {
    this.#send(Uint8Array.of(0x98));
    this.#ticks += this.#ticksPerPacket;
    this.nowMs += this.#msPerPacket;
  }

  pause(ms: number, clock: PauseClock = 'frozen', numbers: PauseNumbers = 'go on'): void {
    this.nowMs += ms;
    if (clock === 'wall') this.#ticks += ms * TICKS_PER_MS;
    if (clock === 'ahead') this.#ticks += 987_654_321;
    if (clock === 'back') this.#ticks -= 12_345_600;
    if (numbers === 'ahead') this.#sequence += Math.ceil(ms / PACKET_MS);
    if (numbers === 'anew') this.#sequence += 20_000;
  }

  changeSsrc(): void {
    this.#ssrc += 1;
    this.#sequence = (this.#sequence * 31 + 7) & 0xffff;
    this.#ticks += 1_234_567_890;
  }

  /** Numbers that others than the microphone use up. */
  use(numbers: number): void {
    this.#sequence += numbers;
  }

  #send(head: Uint8Array): void {
    const id = this.sent.length + 1;
    const dtx = head.length === 1;
    const payload = dtx ? head : Uint8Array.of(...head, id >> 8, id & 0xff);
    const packet: RtpIn = {
      ssrc: this.#ssrc,
      payloadType: 111,
      sequenceNumber: this.#sequence & 0xffff,
      timestamp: ((Math.round(this.#ticks) % 2 ** 32) + 2 ** 32) % 2 ** 32,
      marker: false,
      payload,
    };
    this.sent.push({ packet, id: dtx ? 0 : id, sentAtMs: this.nowMs });
    this.#sequence += 1;
  }
}

/** Makes sound that says which packet of a `VirtualMicrophone` it came from; what it makes up says 0. */
export class MarkingDecoder implements OpusDecoder {
  resets = 0;

  decode(packet: Uint8Array): Float32Array {
    const id = ((packet[3] ?? 0) << 8) | (packet[4] ?? 0);
    const value = packet[1] === 1 ? LOUD + id * LOUD_STEP : id * QUIET_STEP;
    return new Float32Array(320).fill(value);
  }

  recover(_packet: Uint8Array, ticks: number): Float32Array {
    return this.conceal(ticks);
  }

  conceal(ticks: number): Float32Array {
    return new Float32Array(ticks / 3);
  }

  reset(): void {
    this.resets += 1;
  }

  free(): void {
    return;
  }
}

/** The packet that a frame's sound came from; 0: none. */
export function heardId(pcm: Float32Array): number {
  const value = pcm[0] ?? 0;
  return value >= LOUD ? Math.round((value - LOUD) / LOUD_STEP) : Math.round(value / QUIET_STEP);
}
