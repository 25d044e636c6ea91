import type { RgbImage } from '#modules/contracts';
import { Json } from '../../core/remote/messages.js';
import { pcmOf, wavOf } from '../../core/remote/wav.js';
import type { AudioForm } from '../options.js';
import type { JpegClient } from './jpeg-client.js';

export interface MediaForms {
  readonly audio: Exclude<AudioForm, 'none'>;
  /** Media carry ids. */
  readonly ids: boolean;
}

/** Makes pictures and sounds parts of a request: once each, so that they are the same bytes in every request. */
export class MediaWriter {
  private readonly forms: MediaForms;
  private readonly jpeg: JpegClient;

  constructor(forms: MediaForms, jpeg: JpegClient) {
    this.forms = forms;
    this.jpeg = jpeg;
  }

  get backlog(): number {
    return this.jpeg.backlog;
  }

  /** @param id unique in the server: nothing else may ever bear it. The picture stays the caller's */
  async picture(image: RgbImage, id: string): Promise<Json> {
    const jpeg = await this.jpeg.encode({ ...image, data: Uint8Array.from(image.data) });
    const url = `data:image/jpeg;base64,${base64(jpeg)}`;
    return new Json(this.written({ type: 'image_url', image_url: { url } }, id));
  }

  /** @param pcm 16 kHz mono */
  sound(pcm: Float32Array, id: string): Json {
    const data = base64(wavOf(pcm));
    const part =
      this.forms.audio === 'input_audio'
        ? { type: 'input_audio', input_audio: { data, format: 'wav' } }
        : { type: 'audio_url', audio_url: { url: `data:audio/wav;base64,${data}` } };
    return new Json(this.written(part, id), true);
  }

  /** The samples of a part that is a sound; null: it is none. */
  static samplesOf({ text }: Json): Float32Array | null {
    const part = JSON.parse(text) as { input_audio?: { data: string }; audio_url?: { url: string } };
    const data = part.input_audio?.data ?? part.audio_url?.url.split(',')[1];
    return data === undefined ? null : pcmOf(Buffer.from(data, 'base64'));
  }

  private written(part: object, id: string): string {
    return JSON.stringify(this.forms.ids ? { ...part, uuid: id } : part);
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
