import type { AudioFrame } from '#modules/contracts';
import {
  BoundaryPredictor,
  detectedSilenceMs,
  type BoundaryConfig,
  type BoundaryEvent,
  type Vad,
} from '#modules/vad';
import type { Boundary } from '../core/inputs.js';
import type { VadHandle, VadPort } from '../core/ports.js';
import type { DetectionSettings } from '../core/turn-detection.js';

/** Speech probabilities of the VAD module, turned into boundaries by its predictor. */
export class VadAdapter implements VadPort {
  readonly #vad: Vad;

  constructor(vad: Vad) {
    this.#vad = vad;
  }

  open(settings: DetectionSettings | null, onBoundary: (boundary: Boundary) => void): VadHandle {
    const predictor = new BoundaryPredictor();
    let listening = false;
    const tell = (events: BoundaryEvent[]) => events.forEach(onBoundary);
    const stream = this.#vad.open({
      onProbability: ({ p, endMs, windowMs }) => {
        if (listening) tell(predictor.push(p, endMs, windowMs));
      },
    });
    const configure = (next: DetectionSettings | null) => {
      listening = next !== null;
      if (next) predictor.configure(configOf(next, stream.windowMs));
      else predictor.reset();
    };
    configure(settings);
    return {
      push: ({ pcm, ptsMs }: AudioFrame) => {
        if (listening) stream.push(pcm, ptsMs);
      },
      configure,
      silenceUntil: (ms) => {
        if (listening) tell(predictor.silenceUntil(ms));
      },
      close: () => stream.close(),
    };
  }
}

function configOf(settings: DetectionSettings, windowMs: number): Partial<BoundaryConfig> {
  return {
    threshold: settings.threshold,
    silence_duration_ms: detectedSilenceMs(settings.silenceDurationMs, windowMs),
    tentative_pause_ms: settings.tentativePauseMs,
    established_speech_ms: settings.bargeInMs,
  };
}
