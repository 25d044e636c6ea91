import { VIDEO_SOURCES, type Role, type VideoSource } from '#modules/contracts';

/** One thing that went to the engine. Times are ms on the media clock. */
export type LogRecord =
  | { readonly k: 'turn'; readonly id: string; readonly role: Role; readonly edge: 'open' | 'close' }
  | {
      readonly k: 'frame';
      readonly id: string;
      readonly itemId: string;
      readonly ptsMs: number;
      /** Of live video; null: of a message. */
      readonly source: VideoSource | null;
    }
  | { readonly k: 'text'; readonly id: string; readonly itemId: string | null; readonly text: string }
  | {
      readonly k: 'audio';
      readonly id: string;
      readonly itemId: string;
      /** Null for audio that came inside a typed item. */
      readonly span: { readonly startMs: number; readonly endMs: number } | null;
    }
  /** A call or a result that came in an item. */
  | { readonly k: 'tool'; readonly id: string; readonly itemId: string; readonly of: 'call' | 'result' }
  | {
      readonly k: 'answer';
      readonly id: string;
      /** Its message, where it said anything, and its calls. */
      readonly itemIds: readonly string[];
      readonly text: string;
      /** Characters of the text up to the end of each token that is kept. */
      readonly tokenEnds: readonly number[];
    };

/** `tokens` is null until the engine has attended it. */
export type LogEntry = LogRecord & { readonly seq: number; readonly tokens: number | null };

/**
 * What the context holds, in its order. This is the truth about a conversation; an engine's state is a cache of it. An
 * entry that the engine refused, evicted, redacted or rolled back is not here any more.
 */
export class SegmentLog {
  #entries: LogEntry[] = [];
  #seq = 0;
  /** The newest frame of each source that was evicted. */
  readonly #evictedLive = new Map<VideoSource, string>();

  get entries(): readonly LogEntry[] {
    return this.#entries;
  }

  /** Sequence number of the newest entry ever added: a position to roll back to. */
  get position(): number {
    return this.#seq;
  }

  add(record: LogRecord, tokens: number | null = null): void {
    this.#entries.push({ ...record, seq: ++this.#seq, tokens });
  }

  attended(id: string, tokens: number): LogEntry | undefined {
    const at = this.#entries.findIndex((entry) => entry.id === id);
    const entry = this.#entries[at];
    if (!entry) return undefined;
    const attended = { ...entry, tokens };
    this.#entries[at] = attended;
    return attended;
  }

  remove(...ids: readonly string[]): void {
    const gone = new Set(ids);
    this.#entries = this.#entries.filter((entry) => !gone.has(entry.id));
  }

  rollback(position: number): void {
    this.#entries = this.#entries.filter((entry) => entry.seq <= position);
  }

  /** Whether `id` is in it, or stands for what was evicted. */
  holds(id: string): boolean {
    return this.#isEvicted(id) || this.#entries.some((entry) => entry.id === id);
  }

  /** Frames after `position`, attended or under way. */
  framesSince(position: number): number {
    return this.#entries.filter((entry) => entry.k === 'frame' && entry.seq > position).length;
  }

  evict(ids: readonly string[]): void {
    const gone = new Set(ids);
    for (const entry of this.#entries) {
      if (entry.k === 'frame' && entry.source && gone.has(entry.id))
        this.#evictedLive.set(entry.source, entry.id);
    }
    this.remove(...ids);
  }

  /**
   * Ids of a source's frames, attended or under way; and of one that was evicted, if one was: what the rest knows of
   * such frames, the engine finds by any of them.
   */
  liveFrames(source: VideoSource): string[] {
    const live = this.#entries.filter((entry) => entry.k === 'frame' && entry.source === source);
    const evicted = this.#evictedLive.get(source);
    return [...live.map(({ id }) => id), ...(evicted === undefined ? [] : [evicted])];
  }

  /** What a frame is of; null: it is of a message, or none. */
  sourceOf(id: string): VideoSource | null {
    const entry = this.#entries.find((other) => other.id === id);
    return entry?.k === 'frame' ? entry.source : null;
  }

  /** Ids of the content that came with an item. */
  ofItem(itemId: string): string[] {
    return this.#entries.filter((entry) => itemIdsOf(entry).includes(itemId)).map(({ id }) => id);
  }

  /** The last thing in it is what a tool gave back: an answer may follow at once. */
  get endsWithResult(): boolean {
    const last = this.#entries.at(-1);
    return last?.k === 'tool' && last.of === 'result';
  }

  /** Something is in it that is to be answered, and stands behind the last answer. */
  get asks(): boolean {
    const behind = this.#entries.slice(this.#entries.findLastIndex(({ k }) => k === 'answer') + 1);
    let role: Role = 'user';
    for (const entry of behind) {
      if (entry.k === 'turn') role = entry.edge === 'open' ? entry.role : 'user';
      else if (role === 'user' && (entry.k === 'text' || entry.k === 'audio')) return true;
    }
    return this.endsWithResult;
  }

