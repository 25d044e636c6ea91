import type { SpecialTokens } from '../../core/model/model-config.js';
import type { TextCodec } from '../../core/model/ports.js';
import { takeApart, type ChatPieces } from '../../core/text/chat-template.js';
import { withChatTemplate } from '../chat-template-file.js';
import { readJson } from '../folder-files.js';
import { HfTokenizer } from '../hf-tokenizer.js';
import { llamaTokenizerSchema, type LlamaFolder } from './llama-folder.js';

/** Numbers of marks, which are no token's. */
const MARKS = {
  bos: -1,
  bosBeforeSystem: -2,
  user: -3,
  assistant: -4,
  end: -5,
  system: -6,
  frame: -7,
  audio: -8,
} as const;

/** A text-only folder's tokenizer, with the chat template taken apart into marks. */
export class LlamaTokenizer implements TextCodec {
  readonly special: SpecialTokens;
  readonly stops: ReadonlySet<number>;
  /** The tokens of each mark. */
  readonly marks: ReadonlyMap<number, readonly number[]>;
  private readonly tokenizer: HfTokenizer;

  private constructor({ stopIds }: LlamaFolder, pieces: ChatPieces, tokenizer: HfTokenizer) {
    this.tokenizer = tokenizer;
    const ids = (text: string) => tokenizer.ids(text);
    this.marks = new Map([
      [MARKS.bos, ids(pieces.start)],
      [MARKS.bosBeforeSystem, ids(pieces.startBeforeSystem)],
      [MARKS.user, ids(pieces.user)],
      [MARKS.assistant, ids(pieces.assistant)],
      [MARKS.end, ids(pieces.end)],
      [MARKS.system, pieces.system === null ? [] : ids(pieces.system)],
      [MARKS.frame, []],
      [MARKS.audio, []],
    ]);
    const { system, ...marks } = MARKS;
    this.special = pieces.system === null ? marks : { ...marks, system };
    this.stops = new Set(stopIds);
  }

  /** @throws `bad_model` */
  static async load(folder: LlamaFolder): Promise<LlamaTokenizer> {
    const { dir } = folder;
    const config = await readJson(dir, 'tokenizer_config.json', llamaTokenizerSchema);
    const tokenizer = await HfTokenizer.load(dir, config);
    const pieces = await withChatTemplate(dir, config, (render) => takeApart(render, { textOnly: true }));
    return new LlamaTokenizer(folder, pieces, tokenizer);
  }

  encode(text: string): number[] {
    return this.tokenizer.encode(text);
  }

  spelling(id: number): string {
    return this.tokenizer.spelling(id);
  }
}
