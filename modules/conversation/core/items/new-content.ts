import type { IdSource, Role, Segment } from '#modules/contracts';
import type { NewContent } from '../intents.js';
import type { ItemContent } from './items.js';

/** The user's content that becomes one segment. */
export type Part = Exclude<NewContent, { type: 'output_text' }>;

/** @param ptsMs of media, which came now */
export function contentSegment(
  part: Part,
  ids: IdSource,
  ptsMs: number,
): Extract<Segment, { k: 'frame' | 'text' | 'audio' }> {
  switch (part.type) {
    case 'input_text':
      return { k: 'text', id: ids.next('text'), text: part.text };
    case 'input_image':
      return { k: 'frame', id: ids.next('frame'), ptsMs, image: part.image };
    case 'input_audio': {
      const id = ids.next('audio');
      return { k: 'audio', id, ptsMs, pcm: part.pcm, final: true, utterance: id };
    }
  }
}

/** @returns what is wrong with a message's content; null: nothing */
export function contentProblem(message: {
  readonly role: Role;
  readonly content: readonly NewContent[];
}): string | null {
  const { role, content } = message;
  if (content.length === 0) return 'a message needs content';
  const fits = (part: NewContent) =>
    role === 'user' ? part.type !== 'output_text' : part.type === 'input_text' || part.type === 'output_text';
  const misfit = content.find((part) => !fits(part));
  return misfit ? `a message of role ${role} cannot hold ${misfit.type}` : null;
}

/** As clients are told of it. */
export function describe(part: NewContent): ItemContent {
  switch (part.type) {
    case 'input_text':
      return { type: 'input_text', text: part.text };
    case 'output_text':
      return { type: 'output_text', text: part.text };
    case 'input_audio':
      return { type: 'input_audio', transcript: part.transcript ?? null, span: null };
    case 'input_image':
      return { type: 'input_image', detail: part.detail };
  }
}

export function textOf(part: { readonly type: string; readonly text?: string }): string {
  return part.text ?? '';
}
