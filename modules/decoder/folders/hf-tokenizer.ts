import { Tokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { spellBytes } from '../core/text/detokenizer.js';
import { badModel, readJson, reasonOf } from './folder-files.js';

const tokenizerSchema = z.looseObject({
  added_tokens: z.array(
    z.looseObject({ id: z.number().int().nonnegative(), content: z.string(), special: z.boolean() }),
  ),
  decoder: z.looseObject({ type: z.string() }).nullish(),
});

const BYTE = /^<0x([0-9A-F]{2})>$/;

/** A folder's `tokenizer.json`. */
export class HfTokenizer {
  private readonly tokenizer: Tokenizer;
  private readonly added: ReadonlySet<string>;
  private readonly specials: ReadonlySet<string>;
  private readonly byteLevel: boolean;

  private constructor(
    tokenizer: Tokenizer,
    { added_tokens: added, decoder }: z.infer<typeof tokenizerSchema>,
  ) {
    this.tokenizer = tokenizer;
    this.added = new Set(added.map(({ content }) => content));
    this.specials = new Set(added.filter(({ special }) => special).map(({ content }) => content));
    this.byteLevel = decoder?.type === 'ByteLevel';
  }

  /**
   * @param config tokenizer_config.json, read
   * @throws `bad_model`
   */
  static async load(dir: string, config: object): Promise<HfTokenizer> {
    const json = await readJson(dir, 'tokenizer.json', tokenizerSchema);
    try {
      return new HfTokenizer(new Tokenizer(json, config), json);
    } catch (cause) {
      throw badModel(dir, 'tokenizer.json', reasonOf(cause));
    }
  }

  isAdded(token: string): boolean {
    return this.added.has(token);
  }

  /** Text of a template, with its special tokens. */
  ids(text: string): number[] {
    return text === '' ? [] : this.tokenizer.encode(text, { add_special_tokens: false }).ids;
  }

  /** Text from outside: what is spelt like a special token in it stays text. */
  encode(text: string): number[] {
    let safe = text;
    for (const token of this.specials) {
      if (token.length > 1) safe = safe.replaceAll(token, `${token.slice(0, 1)} ${token.slice(1)}`);
    }
    return this.ids(safe);
  }

  /** The vocabulary's spelling in byte-level BPE; '' for a special token. */
  spelling(id: number): string {
    const token = this.tokenizer.id_to_token(id) ?? '';
    if (this.specials.has(token)) return '';
    if (this.byteLevel) return token;
    const [, byte] = BYTE.exec(token) ?? [];
    if (byte !== undefined) return spellBytes(Uint8Array.of(Number.parseInt(byte, 16)));
    return spellBytes(new TextEncoder().encode(token.replaceAll('▁', ' ')));
  }
}
