import type { Question } from '../questions.js';

/** A microphone that says the built-in questions; between them it is silent. */
export class ClipPlayer {
  readonly context = new AudioContext({ sampleRate: 48_000 });
  /** What is said comes by here. */
  readonly said = new GainNode(this.context);
  readonly #output = this.context.createMediaStreamDestination();

  constructor() {
    this.said.connect(this.#output);
  }

  get track(): MediaStreamTrack | undefined {
    return this.#output.stream.getAudioTracks()[0];
  }

  /** Says a question; resolves when it has been said. It is heard on the loudspeaker too. */
  async play(question: Question): Promise<void> {
    await this.context.resume();
    const response = await fetch(`questions/${question.file}.ogg`);
    if (!response.ok) throw new Error(`the question could not be loaded (HTTP ${response.status})`);
    const source = this.context.createBufferSource();
    source.buffer = await this.context.decodeAudioData(await response.arrayBuffer());
    source.connect(this.said);
    source.connect(this.context.destination);
    const { promise, resolve } = Promise.withResolvers<void>();
    source.addEventListener('ended', () => resolve());
    source.start();
    return promise;
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}
