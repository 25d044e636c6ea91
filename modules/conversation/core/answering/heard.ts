import type { ContextWriter } from '../context/context-writer.js';
import type { ItemContent, MessageItem } from '../items/items.js';
import type { Session } from '../session.js';

/** Where an answer ends for who heard it. */
export interface HeardUpTo {
  /** Of its text, as JavaScript counts them. */
  readonly characters: number;
  readonly audioEndMs: number;
  /** Default: its first part. */
  readonly contentIndex?: number;
}

/**
 * Ends an answer where its reading did: the item, and what the context has of it, which keeps the tokens that were read
 * whole. It never grows. What stands behind the part that was cut was not heard at all.
 * @param contentIndex the part of it; one that the model made here has one, so that the characters of that are the answer's
 */
export function cutAnswer(
  session: Session,
  writer: ContextWriter,
  item: MessageItem,
  { characters, audioEndMs, contentIndex = 0 }: HeardUpTo,
): void {
  const answer = session.log.answerOf(item.id);
  const text = textOf(item.content[contentIndex]);
  let kept = wholeCharacters(text, characters);
  if (answer && answer.text === text) {
    const keepTokens = answer.tokenEnds.filter((end) => end <= characters).length;
    kept = text.slice(0, answer.tokenEnds[keepTokens - 1] ?? 0);
    if (keepTokens < answer.tokenEnds.length) writer.cut(answer.id, keepTokens);
  }
  const content = [...item.content.slice(0, contentIndex), { type: 'output_text', text: kept } as const];
  if (kept !== text || content.length < item.content.length) session.items.update({ ...item, content });
  session.out.emit({ type: 'item_truncated', itemId: item.id, contentIndex, audioEndMs });
}

function textOf(part: ItemContent | undefined): string {
  return part && 'text' in part ? part.text : '';
}

/** Half of a character that takes two is none. */
function wholeCharacters(text: string, count: number): string {
  const last = text.charCodeAt(count - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? count - 1 : count);
}
