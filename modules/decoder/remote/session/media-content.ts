import { VisavisError, type EngineCaps, type Segment } from '#modules/contracts';
import { textPart, wordsOf, type Json } from '../../core/remote/messages.js';
import { MediaWriter } from '../media/media-writer.js';
import type { LocalEar } from '../options.js';

type Audio = Extract<Segment, { k: 'audio' }>;
type Frame = Extract<Segment, { k: 'frame' }>;

export interface MediaContentOptions {
  /** The session's, with which the names of its media begin. */
  readonly id: string;
  readonly caps: EngineCaps;
  readonly media: MediaWriter;
  readonly ear: LocalEar | null;
}

/** What one session's pictures and sounds are in its requests: parts of a message, or words. */
export class MediaContent {
  private readonly options: MediaContentOptions;

  constructor(options: MediaContentOptions) {
    this.options = options;
  }

  /** What a frame or a whole utterance is in a request. @throws `bad_image`, `bad_audio` where the model takes none */
  async encode(segment: Segment, pcm: Float32Array | null, signal: AbortSignal): Promise<Json | null> {
    if (segment.k === 'frame') return this.picture(segment);
    return segment.k === 'audio' && pcm ? this.sound(segment, pcm, signal) : null;
  }

  private async picture({ id, image }: Frame): Promise<Json> {
    const { caps, media } = this.options;
    if (caps.vision === false) throw new VisavisError('bad_image', `${caps.modelId} sees nothing`);
    return media.picture(image, this.mediumId(id));
  }

  private async sound({ id }: Audio, pcm: Float32Array, signal: AbortSignal): Promise<Json | null> {
    const { caps, media, ear } = this.options;
    if (caps.audio !== false) return media.sound(pcm, this.mediumId(id));
    if (!ear)
      throw new VisavisError(
        'bad_audio',
        `${caps.modelId} hears nothing, and nobody writes down what is said`,
      );
    const text = await ear.transcribe(pcm, { language: null, signal });
    return text.trim() === '' ? null : textPart(text.trim());
  }

  /** What was said, in words: they are there already where the model reads them. */
  async writtenDown(medium: Json | null, signal: AbortSignal): Promise<string> {
    if (!medium) return '';
    const words = wordsOf(medium);
    if (words !== null) return words;
    const pcm = MediaWriter.samplesOf(medium);
    if (!pcm || !this.options.ear) throw new VisavisError('bad_request', 'that is nothing said');
    return (await this.options.ear.transcribe(pcm, { language: null, signal })).trim();
  }

  private mediumId(id: string): string {
    return `${this.options.id}-${id}`;
  }
}
