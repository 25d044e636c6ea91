import type { Segment } from '#modules/contracts';

/** One thing that happened to a context and still holds. */
export type Survivor =
  | { readonly k: 'segment'; readonly segment: Segment }
  | { readonly k: 'answer'; readonly id: string; readonly tokens: readonly number[] }
  | { readonly k: 'evicted'; readonly ids: readonly string[] };

/**
 * What is left of a session's operations, in order: a fresh session that performs these is as that one. This is the
 * definition that the engine is held to, so it knows no rows, positions or caches.
 */
export class SurvivingLog {
  readonly entries: readonly Survivor[];

  constructor(entries: readonly Survivor[] = []) {
    this.entries = entries;
  }

  with(survivor: Survivor): SurvivingLog {
    return new SurvivingLog([...this.entries, survivor]);
  }

  /** Without a segment that was refused after all. */
  without(segmentId: string): SurvivingLog {
    return new SurvivingLog(this.entries.filter((entry) => idOf(entry) !== segmentId));
  }

  /**
   * Without what `ids` name. What is behind the first of them is as if it came only now: evictions from in front of it
   * have happened by then, and what was evicted behind it has never been. An id that names nothing stands for the first
   * thing that was evicted. An utterance is evicted by the id of its final block, which has the tokens; its other blocks
   * go with it.
   */
  redacted(ids: readonly string[], speaking: string | null): SurvivingLog {
    const { entries } = this;
    const evicted = new Set(entries.flatMap((entry) => (entry.k === 'evicted' ? entry.ids : [])));
    const evictedSpeech = new Set(
      entries.filter((entry) => evicted.has(idOf(entry) ?? '')).flatMap((entry) => utteranceOf(entry) ?? []),
    );
    const isEvicted = (entry: Survivor) =>
      evicted.has(idOf(entry) ?? '') || evictedSpeech.has(utteranceOf(entry) ?? '');
    const isNamed = (entry: Survivor) =>
      !isEvicted(entry) && namesOf(entry).some((name) => ids.includes(name));
    const known = entries.filter((entry) => hasTokens(entry) && isNamed(entry)).flatMap(namesOf);
    const allKnown = ids.every((id) => known.includes(id) || id === speaking);
    const first = entries.findIndex(
      (entry) => (hasTokens(entry) && isNamed(entry)) || (!allKnown && isEvicted(entry)),
    );
    const at = first < 0 ? entries.length : first;
    const front = entries.slice(0, at).filter((entry) => !isNamed(entry));
    const behind = entries
      .slice(at)
      .filter((entry) => entry.k !== 'evicted' && !isNamed(entry) && !isEvicted(entry));
    const inFront = new Set(front.map(idOf));
    const since = entries.slice(at).flatMap((entry) => (entry.k === 'evicted' ? entry.ids : []));
    return new SurvivingLog([
      ...front,
      { k: 'evicted', ids: since.filter((id) => inFront.has(id)) },
      ...behind,
    ]);
  }
}

function idOf(entry: Survivor): string | null {
  if (entry.k === 'segment') return entry.segment.id;
  return entry.k === 'answer' ? entry.id : null;
}

function hasTokens(entry: Survivor): boolean {
  return (
    entry.k === 'answer' || (entry.k === 'segment' && (entry.segment.k !== 'audio' || entry.segment.final))
  );
}

/** What a redaction may call it. */
function namesOf(entry: Survivor): string[] {
  return [idOf(entry), utteranceOf(entry)].filter((name) => name !== null);
}

/** The name that the blocks of one utterance share. */
function utteranceOf(entry: Survivor): string | null {
  return entry.k === 'segment' && entry.segment.k === 'audio' ? (entry.segment.utterance ?? null) : null;
}
