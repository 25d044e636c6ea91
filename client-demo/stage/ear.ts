import { SpeechPresence } from '../core/presence.js';
import { extremesOf, levelOf, powerOf, type Column } from '../core/waveform.js';

/** Of what voices have most (Hz): that of telephones. */
const BAND = { from: 300, to: 3400 } as const;
const SIZE = 2048;

/** What the microphone gives, as it is to be looked at. */
export class Ear {
  readonly #source: AudioNode;
  readonly #all: AnalyserNode;
  readonly #voices: AnalyserNode;
  readonly #first: BiquadFilterNode;
  readonly #samples = new Float32Array(SIZE);
  readonly #presence = new SpeechPresence();

  constructor(context: BaseAudioContext, source: AudioNode) {
    this.#source = source;
    this.#all = new AnalyserNode(context, { fftSize: SIZE });
    this.#voices = new AnalyserNode(context, { fftSize: SIZE });
    this.#first = new BiquadFilterNode(context, { type: 'highpass', frequency: BAND.from });
    const last = new BiquadFilterNode(context, { type: 'lowpass', frequency: BAND.to });
    source.connect(this.#all);
    source.connect(this.#first).connect(last).connect(this.#voices);
  }

  /** The last 43 ms (at 48 kHz). */
  read(): Omit<Column, 'heard'> {
    this.#voices.getFloatTimeDomainData(this.#samples);
    const presence = this.#presence.push(powerOf(this.#samples));
    this.#all.getFloatTimeDomainData(this.#samples);
    return { ...extremesOf(this.#samples), level: levelOf(powerOf(this.#samples)), presence };
  }

  close(): void {
    this.#source.disconnect(this.#all);
    this.#source.disconnect(this.#first);
  }
}
