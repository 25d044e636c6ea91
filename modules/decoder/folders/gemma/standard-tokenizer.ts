import type { z } from 'zod';
import { takeApart, type ChatPieces } from '../../core/text/chat-template.js';
import type { SpecialTokens } from '../../core/model/model-config.js';
import type { TextCodec } from '../../core/model/ports.js';
import { withChatTemplate } from '../chat-template-file.js';
import { badModel, readJson } from '../folder-files.js';
import { HfTokenizer } from '../hf-tokenizer.js';
import type { StandardFolder, Wrapping } from './standard-folder.js';
import { tokenizerConfigSchema } from './standard-schemas.js';

/** Numbers of marks, which are no token's. */
const MARKS = { bos: -1, user: -2, assistant: -3, frame: -4, audio: -5, end: -6, system: -7 } as const;

/** A standard folder's tokenizer, with the chat template taken apart into marks. */
export class StandardTokenizer implements TextCodec {
  readonly special: SpecialTokens;
  readonly stops: ReadonlySet<number>;
  /** The tokens of each mark. Of `frame` and `audio` only the first: the rest stands around the encoder's rows. */
  readonly marks: ReadonlyMap<number, readonly number[]>;
  /** The tokens before an encoder's rows, less the mark, and after them. */
  readonly frameWrap: { readonly before: readonly number[]; readonly after: readonly number[] };
  readonly audioWrap: { readonly before: readonly number[]; readonly after: readonly number[] };
  private readonly tokenizer: HfTokenizer;

  private constructor(folder: StandardFolder, pieces: ChatPieces, tokenizer: HfTokenizer) {
    this.tokenizer = tokenizer;
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
    const config = await readJson(dir, 'tokenizer_config.json', tokenizerConfigSchema);
    const tokenizer = await HfTokenizer.load(dir, config);
    const pieces = await readTemplate(folder, config);
    for (const token of [folder.image.token, folder.audio.token]) {
      if (!tokenizer.isAdded(token)) {
        throw badModel(
          dir,
          'tokenizer.json',
          `has no added token ${token}, which tokenizer_config.json names`,
        );
      }
    }
    return new StandardTokenizer(folder, pieces, tokenizer);
  }

  encode(text: string): number[] {
    return this.tokenizer.encode(text);
  }

  spelling(id: number): string {
    return this.tokenizer.spelling(id);
  }

  private ids(text: string): number[] {
    return this.tokenizer.ids(text);
  }

  private wrap({ before, after }: Wrapping) {
    const [first, ...rest] = this.ids(before);
    const mark = first === undefined ? [] : [first];
    return { mark, around: { before: rest, after: this.ids(after) } };
  }
}

function readTemplate(
  folder: StandardFolder,
  config: z.infer<typeof tokenizerConfigSchema>,
): Promise<ChatPieces> {
  const { dir, image, audio } = folder;
  return withChatTemplate(dir, config, (render) => {
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
  });
}
