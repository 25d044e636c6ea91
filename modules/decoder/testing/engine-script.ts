import fc from 'fast-check';
import { VisavisError, type Checkpoint, type GenEvent, type Segment } from '#modules/contracts';
import type { LocalSession } from './local-session.js';
import type { ProbedModel } from './probed-model.js';
import { SurvivingLog, type Survivor } from './surviving-log.js';

/** One step of a random session. Steps that the state does not allow are skipped. */
export type Step =
  | { readonly do: 'frame'; readonly seed: number; readonly how: 'commit' | 'background' | 'abort' }
  | { readonly do: 'sound'; readonly seed: number; readonly samples: number }
  | {
      readonly do: 'ask';
      readonly seed: number;
      readonly keep: number;
      readonly how: 'accept' | 'leave' | 'abort';
    }
  | { readonly do: 'mark' }
  | { readonly do: 'rollback'; readonly which: number }
  /** `share` of the tokens may stay. */
  | { readonly do: 'evict'; readonly keepFrames: number; readonly share: number }
  | { readonly do: 'redact'; readonly which: readonly number[] };

/** What makes a segment out of a seed, to an engine's measure. */
export interface Material {
  frame(id: string, seed: number): Segment;
  sound(seed: number, samples: number): Float32Array;
  /** Upper bound of samples in one block. */
  readonly maxSamples: number;
}

interface Mark {
  readonly at: Checkpoint;
  readonly log: SurvivingLog;
  readonly turnOpen: boolean;
  readonly utterance: string | null;
  readonly isVoid: boolean;
}

export function steps(material: Material, maxLength = 20): fc.Arbitrary<Step[]> {
  const seed = fc.nat(1000);
  const does = <const D extends Step['do']>(name: D) => fc.constant(name);
  return fc.array(
    fc.oneof(
      fc.record({ do: does('frame'), seed, how: fc.constantFrom('commit', 'background', 'abort') }),
      fc.record({ do: does('sound'), seed, samples: fc.integer({ min: 1, max: material.maxSamples }) }),
      fc.record({
        do: does('ask'),
        seed,
        keep: fc.nat(6),
        how: fc.constantFrom('accept', 'leave', 'abort'),
      }),
      fc.record({ do: does('mark') }),
      fc.record({ do: does('rollback'), which: fc.nat(20) }),
      fc.record({ do: does('evict'), keepFrames: fc.nat(3), share: fc.constantFrom(0, 0.5, 1) }),
      fc.record({ do: does('redact'), which: fc.array(fc.nat(40), { minLength: 1, maxLength: 2 }) }),
    ),
    { maxLength },
  );
}

export async function readAnswer(events: AsyncGenerator<GenEvent>) {
  const ids: number[] = [];
  let text = '';
  let genId = '';
  let end: Extract<GenEvent, { t: 'end' }> | null = null;
  for await (const event of events) {
    if (event.t === 'start') genId = event.genId;
    else if (event.t === 'end') end = event;
    else {
      ids.push(event.id);
      text += event.text;
    }
  }
  return { genId, ids, text, end };
}

/** What a whole context leads to: the tokens of an answer, and the logits that they came from. */
export interface Conclusion {
  readonly ids: readonly number[];
  readonly text: string;
  readonly logits: readonly Float32Array[];
  readonly tokens: number;
}

/** Takes random steps on a session, and knows what of them is left. */
export class SessionScript {
  private readonly session: LocalSession;
  private readonly material: Material;
  private log = new SurvivingLog();
  private turnOpen = false;
  /** That is being spoken. */
  private utterance: string | null = null;
  private marks: Mark[] = [];
  /** Everything that could be redacted, now or ever. */
  private readonly names: string[] = ['nobody'];
  private readonly underWay = new Set<Promise<void>>();
  private nextId = 1;