  /** By its edges that are in it, or on their way. */
  get userTurnIsOpen(): boolean {
    const last = this.#entries.findLast((entry) => entry.k === 'turn' && entry.role === 'user');
    return last?.k === 'turn' && last.edge === 'open';
  }

  /** Frames of the newest turn from the first on that came with an item. */
  get framesShown(): number {
    const turn = this.#entries.slice(this.#entries.findLastIndex(({ k }) => k === 'turn') + 1);
    const first = turn.findIndex((entry) => entry.k === 'frame' && !entry.source);
    return first < 0 ? 0 : turn.slice(first).filter(({ k }) => k === 'frame').length;
  }

  /** The answer that an item is the text of. */
  answerOf(itemId: string): (LogEntry & { k: 'answer' }) | undefined {
    return this.#entries.find((entry) => entry.k === 'answer' && entry.itemIds.includes(itemId)) as
      (LogEntry & { k: 'answer' }) | undefined;
  }

  /** Shortens an answer to so many tokens. */
  cut(id: string, keepTokens: number): void {
    this.#entries = this.#entries.map((entry) => {
      if (entry.k !== 'answer' || entry.id !== id) return entry;
      const tokenEnds = entry.tokenEnds.slice(0, keepTokens);
      const tokens =
        entry.tokens === null ? null : entry.tokens - (entry.tokenEnds.length - tokenEnds.length);
      return { ...entry, tokenEnds, text: entry.text.slice(0, tokenEnds.at(-1) ?? 0), tokens };
    });
  }

  /** The newest picture that is attended of each of these, in their order in the context. */
  newestLive(sources: readonly VideoSource[]): LogEntry[] {
    const newest = sources.flatMap(
      (source) =>
        this.#entries.findLast(
          (entry) => entry.k === 'frame' && entry.source === source && entry.tokens !== null,
        ) ?? [],
    );
    return newest.toSorted((a, b) => a.seq - b.seq);
  }

  /** The frames and utterances of an item, in order. */
  mediaOf(itemId: string): (LogEntry & { k: 'frame' | 'audio' })[] {
    return this.#entries.flatMap((entry) =>
      (entry.k === 'frame' || entry.k === 'audio') && entry.itemId === itemId ? [entry] : [],
    );
  }

  /** @returns the entries that `ids` name and the edges of turns that are empty without them, which are gone from here */
  redact(ids: readonly string[]): LogEntry[] {
    const named = new Set(ids);
    const gone = new Set([...ids, ...this.#emptiedBy(named)]);
    const entries = this.#entries.filter(({ id }) => gone.has(id));
    for (const source of VIDEO_SOURCES)
      if (named.has(this.#evictedLive.get(source) ?? '')) this.#evictedLive.delete(source);
    this.remove(...gone);
    return entries;
  }

  #isEvicted(id: string): boolean {
    return [...this.#evictedLive.values()].includes(id);
  }

  /** Edges of turns that hold nothing without `gone`; an answer takes along the empty turn that it was an answer to. */
  #emptiedBy(gone: ReadonlySet<string>): string[] {
    const edges: string[] = [];
    let openAt: number | null = null;
    /** Edges of the turn right before, if that is empty. */
    let empty: readonly string[] = [];
    for (const [at, entry] of this.#entries.entries()) {
      if (entry.k === 'answer' && gone.has(entry.id)) edges.push(...empty);
      if (entry.k !== 'turn' || entry.edge === 'open' || openAt === null) {
        empty = [];
        if (entry.k === 'turn') openAt = entry.edge === 'open' ? at : null;
        continue;
      }
      const [open, ...content] = this.#entries.slice(openAt, at);
      openAt = null;
      if (!open || content.some(({ id }) => !gone.has(id))) continue;
      empty = [open.id, entry.id];
      if (content.length > 0) edges.push(...empty);
    }
    return edges;
  }

  attendedFrames(): { itemId: string; ptsMs: number; source?: VideoSource }[] {
    return this.#entries.flatMap((entry) => {
      if (entry.k !== 'frame' || entry.tokens === null) return [];
      const { itemId, ptsMs, source } = entry;
      return [{ itemId, ptsMs, ...(source && { source }) }];
    });
  }

  attendedAudio(): { itemId: string; startMs: number; endMs: number }[] {
    return this.#entries.flatMap((entry) =>
      entry.k === 'audio' && entry.tokens !== null && entry.span
        ? [{ itemId: entry.itemId, startMs: entry.span.startMs, endMs: entry.span.endMs }]
        : [],
    );
  }

  /** Attended tokens that came from frames and from sound. */
  mediaTokens(): { audio: number; image: number } {
    const of = (k: LogEntry['k']) =>
      this.#entries.reduce((sum, entry) => (entry.k === k ? sum + (entry.tokens ?? 0) : sum), 0);
    return { audio: of('audio'), image: of('frame') };
  }
}

/** The items that an entry came with. */
export function itemIdsOf(entry: LogRecord): readonly string[] {
  if (entry.k === 'turn') return [];
  if (entry.k === 'answer') return entry.itemIds;
  return entry.itemId === null ? [] : [entry.itemId];
}
