import type { ContextWriter } from '../context/context-writer.js';
import type { Session } from '../session.js';

/**
 * An item has gone from the conversation, and so does what the context has of it. An answer's message goes alone: its text is
 * cut to nothing. With a call goes the whole answer, as the engine takes it out, so its other items go as well.
 * @param isMessage what it was
 */
export function forgetItem(
  session: Session,
  writer: ContextWriter,
  { itemId, isMessage }: { readonly itemId: string; readonly isMessage: boolean },
): void {
  const answer = session.log.answerOf(itemId);
  const others = answer?.itemIds.filter((id) => session.items.get(id)) ?? [];
  if (answer && others.length > 0 && isMessage) return writer.cut(answer.id, 0);
  for (const other of others) {
    session.items.delete(other);
    session.out.emit({ type: 'item_deleted', itemId: other });
  }
  writer.forget(itemId);
}
