import { SAMPLE_RATE, type AudioFrame } from '#modules/contracts';
import {
  BoundaryPredictor,
  type BoundaryConfig,
  type BoundaryEvent,
  type Vad,
  type VadStream,
} from '#modules/vad';
import type { Scheduler, VadHandle, VadListener, VadPort } from '../core/ports.js';
import type { DetectionSettings } from '../core/turn-rules/turn-detection.js';

/** What is known of the least late packet is forgotten by this much (ms) a packet: the clocks of a call move, at its start most. */
const FORGET_MS = 0.5;
/** Where no packet of this long (ms) came within the other of what is known, the clocks have parted (the microphone's stood still). */
const PARTED_AFTER_MS = 500;
const PARTED_BY_MS = 100;

/**
 * Speech probabilities of the VAD module, turned into boundaries by its predictor. A silence is over when the clock says so:
 * the next window's probability would come up to 50 ms later.
 */
export class VadAdapter implements VadPort {
  readonly #vad: Vad;
  readonly #scheduler: Scheduler;

  constructor(vad: Vad, scheduler: Scheduler) {
    this.#vad = vad;
    this.#scheduler = scheduler;
  }

  open(settings: DetectionSettings | null, listener: VadListener): VadHandle {
    return new Detector({ vad: this.#vad, scheduler: this.#scheduler, listener }, settings);
  }
}

interface DetectorParts {
  readonly vad: Vad;
  readonly scheduler: Scheduler;
  readonly listener: VadListener;
}

class Detector implements VadHandle {
  readonly #scheduler: Scheduler;
  readonly #listener: VadListener;
  readonly #predictor = new BoundaryPredictor();
  readonly #stream: VadStream;
  readonly #onDue: () => void;
  #settings: DetectionSettings | null = null;
  #listening = false;
  #lost = false;
  #pushedToMs: number | null = null;
  /** End of what has been judged; of what was pushed before the detector listened, nothing is. */
  #heardToMs = 0;
  /** What begins before this is not spoken of any more. */
  #fromMs = -Infinity;
  /** Media clock − gateway clock (ms) at the least late packet of late: by so much a sound is older than its packet. */
  #aheadMs: number | null = null;
  /** The least late packet since then. */
  #recent = { sinceMs: 0, aheadMs: -Infinity };
  #timer: { readonly atMs: number; readonly cancel: () => void } | null = null;

  constructor({ vad, scheduler, listener }: DetectorParts, settings: DetectionSettings | null) {
    this.#scheduler = scheduler;
    this.#listener = listener;
    this.#onDue = listener.guard.wrap('conversation.silence', () => this.#due());
    this.#stream = vad.open({
      onProbability: listener.guard.wrap('conversation.hearing', ({ p, ptsMs, endMs, windowMs }) => {
        this.#heardToMs = endMs;
        if (this.#listening && ptsMs >= this.#fromMs) this.#tell(this.#predictor.push(p, endMs, windowMs));
      }),
      onLost: listener.guard.wrap('conversation.hearing', (why) => this.#onLost(why)),
    });
    this.configure(settings);
  }

  push(frame: AudioFrame): void {
    const { pcm, ptsMs } = frame;
    // What came while it was deaf will not be judged.
    if (!this.#listening) {
      this.#heardToMs = ptsMs + (pcm.length * 1000) / SAMPLE_RATE;
      return;
    }
    this.#pushedToMs = ptsMs + (pcm.length * 1000) / SAMPLE_RATE;
    this.#learnAhead(frame);
    this.#predictor.sound(pcm, ptsMs);
    this.#stream.push(pcm, ptsMs);
  }

  configure(settings: DetectionSettings | null): void {
    this.#settings = settings;
    this.#listening = settings !== null && !this.#lost;
    if (settings) this.#predictor.configure(configOf(settings));
    else this.#predictor.reset();
    this.#arm();
  }

  startAnew(fromMs: number): void {
    this.#fromMs = fromMs;
    this.#predictor.reset();
    this.#arm();
  }

  get unheardMs(): number {
    if (!this.#listening || this.#pushedToMs === null) return 0;
    return Math.max(0, this.#pushedToMs - this.#heardToMs);
  }

  silenceUntil(ms: number): void {
    if (this.#listening) this.#tell(this.#predictor.silenceUntil(ms));
  }

  close(): void {
    this.#timer?.cancel();
    this.#stream.close();
  }

  #learnAhead({ pcm, ptsMs, arrivedAtMs, concealed }: AudioFrame): void {
    // Silence for packets that do not come is made some time after they were due.
    if (concealed && this.#aheadMs !== null) return;
    const aheadMs = ptsMs + (pcm.length * 1000) / SAMPLE_RATE - arrivedAtMs;
    this.#aheadMs = Math.max(aheadMs, (this.#aheadMs ?? aheadMs) - FORGET_MS);
    if (arrivedAtMs - this.#recent.sinceMs < PARTED_AFTER_MS) {
      this.#recent.aheadMs = Math.max(this.#recent.aheadMs, aheadMs);
      return;
    }
    const { aheadMs: leastLate } = this.#recent;
    if (Number.isFinite(leastLate) && leastLate < this.#aheadMs - PARTED_BY_MS)
      this.#aheadMs = Math.max(leastLate, aheadMs);
    this.#recent = { sinceMs: arrivedAtMs, aheadMs };
  }

  #tell(events: readonly BoundaryEvent[]): void {
    for (const event of events) this.#listener.onBoundary(event);
    this.#arm();
  }

  /** Looks again when the silence will have been long enough. */
  #arm(): void {
    const { endsAtMs } = this.#predictor;
    const atMs = endsAtMs === null || this.#aheadMs === null ? null : endsAtMs - this.#aheadMs;
    if (this.#timer?.atMs === atMs) return;
    this.#timer?.cancel();
    this.#timer = atMs === null ? null : { atMs, cancel: this.#scheduler.at(atMs, this.#onDue) };
  }

  /** What was heard so far is a turn: it must not stay open for ever. */
  #onLost(why: string): void {
    const { silence_duration_ms: silenceMs = 0 } = this.#settings ? configOf(this.#settings) : {};
    if (this.#pushedToMs !== null) this.silenceUntil(this.#pushedToMs + silenceMs);
    this.#lost = true;
    this.#listening = false;
    this.#listener.onLost(why);
  }

  #due(): void {
    this.#timer = null;
    if (this.#aheadMs === null) return;
    const events = this.#predictor.endBy(this.#scheduler.nowMs() + this.#aheadMs);
    // Too early, for want of probabilities: with the next one it is looked again.
    if (events.length > 0) this.#tell(events);
  }
}

function configOf(settings: DetectionSettings): Partial<BoundaryConfig> {
  return {
    threshold: settings.threshold,
    silence_duration_ms: settings.silenceDurationMs,
    tentative_pause_ms: settings.tentativePauseMs,
    established_speech_ms: settings.bargeInMs,
  };
}
