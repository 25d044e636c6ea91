import type { AudioFrame } from '#modules/contracts';
import type { Boundary } from '../core/inputs.js';
import type { VadHandle, VadListener, VadPort } from '../core/ports.js';
import type { DetectionSettings } from '../core/turn-rules/turn-detection.js';

/** A detector that hears nothing by itself: a test says the boundaries. */
export class ScriptedVad implements VadPort {
  readonly heard: AudioFrame[] = [];
  readonly silences: number[] = [];
  readonly anew: number[] = [];
  settings: DetectionSettings | null = null;
  closed = false;
  #listener: VadListener | null = null;

  open(settings: DetectionSettings | null, listener: VadListener): VadHandle {
    this.settings = settings;
    this.#listener = listener;
    return {
      push: (frame) => void this.heard.push(frame),
      configure: (next) => {
        this.settings = next;
      },
      startAnew: (ms) => void this.anew.push(ms),
      unheardMs: 0,
      silenceUntil: (ms) => void this.silences.push(ms),
      close: () => {
        this.closed = true;
      },
    };
  }

  say(boundary: Boundary): void {
    this.#listener?.onBoundary(boundary);
  }

  lose(why: string): void {
    this.#listener?.onLost(why);
  }
}
