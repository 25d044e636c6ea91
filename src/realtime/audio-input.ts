import type { AudioFormat } from '@vis-a-vis/protocol';
import { SAMPLE_RATE, VisavisError, type AudioFrame, type Clock } from '#modules/contracts';
import { AppendPace, type PaceLimits } from './core/audio/append-pace.js';
import { AudioStream } from './core/audio/audio-stream.js';
import { bytesPerSecond, rateOf } from './core/audio/samples.js';
import type { Pause } from './pause.js';

/** A longer piece is taken in parts of about this length (ms), between which others have their turn. */
const PART_MS = 200;
/** More than this (ms) is not given to a detector that has as much to judge already: it would leave some of it out. */
const MAX_UNHEARD_MS = 300;
/** What is left to judge when a client commits: less than a detector's window (ms). */
const JUDGED_MS = 40;
/** How often it is looked how far the detector is, and for how long at the most it is waited for where it stands still (ms). */
const LOOK_MS = 5;
const STANDSTILL_MS = 2000;
/** Samples of a frame at the most: 100 ms. */
const FRAME = SAMPLE_RATE / 10;

/** Where the audio goes. */
export interface AudioSink {
  push(frame: AudioFrame): void;
  /** What has been pushed and not been looked at for speech (ms). */
  readonly unheardMs: number;
}

/**
 * A microphone that comes by `input_audio_buffer.append`. Its clock counts samples, whenever they come: what is appended in
 * two pieces is the same as in one.
 */
export class AudioInput {
  #format: AudioFormat;
  #stream: AudioStream;
  readonly #pace: AppendPace;
  readonly #clock: Clock;
  /** Samples handed on, at 16 kHz. */
  #count = 0;
  /** The client was told that what it appends is not taken, and nothing has been taken since. */
  #told = false;

  readonly #pause: Pause;

  constructor(format: AudioFormat, limits: PaceLimits, { clock, pause }: { clock: Clock; pause: Pause }) {
    this.#format = format;
    this.#stream = new AudioStream(format);
    this.#pace = new AppendPace(limits);
    this.#clock = clock;
    this.#pause = pause;
  }

  /** What comes from now on is in this format. */
  setFormat(format: AudioFormat): void {
    if (format.type === this.#format.type && rateOf(format) === rateOf(this.#format)) return;
    this.#format = format;
    this.#stream = new AudioStream(format);
  }

  /**
   * Takes a piece, once the client is not too far ahead of real time any more.
   * @param audio base64
   * @param named the client gave the event an id, and can be told of each
   * @throws VisavisError `audio_too_fast`: nothing of it was taken. Of a run of pieces without an id, for the first only
   */
  async append(audio: string, named: boolean, sink: AudioSink): Promise<void> {
    const bytes = Buffer.from(audio, 'base64');
    if (!(await this.#admitted(bytes.length))) {
      if (this.#told && !named) return;
      this.#told = true;
      throw new VisavisError(
        'audio_too_fast',
        'Audio came too far ahead of real time, and is left out until time has caught up.',
        'audio',
      );
    }
    this.#told = false;
    const part = Math.ceil((PART_MS * bytesPerSecond(this.#format)) / 1000);
    for (let at = 0; at < bytes.length; at += part) {
      if (at > 0) await this.#pause.turn();
      await this.#heard(sink, MAX_UNHEARD_MS);
      this.#emit(this.#stream.push(bytes.subarray(at, at + part)), sink);
    }
  }

  /** What has been appended so far is whole: the last of it is handed on, and speech in it is known. */
  async flush(sink: AudioSink): Promise<void> {
    this.#emit(this.#stream.flush(), sink);
    await this.#heard(sink, JUDGED_MS);
  }

  /** What has been appended so far is void. */
  clear(): void {
    this.#stream.clear();
  }

  async #admitted(bytes: number): Promise<boolean> {
    const durationMs = (bytes * 1000) / bytesPerSecond(this.#format);
    for (;;) {
      const verdict = this.#pace.ask(durationMs, this.#clock.nowMs());
      if (verdict.k !== 'wait') return verdict.k === 'take';
      await this.#pause.sleep(verdict.ms);
    }
  }

  #emit(pcm: Float32Array, sink: AudioSink): void {
    const arrivedAtMs = this.#clock.nowMs();
    for (let at = 0; at < pcm.length; at += FRAME) {
      const piece = pcm.slice(at, at + FRAME);
      sink.push({ pcm: piece, ptsMs: (this.#count * 1000) / SAMPLE_RATE, arrivedAtMs, concealed: false });
      this.#count += piece.length;
    }
  }

  /** Waits for the detector, unless it stands still. */
  async #heard(sink: AudioSink, unheardMs: number): Promise<void> {
    let least = sink.unheardMs;
    for (let waitedMs = 0; least > unheardMs && waitedMs < STANDSTILL_MS; waitedMs += LOOK_MS) {
      await this.#pause.sleep(LOOK_MS);
      if (sink.unheardMs < least) waitedMs = 0;
      least = sink.unheardMs;
    }
  }
}
