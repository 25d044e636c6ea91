/** A run of context rows that came in together. `exchange` counts user turns from 0; −1 is pinned (start, system). */
export interface Span {
  readonly kind: 'frame' | 'content';
  readonly from: number;
  readonly to: number;
  readonly exchange: number;
}

export const PINNED = -1;

export interface EvictionGoal {
  /** The newest frames, kept whatever they cost. */
  readonly keepFrames: number;
  readonly targetTokens: number;
  /** The exchange under way; only its old frames may go. */
  readonly currentExchange: number;
}

/**
 * Chooses what leaves the context: first every frame but the newest `keepFrames`; then, while more than `targetTokens`
 * are left, the oldest whole exchanges that hold no kept frame.
 */
export function planEviction(spans: readonly Span[], goal: EvictionGoal): Span[] {
  const frames = spans.filter((span) => span.kind === 'frame');
  const dropped = new Set(frames.slice(0, Math.max(0, frames.length - goal.keepFrames)));
  let tokens = spans.reduce((sum, span) => sum + (dropped.has(span) ? 0 : span.to - span.from), 0);
  for (let exchange = 0; exchange < goal.currentExchange && tokens > goal.targetTokens; exchange++) {
    const rest = spans.filter((span) => span.exchange === exchange && !dropped.has(span));
    if (rest.some((span) => span.kind === 'frame')) continue;
    for (const span of rest) {
      dropped.add(span);
      tokens -= span.to - span.from;
    }
  }
  return spans.filter((span) => dropped.has(span));
}

/** The spans that stay, moved down to where their rows are once `dropped` are gone. */
export function closeGaps(spans: readonly Span[], dropped: readonly Span[]): Span[] {
  const gone = new Set(dropped);
  let removed = 0;
  const kept: Span[] = [];
  for (const span of spans) {
    if (gone.has(span)) removed += span.to - span.from;
    else kept.push({ ...span, from: span.from - removed, to: span.to - removed });
  }
  return kept;
}
