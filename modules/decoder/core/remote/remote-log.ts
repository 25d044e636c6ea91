import {
  VisavisError,
  type Checkpoint,
  type Removal,
  type Role,
  type Segment,
  type EvictOptions,
} from '#modules/contracts';
import type { LogEntry } from '../context/log-entry.js';
import { SessionLog } from '../context/session-log.js';
import { costOf, textTokens, type Costs } from './costs.js';
import type { Contents, Json, MadeCall, Said } from './messages.js';

type Audio = Extract<Segment, { k: 'audio' }>;

/** An answer, as far as it was told. */
export interface ToldAnswer {
  readonly genId: string;
  /** Its text, piece by piece as it was told: each is a token at least. */
  readonly pieces: readonly string[];
  readonly calls: readonly MadeCall[];
  /** Tokens of all of it, as the server counted them; null or left out: it did not, or not all of it is kept. */
  readonly out?: number | null;
}

/** A frame or a whole utterance of a context. */
export interface KnownMedium {
  readonly segment: Segment;
  readonly tokens: number;
  /** What it is in a request; null: nothing. */
  readonly medium: Json | null;
}

export interface RemoteLogOptions {
  readonly system: string;
  readonly costs: Costs;
  /** The model calls tools. */
  readonly tools: boolean;
  /** Tokens. */
  readonly maxTokens: number;
}

/** Checkpoints are good for this many operations. */
const LIVE_OPERATIONS = 256;
/** An estimate that the server's count contradicts is corrected by this much at the most. */
const MOST_CORRECTION = 4;

/**
 * A session's context where others keep what is computed of it: the log of its segments and answers, and what each of them is in
 * a request. It is all there is of the session: whatever server is handed its messages has the session. Pixels and samples are let go
 * when they have been made part of a request.
 */
export class RemoteLog implements Contents {
  readonly system: string;
  private readonly options: RemoteLogOptions;
  private readonly log: SessionLog;
  private readonly media = new Map<string, Json | null>();
  private readonly answers = new Map<string, ToldAnswer>();
  private correction = 1;

  constructor(options: RemoteLogOptions) {
    this.options = options;
    this.system = options.system;
    this.log = new SessionLog({ seq: 0, epoch: 0, tokens: 1 + textTokens(options.system) });
  }

  get head(): Checkpoint {
    return this.log.head;
  }

  get entries(): readonly (LogEntry | null)[] {
    return this.log.entries;
  }

  /** Role of the turn that is open. */
  get openRole(): Role | null {
    const last = this.entries.findLast(
      (entry) => entry?.content.k === 'segment' && entry.content.segment.k === 'turn',
    );
    const edge =
      last?.content.k === 'segment' && last.content.segment.k === 'turn' ? last.content.segment : null;
    return edge?.edge === 'open' ? edge.role : null;
  }

  get frames(): number {
    return this.entries.filter((entry) => entry?.kind === 'frame').length;
  }

  has(segment: Segment): boolean {
    const edge = segment.k === 'turn' ? segment.edge : null;
    return this.entries.some((entry) => {
      if (entry?.content.k !== 'segment') return false;
      const other = entry.content.segment;
      return (
        other.k === segment.k && other.id === segment.id && (other.k === 'turn' ? other.edge : null) === edge
      );
    });
  }

  medium(id: string): Json | null {
    return this.media.get(id) ?? null;
  }

  /** The frame or the whole utterance of this id; null: the context does not hold it. */
  known(id: string): KnownMedium | null {
    if (this.log.media(id) === null) return null;
    const entry = this.entries.find(
      (other) => other?.content.k === 'segment' && other.content.segment.id === id && this.media.has(id),
    );
    if (entry?.content.k !== 'segment') return null;
    return { segment: entry.content.segment, tokens: entry.rows, medium: this.medium(id) };
  }

  said(genId: string): Said | null {
    const answer = this.answers.get(genId);
    const kept = this.entries.find((entry) => entry?.content.k === 'answer' && entry.content.id === genId);
    if (!answer || kept?.content.k !== 'answer') return null;
    return { text: answer.pieces.slice(0, kept.content.tokens.length).join(''), calls: answer.calls };
  }

