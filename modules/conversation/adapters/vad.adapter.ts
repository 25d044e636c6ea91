import type { AudioFrame } from '#modules/contracts';
import { BoundaryPredictor, type BoundaryEvent, type Vad } from '#modules/vad';
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
    const predictor = new BoundaryPredictor(settings ? configOf(settings) : {});
    let listening = settings !== null;
    const tell = (events: BoundaryEvent[]) => events.forEach(onBoundary);
    const stream = this.#vad.open({
      onProbability: ({ p, endMs, windowMs }) => {
        if (listening) tell(predictor.push(p, endMs, windowMs));
      },
    });
    return {
      push: ({ pcm, ptsMs }: AudioFrame) => {
        if (listening) stream.push(pcm, ptsMs);
      },
      configure: (next) => {
        listening = next !== null;
        if (next) predictor.configure(configOf(next));
        else predictor.reset();
      },
      silenceUntil: (ms) => {
        if (listening) tell(predictor.silenceUntil(ms));
      },
      close: () => stream.close(),
    };
  }
}

function configOf(settings: DetectionSettings) {
  return { threshold: settings.threshold, silence_duration_ms: settings.silenceDurationMs };
}
