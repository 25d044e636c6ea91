import { Windower, MAX_GAP_MS } from './windower.js';
import { SAMPLES_PER_MS } from './units.js';

/** The model's verdict on one window. */
export interface SpeechProbability {
  /** Session media clock (ms) of the window's first sample. */
  readonly ptsMs: number;
  /** Session media clock (ms) just after the window's last sample. */
  readonly endMs: number;
  /** 0..1. */
  readonly p: number;
  /** Length of the window (ms): 32 (v6) or 96 (legacy). */
  readonly windowMs: number;
}

/**
 * Why audio was not scored:
 * - `overload`: the worker is behind by `maxQueuedMs`; the newest window is dropped.
 * - `worker_lost`: the worker died with the window in its queue.
 * - `unavailable`: there is no worker (it failed too often, or the service is closing).
 * - `timestamp_jump`: samples before a jump of the timestamps that did not fill a window.
 * - `bad_audio`: the chunk holds a sample that is not a finite number, which would spoil the model's state.
 * - `closed`: pushed after `close`.
 */
export type VadDropReason =
  'overload' | 'worker_lost' | 'unavailable' | 'timestamp_jump' | 'bad_audio' | 'closed';

export interface VadHandlers {
  /** Called in the order of the audio, never from inside `push`. */
  onProbability(result: SpeechProbability): void;
  onDrop?(reason: VadDropReason, samples: number): void;
  /** The model is gone for good: nothing is scored any more, on this stream and others. Never called from inside `open`. */
  onLost?(why: string): void;
}

/** Speech probability of one audio track. */
export interface VadStream {
  /** Length (ms) of the windows that this stream reports. */
  readonly windowMs: number;
  /** Windows that have been taken and not been scored yet. */
  readonly pending: number;
  /**
   * @param pcm 16 kHz mono, any length; it is copied.
   * @param ptsMs session media clock of the first sample. More than 100 ms off the end of the last chunk starts anew.
   */
  push(pcm: Float32Array, ptsMs: number): void;
  /** No handler is called for results that come after this. */
  close(): void;
}

/** What opens streams: the service, or a fake of it. */
export interface Vad {
  open(handlers: VadHandlers): VadStream;
}

/** Where a stream's windows go. */
export interface WindowSink {
  /** @returns false when there is nobody to take it. */
  submit(pcm: Float32Array, reset: boolean): boolean;
  /**
   * Has `deliver` called with this, soon but not now: of the next window nothing need be asked. Without it, every window is submitted.
   */
  answer?(p: number): void;
  close(): void;
}

export interface StreamLimits {
  readonly windowSamples: number;
  readonly maxQueuedMs: number;
}

/** Below this (−60 dBFS) nobody is heard: a microphone that is muted, a sender that pauses, or a quiet room. */
const SILENCE = 0.001;
/** After so many silent windows in succession that the model takes for silence, its opinion changes no more until there is a sound. */
const SETTLED_WINDOWS = 8;
const SETTLED_P = 0.1;

interface Pending {
  readonly ptsMs: number;
  readonly endMs: number;
  readonly silent: boolean;
}

/**
 * Cuts windows, keeps the times of those under way, and bounds how many these are. Where it has been silent for a while, the model is
 * not asked any more: what it said last holds for each window until there is a sound.
 */
export class WindowedStream implements VadStream {
  readonly windowMs: number;
  readonly #windower: Windower;
  readonly #handlers: VadHandlers;
  readonly #sink: WindowSink;
  readonly #maxPending: number;
  #pending: Pending[] = [];
  /** Silent windows in succession that were taken for silence, and what was said of the newest. */
  #settled = 0;
  #settledP = 0;
  /** End of the last window that the sink took; null at the start and when the model's state is gone. */
  #continuesAtMs: number | null = null;
  #closed = false;

  constructor(limits: StreamLimits, handlers: VadHandlers, sink: WindowSink) {
    this.windowMs = limits.windowSamples / SAMPLES_PER_MS;
    this.#windower = new Windower(limits.windowSamples);
    this.#maxPending = Math.max(1, Math.floor(limits.maxQueuedMs / this.windowMs));
    this.#handlers = handlers;
    this.#sink = sink;
  }

  get pending(): number {
    return this.#pending.length;
  }

  push(pcm: Float32Array, ptsMs: number): void {
    if (this.#closed) return this.#drop('closed', pcm.length);
    if (!Number.isFinite(ptsMs) || !isFiniteSound(pcm)) return this.#drop('bad_audio', pcm.length);
    const { windows, jump } = this.#windower.push(pcm, ptsMs);
    if (jump) {
      this.#continuesAtMs = null;
      if (jump.discardedSamples > 0) this.#drop('timestamp_jump', jump.discardedSamples);
    }
    for (const window of windows) {
      const silent = isSilent(window.pcm);
      if (!silent) this.#settled = 0;
      if (this.#sink.answer && this.#settled >= SETTLED_WINDOWS && this.#pending.length === 0) {
        this.#continuesAtMs = window.endMs;
        this.#pending.push({ ptsMs: window.ptsMs, endMs: window.endMs, silent });
        this.#sink.answer(this.#settledP);
        continue;
      }
      if (this.#pending.length >= this.#maxPending) {
        this.#drop('overload', window.pcm.length);
        continue;
      }
      const { ptsMs: startMs, endMs } = window;
      // Windows dropped in between leave a hole just as lost packets do.
      const reset = this.#continuesAtMs === null || startMs - this.#continuesAtMs > MAX_GAP_MS;
      const samples = window.pcm.length;
      if (!this.#sink.submit(window.pcm, reset)) {
        this.#drop('unavailable', samples);
        continue;
      }
      this.#continuesAtMs = endMs;
      this.#pending.push({ ptsMs: startMs, endMs, silent });
    }
  }

  /** The probability of the oldest window under way. */
  deliver(p: number): void {
    const window = this.#pending.shift();
    if (!window || this.#closed) return;
    const { ptsMs, endMs, silent } = window;
    this.#settled = silent && p < SETTLED_P ? this.#settled + 1 : 0;
    this.#settledP = p;
    this.#handlers.onProbability({ ptsMs, endMs, p, windowMs: this.windowMs });
  }

  /** The worker is gone, and with it the windows under way and the stream's state. */
  workerLost(): void {
    const lost = this.#pending.length;
    this.#pending = [];
    this.#continuesAtMs = null;
    this.#settled = 0;
    if (lost > 0 && !this.#closed) this.#drop('worker_lost', lost * this.windowMs * SAMPLES_PER_MS);
  }

  /** There will be no worker any more. */
  lost(why: string): void {
    if (!this.#closed) this.#handlers.onLost?.(why);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pending = [];
    this.#sink.close();
  }

  #drop(reason: VadDropReason, samples: number): void {
    this.#handlers.onDrop?.(reason, samples);
  }
}

/** A plain loop: `every` makes an object of each sample. */
function isFiniteSound(pcm: Float32Array): boolean {
  for (let at = 0; at < pcm.length; at += 1) if (!Number.isFinite(pcm[at])) return false;
  return true;
}

function isSilent(pcm: Float32Array): boolean {
  for (let at = 0; at < pcm.length; at += 1) if (Math.abs(pcm[at] ?? 0) > SILENCE) return false;
  return true;
}