  /** All of the utterance that this block ends. */
  utteranceOf(block: Audio): Float32Array {
    const blocks = [block.pcm];
    for (const entry of this.entries.toReversed()) {
      if (entry?.content.k !== 'segment' || entry.content.segment.k !== 'audio') continue;
      const before = entry.content.segment;
      if (before.final || before.utterance !== block.utterance) break;
      blocks.unshift(before.pcm);
    }
    return joined(blocks);
  }

  /** @throws `bad_request` where the segment cannot come now, `context_full` where there is no room for it */
  check(segment: Segment, cost: number): void {
    const open = this.openRole;
    if (segment.k === 'turn') {
      const fits = segment.edge === 'open' ? open === null : open === segment.role;
      if (!fits) throw new VisavisError('bad_request', 'the order of turns is broken');
    } else if (segment.k === 'call' || segment.k === 'result') {
      if (!this.options.tools) throw new VisavisError('bad_request', 'this model calls no tools');
      if (open !== null) throw new VisavisError('bad_request', `a ${segment.k} inside of a turn`);
    } else if (open === null || (open !== 'user' && segment.k !== 'text'))
      throw new VisavisError('bad_request', `${segment.k} does not belong here`);
    // An edge is not refused for want of room: the turns of whoever asks and those of the context would be at odds.
    if (segment.k !== 'turn' && (this.head.tokens + cost) * this.correction > this.options.maxTokens)
      throw new VisavisError('context_full', 'the context is full');
  }

  /** @param samples of a final block: of all of its utterance */
  cost(segment: Segment, samples = 0): number {
    return costOf(segment, samples, this.options.costs);
  }

  /** @param medium what it is in a request, of a frame or an utterance that ends; null: nothing */
  append(seq: number, segment: Segment, cost: number, medium?: Json | null): Checkpoint {
    if (medium !== undefined) this.media.set(segment.id, medium);
    return this.log.append(seq, medium === undefined ? segment : withoutMedium(segment), cost);
  }

  accept(seq: number, answer: ToldAnswer): Checkpoint {
    this.answers.set(answer.genId, answer);
    const tokens = Array.from({ length: tokensOf(answer) }, (_, index) => index);
    return this.log.accept(seq, { k: 'answer', id: answer.genId, tokens });
  }

  /** @throws `stale_checkpoint` */
  rollback(seq: number, to: Checkpoint): Checkpoint {
    if (seq - to.seq > LIVE_OPERATIONS)
      throw new VisavisError('stale_checkpoint', `checkpoint ${to.seq} is too old`);
    const at = this.log.rollback(seq, to);
    this.prune();
    return at;
  }

  evict(seq: number, o: EvictOptions): Removal {
    return this.removed(this.log.evict(seq, o));
  }

  redact(seq: number, ids: readonly string[]): Removal {
    return this.removed(this.log.redact(seq, ids));
  }

  cut(seq: number, genId: string, keepTokens: number): Removal {
    return this.removed(this.log.cut(seq, genId, keepTokens));
  }

  /** The server has counted what is estimated here. @param estimated tokens of the same prompt */
  learn(prompt: number, estimated: number): void {
    if (prompt > 0 && estimated > 0)
      this.correction = Math.min(MOST_CORRECTION, Math.max(1, prompt / estimated));
  }

  private removed(taken: Omit<Removal, 'epoch'>): Removal {
    this.prune();
    return { epoch: this.head.epoch, ...taken };
  }

  private prune(): void {
    const kept = new Set(
      this.entries.map((entry) =>
        entry?.content.k === 'answer' ? entry.content.id : entry?.content.segment.id,
      ),
    );
    for (const map of [this.media, this.answers]) {
      for (const id of map.keys()) if (!kept.has(id)) map.delete(id);
    }
  }
}

/** A server may tell many tokens in one piece; what it counts beside the text (what a model thinks) is not sent again. */
function tokensOf({ pieces, calls, out }: ToldAnswer): number {
  const text = Math.max(pieces.length, Math.min(out ?? 0, textTokens(pieces.join(''))));
  return calls.reduce((sum, call) => sum + 1 + textTokens(call.name + call.arguments), text);
}

const NO_PIXELS = new Uint8Array(0);
const NO_SAMPLES = new Float32Array(0);

function withoutMedium(segment: Segment): Segment {
  if (segment.k === 'frame') return { ...segment, image: { ...segment.image, data: NO_PIXELS } };
  if (segment.k === 'audio') return { ...segment, pcm: NO_SAMPLES };
  return segment;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
