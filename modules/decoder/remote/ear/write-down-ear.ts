import type { EngineCaps, EngineSession, Segment } from '#modules/contracts';
import type { LocalEar } from '../options.js';

/** Tokens of what is said in an utterance of 30 s at the most. */
const MOST_TOKENS = 256;

/** An engine whose model writes down what is said, for one whose model hears nothing. */
export class WriteDownEar implements LocalEar {
  readonly name: string;
  readonly languages: readonly string[];
  private readonly engine: { open(o: { system: string; tenant: string }): Promise<EngineSession> };
  private readonly words: Readonly<Record<string, string>>;

  constructor(engine: WriteDownEar['engine'], caps: Pick<EngineCaps, 'modelId' | 'writeDown'>) {
    this.engine = engine;
    this.name = caps.modelId;
    this.words = caps.writeDown ?? {};
    this.languages = Object.keys(this.words);
  }

  async transcribe(
    pcm: Float32Array,
    { language, signal }: { language: string | null; signal: AbortSignal },
  ): Promise<string> {
    const words = this.words[language ?? ''] ?? Object.values(this.words)[0] ?? '';
    const session = await this.engine.open({ system: '', tenant: 'ear' });
    try {
      const turn = (edge: 'open' | 'close'): Segment => ({ k: 'turn', id: 'turn', role: 'user', edge });
      await session.append(turn('open'), { signal });
      await session.append({ k: 'audio', id: 'said', ptsMs: 0, pcm, final: true }, { signal });
      await session.append({ k: 'text', id: 'words', text: words }, { signal });
      await session.append(turn('close'), { signal });
      let text = '';
      for await (const event of session.generate({ maxTokens: MOST_TOKENS, signal })) {
        if (event.t === 'token') text += event.text;
      }
      return text;
    } finally {
      await session.close();
    }
  }
}