  constructor(session: LocalSession, material: Material) {
    this.session = session;
    this.material = material;
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'frame':
        await this.open();
        return this.frame(step);
      case 'sound':
        await this.open();
        this.utterance ??= this.id();
        this.names.push(this.utterance);
        return this.put(this.sound(step.seed, step.samples, false));
      case 'ask':
        return this.ask(step);
      case 'mark': {
        const { log, turnOpen, utterance } = this;
        this.marks.push({ at: this.session.mark(), log, turnOpen, utterance, isVoid: false });
        return;
      }
      case 'rollback':
        return this.rollback(step.which);
      case 'evict':
        return this.evict(step);
      case 'redact':
        return this.redact(step.which.map((which) => this.names[which % this.names.length] ?? 'nobody'));
    }
  }

  /** Ends the turn and answers it. The session must be alone with its model. */
  async finish(model: ProbedModel, maxTokens: number): Promise<Conclusion> {
    await this.settled();
    await this.endTurn(1);
    return conclude(this.session, model, maxTokens);
  }

  /** Makes in `fresh` what is left of this session's steps, and ends as it does. */
  async replay(fresh: LocalSession, model: ProbedModel, maxTokens: number): Promise<Conclusion> {
    const answers = new Map<string, string>();
    for (const entry of this.log.entries) await replayEntry(entry, fresh, model, answers);
    return conclude(fresh, model, maxTokens);
  }

  /** What was called has been answered. */
  async settled(): Promise<void> {
    await Promise.all(this.underWay);
    await this.session.decoder.idle();
  }

  /** Not waited for: what comes next is called while it is under way. */
  private frame({ seed, how }: Step & { do: 'frame' }): void {
    const id = this.id();
    const segment = this.material.frame(id, seed);
    this.names.push(id);
    this.log = this.log.with({ k: 'segment', segment });
    const abort = new AbortController();
    const priority = how === 'background' ? how : 'commit';
    const done: Promise<void> = this.session
      .append(segment, { priority, signal: abort.signal })
      .then(() => undefined)
      .catch((error: unknown) => this.refused(id, error))
      .finally(() => this.underWay.delete(done));
    this.underWay.add(done);
    if (how === 'abort') abort.abort();
  }

  private refused(id: string, error: unknown): void {
    if (!(error instanceof VisavisError) || (error.code !== 'shed' && error.code !== 'aborted')) throw error;
    this.log = this.log.without(id);
    this.marks = this.marks.map((mark) => ({ ...mark, log: mark.log.without(id) }));
  }

  private async rollback(which: number): Promise<void> {
    const mark = this.marks[which % Math.max(1, this.marks.length)];
    if (!mark) return;
    if (mark.isVoid) {
      const outcome = await this.session.rollback(mark.at).catch((error: VisavisError) => error.code);
      if (outcome !== 'stale_checkpoint') throw new Error(`a void checkpoint gave ${String(outcome)}`);
      return;
    }
    const { log, turnOpen, utterance } = mark;
    Object.assign(this, { log, turnOpen, utterance });
    this.marks = this.marks.filter((other) => other.isVoid || other.at.seq <= mark.at.seq);
    await this.session.rollback(mark.at);
  }

  private async evict({ keepFrames, share }: Step & { do: 'evict' }): Promise<void> {
    await this.settled();
    const targetTokens = Math.floor(this.session.head.tokens * share);
    const { dropped } = await this.session.evict({ keepFrames, targetTokens });
    this.log = this.log.with({ k: 'evicted', ids: dropped });
    this.voidMarks();
  }

  private async redact(ids: readonly string[]): Promise<void> {
    await this.settled();
    this.log = this.log.redacted(ids, this.utterance);
    if (this.utterance !== null && ids.includes(this.utterance)) this.utterance = null;
    this.voidMarks();
    await this.session.redact(ids);
  }

  private voidMarks(): void {
    this.marks = this.marks.map((mark) => ({ ...mark, isVoid: true }));
  }

  private async ask(step: Extract<Step, { do: 'ask' }>): Promise<void> {
    await this.endTurn(step.seed);
    const abort = new AbortController();
    const events = this.session.generate({ maxTokens: 6, signal: abort.signal });
    if (step.how === 'abort') abort.abort();
    const { genId, ids } = await readAnswer(events);
    if (step.how !== 'accept') return;
    await this.session.accept(genId, { keepTokens: step.keep });
    this.names.push(genId);
    this.log = this.log.with({ k: 'answer', id: genId, tokens: ids.slice(0, step.keep) });
  }

  private async endTurn(seed: number): Promise<void> {
    await this.open();
    if (this.utterance !== null)
      await this.put(this.sound(seed, 1 + (seed % this.material.maxSamples), true));
    else await this.put({ k: 'text', id: this.id(), text: `question ${seed}` });
    this.utterance = null;
    await this.put({ k: 'turn', id: this.id(), role: 'user', edge: 'close' });
    this.turnOpen = false;
  }

  private async open(): Promise<void> {
    if (this.turnOpen) return;
    this.turnOpen = true;
    await this.put({ k: 'turn', id: this.id(), role: 'user', edge: 'open' });
  }

  private sound(seed: number, samples: number, final: boolean): Segment {
    const pcm = this.material.sound(seed, samples);
    return { k: 'audio', id: this.id(), ptsMs: 0, pcm, final, utterance: this.utterance ?? '' };
  }

  private async put(segment: Segment): Promise<void> {
    this.log = this.log.with({ k: 'segment', segment });
    if (segment.k === 'text') this.names.push(segment.id);
    await this.session.append(segment);
  }

  private id(): string {
    return `s${this.nextId++}`;
  }
}

async function conclude(session: LocalSession, model: ProbedModel, maxTokens: number): Promise<Conclusion> {
  const { tokens } = session.head;
  model.logits.length = 0;
  const { ids, text } = await readAnswer(session.generate({ maxTokens }));
  return { ids, text, logits: [...model.logits], tokens };
}

/** @param answers ids that the answers had, and have in `fresh` */
async function replayEntry(
  entry: Survivor,
  fresh: LocalSession,
  model: ProbedModel,
  answers: Map<string, string>,
): Promise<void> {
  switch (entry.k) {
    case 'segment':
      await fresh.append(entry.segment);
      return;
    case 'answer': {
      const { tokens } = entry;
      // What was said then is a fact now, whatever this session would say.
      model.force(tokens);
      const { genId } = await readAnswer(fresh.generate({ maxTokens: Math.max(1, tokens.length) }));
      answers.set(entry.id, genId);
      await fresh.accept(genId, { keepTokens: tokens.length });
      model.force([]);
      return;
    }
    case 'evicted':
      await fresh.evictExactly(new Set(entry.ids.map((id) => answers.get(id) ?? id)));
  }
}

/** The largest difference between two runs of logits; Infinity where they are not as many. */
export function logitDistance(a: Conclusion, b: Conclusion): number {
  if (a.logits.length !== b.logits.length) return Infinity;
  return Math.max(
    ...a.logits.flatMap((logits, run) =>
      Array.from(logits, (value, id) => Math.abs(value - (b.logits[run]?.[id] ?? NaN))),
    ),
  );
}
