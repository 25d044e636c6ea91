import { VisavisError, type Checkpoint, type EngineCaps, type Role, type Segment } from '#modules/contracts';

/** A call in a fake answer; its arguments come in these pieces. */
export interface FakeCall {
  readonly callId: string;
  readonly name: string;
  readonly arguments: readonly string[];
}

/** What is in a fake session's context: its segments, and the answers that were accepted. */
export type LogEntry =
  | Segment
  | {
      readonly k: 'answer';
      readonly id: string;
      readonly tokens: readonly string[];
      readonly calls: readonly FakeCall[];
    };

interface State {
  readonly entries: readonly LogEntry[];
  readonly turn: Role | null;
}

const EMPTY: State = { entries: [], turn: null };

/** A fake session's context: the log itself, and the log as it was after each operation. */
export class FakeLog {
  private readonly caps: EngineCaps;
  private state = EMPTY;
  private epoch = 0;
  private readonly states = new Map<number, State>([[0, EMPTY]]);

  constructor(caps: EngineCaps) {
    this.caps = caps;
  }

  get entries(): readonly LogEntry[] {
    return this.state.entries;
  }

  get turn(): Role | null {
    return this.state.turn;
  }

  get tokens(): number {
    return 1 + this.entries.reduce((sum, entry) => sum + this.cost(entry), 0);
  }

  /** A turn is as likely over as the utterance is long: certainly after a second. */
  get turnEnd(): number {
    const last = this.entries.at(-1);
    return last?.k === 'audio' ? Math.min(1, this.samplesUpTo(last) / 16_000) : 0;
  }

  has(segment: Segment): boolean {
    const edge = (entry: LogEntry) => (entry.k === 'turn' ? entry.edge : null);
    return this.entries.some(
      (entry) => entry.k === segment.k && entry.id === segment.id && edge(entry) === edge(segment),
    );
  }

  /** Tokens that an entry costs; a block of an utterance none, its final one those of all. */
  cost(entry: LogEntry): number {
    switch (entry.k) {
      case 'turn':
        return 1;
      case 'text':
        return entry.text.split(/\s+/).filter(Boolean).length;
      case 'frame':
        return 1 + this.caps.tokensPerFrame;
      case 'audio':
        return entry.final
          ? 1 + Math.ceil((this.samplesUpTo(entry) / 16_000) * this.caps.audioTokensPerSecond)
          : 0;
      case 'call':
      case 'result':
        return 1;
      case 'answer':
        return 2 + entry.tokens.length + entry.calls.length;
    }
  }

  put(entry: LogEntry): void {
    const turn = entry.k === 'turn' ? (entry.edge === 'open' ? entry.role : null) : this.turn;
    this.state = { entries: [...this.entries, entry], turn };
  }

  /** @returns the ids of what went */
  keepFrames(count: number): string[] {
    const frames = this.entries.filter(({ k }) => k === 'frame');
    return this.drop(frames.slice(0, Math.max(0, frames.length - count)));
  }

  /** Exchanges from the oldest on, as many as it must, where none is under way. @returns the ids of what went */
  dropOldest(targetTokens: number): string[] {
    const opens = (entry: LogEntry) => entry.k === 'turn' && entry.role === 'user' && entry.edge === 'open';
    const dropped: string[] = [];
    while (this.tokens > targetTokens) {
      const from = this.entries.findIndex(opens);
      if (from === -1) break;
      const next = this.entries.findIndex((entry, at) => at > from && opens(entry));
      const exchange = this.entries.slice(from, next === -1 ? undefined : next);
      dropped.push(...this.drop(exchange));
    }
    return dropped;
  }

  /** @returns the ids of what went; of an utterance its last block's, though all of them go */
  redact(ids: readonly string[]): string[] {
    const named = (entry: LogEntry) => ids.includes(entry.id) || isBlockOf(entry, ids);
    return this.drop(this.entries.filter(named));
  }

  /** The frame or utterance of this id, whole. */
  media(id: string): Segment | null {
    const found = this.entries.find((entry) => entry.id === id);
    if (found?.k === 'frame') return found;
    if (found?.k !== 'audio' || !found.final) return null;
    return { ...found, pcm: new Float32Array(this.samplesUpTo(found)) };
  }

  /** Shortens an answer. */
  cut(id: string, keepTokens: number): void {
    const entries = this.entries.map((entry) =>
      entry.k === 'answer' && entry.id === id
        ? { ...entry, tokens: entry.tokens.slice(0, keepTokens) }
        : entry,
    );
    this.state = { ...this.state, entries };
  }

  record(seq: number): Checkpoint {
    this.states.set(seq, this.state);
    return { seq, epoch: this.epoch, tokens: this.tokens };
  }

  startEpoch(): void {
    this.epoch += 1;
    this.states.clear();
  }

  /** @throws `stale_checkpoint` */
  restore(to: Checkpoint): void {
    const state = this.states.get(to.seq);
    if (!state) throw new VisavisError('stale_checkpoint', `checkpoint ${to.seq} is gone`);
    this.state = state;
    for (const seq of this.states.keys()) if (seq > to.seq) this.states.delete(seq);
  }

  private drop(dropped: readonly LogEntry[]): string[] {
    this.state = { ...this.state, entries: this.entries.filter((entry) => !dropped.includes(entry)) };
    return dropped.filter((entry) => entry.k !== 'audio' || entry.final).map(({ id }) => id);
  }

  private samplesUpTo(block: Extract<Segment, { k: 'audio' }>): number {
    const at = this.entries.indexOf(block);
    let samples = block.pcm.length;
    for (const entry of this.entries.slice(0, at === -1 ? undefined : at).toReversed()) {
      if (entry.k !== 'audio') continue;
      if (entry.final || entry.utterance !== block.utterance) break;
      samples += entry.pcm.length;
    }
    return samples;
  }
}

function isBlockOf(entry: LogEntry, utterances: readonly string[]): boolean {
  return entry.k === 'audio' && entry.utterance !== undefined && utterances.includes(entry.utterance);
}
