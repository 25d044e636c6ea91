import type { ContextRunner } from './context-runner.js';
import type { Context } from './context.js';
import type { Outcome } from './journal.js';
import type { Operation } from './operation.js';
import type { LogEntry } from './log-entry.js';
import { answerOwner, kindOf, ownerOf } from './span.js';

/**
 * Puts an entry of a session's log into a context, and computes it at once.
 * @param o `next`: position id of what comes behind it
 * @returns what the journal is to say of it
 */
export async function restoreEntry(
  context: Context,
  runner: ContextRunner,
  o: { entry: LogEntry; next: number; operation: Operation },
) {
  const { content, position } = o.entry;
  const { tokens: from, turn } = context;
  context.skipTo(position);
  const owner = content.k === 'answer' ? answerOwner(content.id) : ownerOf(content.segment);
  if (content.k === 'answer') await runner.keepAnswer(from, content.tokens, o.operation);
  else await runner.take(content.segment, o.operation);
  context.seal(from, content.k === 'answer' ? 'content' : kindOf(content.segment, turn), owner);
  const { tokens: to } = context;
  await runner.compute(to, o.operation);
  context.skipTo(o.next);
  const did =
    content.k === 'answer'
      ? ({ op: 'commit', owner, tokensKept: content.tokens.length } as const)
      : ({ op: 'append', kind: content.segment.k, owner, added: to - from } as const);
  return (to > from ? { ...did, span: { from, to } } : did) satisfies Omit<Outcome, 'seq'>;
}
