import type { EarTold, Segment } from '#modules/contracts';
import type { ContextRunner, ModelHost, RunTimes } from './context-runner.js';
import { Context } from '../context/context.js';
import type { Outcome } from '../context/journal.js';
import type { Operation } from './operation.js';
import type { LogEntry } from '../context/log-entry.js';
import { withoutSpecials } from '../text/prompt.js';
import { answerOwner, kindOf, opensExchange, ownerOf } from '../context/span.js';

type Appended = Extract<Outcome, { op: 'append' }>;

/**
 * A context with its start: the mark of it, and the system prompt where the model knows one.
 * @param budgetTokens its size; at most the model's
 */
export async function beginContext(host: ModelHost, system: string, budgetTokens: number): Promise<Context> {
  const { model, codec, special } = host;
  const { text, supportsInstructions } = model.config;
  const context = new Context(model.kv, text.hiddenSize, Math.min(budgetTokens, text.maxContextTokens));
  const { bos, bosBeforeSystem = bos, system: opening } = codec.special;
  const told = supportsInstructions && system !== '' && opening !== undefined;
  const start = told ? bosBeforeSystem : bos;
  context.add('content', special.row(start), special.count(start));
  if (told) {
    const ids = [opening, ...codec.encode(withoutSpecials(system)), codec.special.end];
    const rows = await host.scheduler.run({ priority: 'commit' }, () => model.embed(ids));
    context.add('system', rows, rows.length / text.hiddenSize);
  }
  return context;
}

/**
 * Puts a segment in, once.
 * @param o `took`: whether one that has no rows is in already
 * @returns what the journal is to say of it, and what the ear tells of a sound, where the model does
 */
export async function putSegment(
  context: Context,
  runner: ContextRunner,
  o: { segment: Segment; operation: Operation; took: (key: string) => boolean },
): Promise<{ done: Omit<Appended, 'seq'>; times: RunTimes; told: EarTold }> {
  const { segment, operation } = o;
  const owner = ownerOf(segment);
  const known = context.contents.find((span) => span.owner?.key === owner.key);
  const did = { op: 'append', kind: segment.k, owner } as const;
  if (known || o.took(owner.key)) {
    const added = known ? known.to - known.from : 0;
    return { done: { ...did, added }, times: { encode: 0, prefill: 0 }, told: {} };
  }
  const { tokens: from, turn } = context;
  const times = await runner.take(segment, operation);
  const told = segment.k === 'audio' ? await runner.told(segment, operation) : {};
  operation.throwIfCancelled();
  const { tokens: to } = context;
  context.seal(from, kindOf(segment, turn), owner);
  const done = { ...did, added: to - from };
  return { done: to > from ? { ...done, span: { from, to } } : done, times, told };
}

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
  const { content, position, exchange } = o.entry;
  const { tokens: from, turn } = context;
  context.skipTo(position);
  // As it was counted then, also where exchanges before it are gone: both sides of the engine evict by it.
  const opens = content.k === 'segment' && opensExchange(content.segment);
  context.exchange = opens ? exchange - 1 : exchange;
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
