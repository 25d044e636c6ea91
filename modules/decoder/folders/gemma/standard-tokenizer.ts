import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Template } from '@huggingface/jinja';
import { Tokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { takeApart, type ChatPieces, type RenderChat } from '../../core/text/chat-template.js';
import { spellBytes } from '../../core/text/detokenizer.js';
import type { SpecialTokens } from '../../core/model/model-config.js';
import type { TextCodec } from '../../core/model/ports.js';
import { badModel, readJson, reasonOf } from '../folder-files.js';
import { exists } from './standard-files.js';
import type { StandardFolder, Wrapping } from './standard-folder.js';
import { tokenizerConfigSchema } from './standard-schemas.js';

const tokenizerSchema = z.looseObject({
  added_tokens: z.array(
    z.looseObject({ id: z.number().int().nonnegative(), content: z.string(), special: z.boolean() }),
  ),
  decoder: z.looseObject({ type: z.string() }).nullish(),
});

/** Numbers of marks, which are no token's. */
const MARKS = { bos: -1, user: -2, assistant: -3, frame: -4, audio: -5, end: -6, system: -7 } as const;
const BYTE = /^<0x([0-9A-F]{2})>$/;

/** A standard folder's tokenizer, with the chat template taken apart into marks. */
export class StandardTokenizer implements TextCodec {
  readonly special: SpecialTokens;
  readonly stops: ReadonlySet<number>;
  /** The tokens of each mark. Of `frame` and `audio` only the first: the rest stands around the encoder's rows. */
  readonly marks: ReadonlyMap<number, readonly number[]>;
  /** The tokens before an encoder's rows, less the mark, and after them. */
  readonly frameWrap: { readonly before: readonly number[]; readonly after: readonly number[] };
  readonly audioWrap: { readonly before: readonly number[]; readonly after: readonly number[] };
  private readonly tokenizer: Tokenizer;
  private readonly specials: ReadonlyMap<string, number>;
  private readonly byteLevel: boolean;

  private constructor(
    folder: StandardFolder,
    pieces: ChatPieces,
    parts: { tokenizer: Tokenizer; json: z.infer<typeof tokenizerSchema> },
  ) {
    this.tokenizer = parts.tokenizer;
    const { added_tokens: added, decoder } = parts.json;
    this.specials = new Map(added.filter(({ special }) => special).map(({ content, id }) => [content, id]));
    this.byteLevel = decoder?.type === 'ByteLevel';
    const frame = this.wrap(folder.image);
    const audio = this.wrap(folder.audio);
    this.frameWrap = frame.around;
    this.audioWrap = audio.around;
    this.marks = new Map([
      [MARKS.bos, this.ids(pieces.start)],
      [MARKS.user, this.ids(pieces.user)],
      [MARKS.assistant, this.ids(pieces.assistant)],
      [MARKS.frame, frame.mark],
      [MARKS.audio, audio.mark],
      [MARKS.end, this.ids(pieces.end)],
      [MARKS.system, pieces.system === null ? [] : this.ids(pieces.system)],
    ]);
    const { system, ...marks } = MARKS;
    this.special = pieces.system === null ? marks : { ...marks, system };
    this.stops = new Set(folder.stopIds);
  }

  /** @throws `bad_model` */
  static async load(folder: StandardFolder): Promise<StandardTokenizer> {
    const { dir } = folder;
    const json = await readJson(dir, 'tokenizer.json', tokenizerSchema);
    const config = await readJson(dir, 'tokenizer_config.json', tokenizerConfigSchema);
    let tokenizer: Tokenizer;
    try {
      tokenizer = new Tokenizer(json, config);
    } catch (cause) {
      throw badModel(dir, 'tokenizer.json', reasonOf(cause));
    }
    const pieces = await readTemplate(folder, config);
    for (const token of [folder.image.token, folder.audio.token]) {
      if (!json.added_tokens.some(({ content }) => content === token)) {
        throw badModel(
          dir,
          'tokenizer.json',
          `has no added token ${token}, which tokenizer_config.json names`,
        );
      }
    }
    return new StandardTokenizer(folder, pieces, { tokenizer, json });
  }

  /** Text from outside: what is spelt like a special token in it stays text. */
  encode(text: string): number[] {
    let safe = text;
    for (const token of this.specials.keys()) {
      if (token.length > 1) safe = safe.replaceAll(token, `${token.slice(0, 1)} ${token.slice(1)}`);
    }
    return this.ids(safe);
  }

  spelling(id: number): string {
    const token = this.tokenizer.id_to_token(id) ?? '';
    if (this.specials.has(token)) return '';
    if (this.byteLevel) return token;
    const [, byte] = BYTE.exec(token) ?? [];
    if (byte !== undefined) return spellBytes(Uint8Array.of(Number.parseInt(byte, 16)));
    return spellBytes(new TextEncoder().encode(token.replaceAll('▁', ' ')));
  }

  private ids(text: string): number[] {
    return text === '' ? [] : this.tokenizer.encode(text, { add_special_tokens: false }).ids;
  }

  private wrap({ before, after }: Wrapping) {
    const [first, ...rest] = this.ids(before);
    const mark = first === undefined ? [] : [first];
    return { mark, around: { before: rest, after: this.ids(after) } };
  }
}

async function readTemplate(
  folder: StandardFolder,
  config: z.infer<typeof tokenizerConfigSchema>,
): Promise<ChatPieces> {
  const { dir, image, audio } = folder;
  const inFile = await exists(dir, 'chat_template.jinja');
  const file = inFile ? 'chat_template.jinja' : 'tokenizer_config.json';
  try {
    const source = inFile ? await readFile(join(dir, file), 'utf8') : (config.chat_template ?? '');
    const template = new Template(source);
    const known = { bos_token: config.bos_token ?? '', eos_token: config.eos_token ?? '' };
    const render: RenderChat = (messages, generationPrompt) =>
      template.render({ messages, add_generation_prompt: generationPrompt, ...known });
    const pieces = takeApart(render);
    for (const [kind, found, token] of [
      ['picture', pieces.image, image.token],
      ['sound', pieces.audio, audio.token],
    ] as const) {
      if (found !== token) throw new Error(`a ${kind} is ${JSON.stringify(found)}, not ${token}`);
    }
    if (!folder.config.supportsInstructions) return { ...pieces, system: null };
    if (pieces.system === null)
      throw new Error(`has no system turns, and a ${folder.modelType} model needs them`);
    return pieces;
  } catch (cause) {
    throw badModel(dir, file, reasonOf(cause));
  }
}
