import type { EvictOptions } from '#modules/contracts';
import { PINNED, rowsOf, type Span } from './span.js';

/**
 * Chooses what leaves the context: every frame but the newest `keepFrames`; then, while more than `targetTokens` are
 * left, the oldest whole exchanges that hold no kept frame; then frame by frame from the oldest, with the exchanges that
 * this lays bare. The start of the context, the newest system turn and what else the exchange under way holds stay: where
 * another is about to be opened, none is under way.
 */
export function planEviction(
  spans: readonly Span[],
  goal: EvictOptions & { readonly currentExchange: number },
): Span[] {
  const frames = spans.filter((span) => span.kind === 'frame');
  const excess = Math.max(0, frames.length - goal.keepFrames);
  const dropped = new Set(frames.slice(0, excess));
  const pinned = pinnedSpans(spans);
  const underWay = goal.opening ? Infinity : goal.currentExchange;
  let tokens = rowsOf(spans) - rowsOf([...dropped]);
  const drop = (gone: readonly Span[]) => {
    for (const span of gone) dropped.add(span);
    tokens -= rowsOf(gone);
  };
  const dropExchanges = () => {
    for (const exchange of new Set(spans.map((span) => span.exchange))) {
      if (exchange >= underWay || tokens <= goal.targetTokens) continue;
      const rest = spans.filter(
        (span) => span.exchange === exchange && !dropped.has(span) && !pinned.has(span),
      );
      if (!rest.some((span) => span.kind === 'frame')) drop(rest);
    }
  };
  dropExchanges();
  for (const frame of frames.slice(excess)) {
    if (tokens <= goal.targetTokens) break;
    drop([frame]);
    dropExchanges();
  }
  return spans.filter((span) => dropped.has(span));
}

/** A system turn is pinned until there is a newer one. */
function pinnedSpans(spans: readonly Span[]): ReadonlySet<Span> {
  const lastSystem = spans.findLastIndex((span) => span.kind === 'system');
  let firstSystem = lastSystem;
  while (spans[firstSystem - 1]?.kind === 'system') firstSystem -= 1;
  const start = spans.filter((span) => span.exchange === PINNED && span.kind !== 'system');
  return new Set([...start, ...(lastSystem < 0 ? [] : spans.slice(firstSystem, lastSystem + 1))]);
}
