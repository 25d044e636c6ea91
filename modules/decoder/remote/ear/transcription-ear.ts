import { z } from 'zod';
import { SAMPLE_RATE, VisavisError } from '#modules/contracts';
import { wavOf } from '../../core/remote/wav.js';
import type { ChatServer } from '../http/chat-server.js';
import { Failure } from '../http/failure.js';
import type { LocalEar } from '../options.js';

/** It may take as long as what was said, and this (ms). */
const MOST_MS = 8000;

const answerSchema = z.object({ text: z.string() });

export interface TranscriptionOptions {
  readonly model: string;
  onEnd(how: 'done' | 'aborted' | 'failed'): void;
}

/** A server that writes down what is said: OpenAI's `/v1/audio/transcriptions`. */
export class TranscriptionEar implements LocalEar {
  readonly name: string;
  readonly languages: readonly string[] = [];
  private readonly server: ChatServer;
  private readonly options: TranscriptionOptions;

  constructor(server: ChatServer, options: TranscriptionOptions) {
    this.server = server;
    this.options = options;
    this.name = `${options.model} at ${server.name}`;
  }

  async transcribe(
    pcm: Float32Array,
    { language, signal }: { language: string | null; signal: AbortSignal },
  ): Promise<string> {
    const timeoutMs = MOST_MS + (pcm.length / SAMPLE_RATE) * 1000;
    const form = new FormData();
    form.set('file', new Blob([wavOf(pcm)], { type: 'audio/wav' }), 'speech.wav');
    form.set('model', this.options.model);
    form.set('response_format', 'json');
    if (language !== null) form.set('language', language);
    try {
      const answer = answerSchema.safeParse(
        await this.server.upload('/v1/audio/transcriptions', form, { signal, timeoutMs }),
      );
      if (answer.success) {
        this.options.onEnd('done');
        return answer.data.text;
      }
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.options.onEnd(error.kind === 'aborted' ? 'aborted' : 'failed');
      throw error.toError();
    }
    this.options.onEnd('failed');
    throw new VisavisError('engine_failed', 'the server of transcripts sends what is none');
  }
}
