import type { ContextWriter } from '../context/context-writer.js';
import type { MessageItem } from '../items/items.js';
import type { Session } from '../session.js';

/** Where an answer ends for who heard it. */
export interface HeardUpTo {
  /** Of its text, as JavaScript counts them. */
  readonly characters: number;
  readonly audioEndMs: number;
}

/**
 * Ends an answer where its reading did: the item, and what the context has of it, which keeps the tokens that were read
 * whole. It never grows.
 */
export function cutAnswer(
  session: Session,
  writer: ContextWriter,
  item: MessageItem,
  heard: HeardUpTo,
): void {
  const answer = session.log.answerOf(item.id);
  const text = item.content.map((part) => ('text' in part ? part.text : '')).join('');
  let kept = wholeCharacters(text, heard.characters);
  if (answer && answer.text === text) {
    const keepTokens = answer.tokenEnds.filter((end) => end <= heard.characters).length;
    kept = text.slice(0, answer.tokenEnds[keepTokens - 1] ?? 0);
    if (keepTokens < answer.tokenEnds.length) writer.cut(answer.id, keepTokens);
  }
  if (kept !== text) session.items.update({ ...item, content: [{ type: 'output_text', text: kept }] });
  const { audioEndMs } = heard;
  session.out.emit({ type: 'item_truncated', itemId: item.id, contentIndex: 0, audioEndMs });
}

/** Half of a character that takes two is none. */
function wholeCharacters(text: string, count: number): string {
  const last = text.charCodeAt(count - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? count - 1 : count);
}
