import { Gate } from '../core/gate.js';
import type { SpeakOptions } from '../call/options.js';

/** How often the gate looks (ms). */
const LOOK_MS = 20;
/** How fast it opens and shuts (s): at once would click. */
const RAMP_S = 0.01;

/** What the page hears of its microphone, and what of it goes on: a meter, and a gate for while a voice reads. */
export class Sound {
  readonly #context = new AudioContext();
  readonly #meter = new AnalyserNode(this.#context, { fftSize: 1024 });
  readonly #gain = new GainNode(this.#context);
  readonly #out = this.#context.createMediaStreamDestination();
  readonly #gate = new Gate();
  readonly #samples = new Float32Array(1024);
  #source: MediaStreamAudioSourceNode | null = null;
  #looking: ReturnType<typeof setInterval> | undefined;

  constructor() {
    this.#meter.connect(this.#gain).connect(this.#out);
  }

  /** What goes on: silence without a microphone. */
  get track(): MediaStreamTrack {
    return this.#out.stream.getAudioTracks()[0] as MediaStreamTrack;
  }

  listen(track: MediaStreamTrack | null): void {
    this.#source?.disconnect();
    this.#source = track && this.#context.createMediaStreamSource(new MediaStream([track]));
    this.#source?.connect(this.#meter);
    this.wake();
  }

  /** Browsers stop it where no one has touched the page yet, or after an interruption. */
  wake(): void {
    if (this.#context.state === 'suspended') void this.#context.resume().catch(() => undefined);
  }

  /** @returns 0..1, where 1 is as loud as it gets, and 0 −60 dB or less */
  level(): number {
    return Math.min(1, Math.max(0, 1 + this.#levelDb() / 60));
  }

  reading(reading: boolean, echo: NonNullable<SpeakOptions['echo']>): void {
    clearInterval(this.#looking);
    this.#gate.reading(reading, performance.now());
    if (!reading || echo === 'none') return this.#open(true);
    if (echo === 'mute') return this.#open(false);
    const look = (): void => this.#open(this.#gate.push(this.#levelDb(), performance.now()));
    look();
    this.#looking = setInterval(look, LOOK_MS);
  }

  close(): void {
    clearInterval(this.#looking);
    void this.#context.close().catch(() => undefined);
  }

  #open(open: boolean): void {
    this.#gain.gain.setTargetAtTime(open ? 1 : 0, this.#context.currentTime, RAMP_S);
  }

  #levelDb(): number {
    this.#meter.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    return 10 * Math.log10(sum / this.#samples.length + 1e-10);
  }
}
