import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import type { SpecialTokens } from '../../core/model/model-config.js';
import type { TextCodec } from '../../core/model/ports.js';
import { badModel, type ModelFolder } from './model-folder.js';

/** The model folder's tokenizer. */
export class FolderTokenizer implements TextCodec {
  readonly special: SpecialTokens;
  private readonly tokenizer: Tokenizer;
  private readonly added: ReadonlySet<number>;

  private constructor(tokenizer: Tokenizer, special: SpecialTokens) {
    this.tokenizer = tokenizer;
    this.special = special;
    this.added = new Set(tokenizer.get_added_tokens_decoder().keys());
  }

  /** @throws `bad_model` */
  static async load(folder: ModelFolder): Promise<FolderTokenizer> {
    const json = async (file: string) => JSON.parse(await readFile(join(folder.dir, file), 'utf8')) as object;
    try {
      const tokenizer = new Tokenizer(await json('tokenizer.json'), await json('tokenizer_config.json'));
      return new FolderTokenizer(tokenizer, folder.special);
    } catch (cause) {
      throw badModel(folder.dir, 'tokenizer.json', cause instanceof Error ? cause.message : String(cause));
    }
  }

  encode(text: string): number[] {
    return this.tokenizer.encode(text, { add_special_tokens: false }).ids;
  }

  spelling(id: number): string {
    return this.added.has(id) ? '' : (this.tokenizer.id_to_token(id) ?? '');
  }
}
