import { VisavisError, type Checkpoint, type GenEvent, type Segment } from '#modules/contracts';
import type { Coverage } from './coverage.js';
import type { LocalSession } from './local-session.js';
import type { ProbedModel } from './probed-model.js';
import type { Material, Step } from './random-steps.js';
import { SurvivingLog, type Survivor } from './surviving-log.js';

interface Mark {
  readonly at: Checkpoint;
  readonly log: SurvivingLog;
  readonly turnOpen: boolean;
  readonly utterance: string | null;
  readonly isVoid: boolean;
}

/** @param onToken called for each, before the next is asked for */
export async function readAnswer(events: AsyncGenerator<GenEvent>, onToken?: () => void) {
  const ids: number[] = [];
  let text = '';
  let genId = '';
  let end: Extract<GenEvent, { t: 'end' }> | null = null;
  for await (const event of events) {
    if (event.t === 'start') genId = event.genId;
    else if (event.t === 'end') end = event;
    else if (event.t === 'token') {
      ids.push(event.id);
      text += event.text;
      onToken?.();
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
  private readonly seen: Coverage;
  private log = new SurvivingLog();
  private turnOpen = false;
  /** That is being spoken. */
  private utterance: string | null = null;
  private marks: Mark[] = [];
  /** Everything that could be redacted, now or ever. */
  private readonly names: string[] = ['nobody'];
  /** Of turn edges: who takes those out takes out an exchange. */
  private readonly edges = new Set<string>();
  /** Edges of the turns that hold nothing but a text, by that: they are redacted together. */
  private readonly bare = new Map<string, readonly string[]>();
  private readonly frameIds = new Set<string>();
  private readonly evicted = new Set<string>();
  private readonly underWay = new Set<Promise<void>>();
  private nextId = 1;

  constructor(session: LocalSession, material: Material, seen: Coverage) {
    this.session = session;
    this.material = material;
    this.seen = seen;
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'frame':
        await this.open();
        return this.frames(step);
      case 'sound':
        await this.open();
        this.utterance ??= this.id();
        this.names.push(this.utterance);
        await this.put(this.sound(step.seed, step.samples, false));
        // Half of them are followed by silence, in which what was said so far is attended to.
        if (step.seed % 2 === 0) await this.settled();
        return;
      case 'ask':
        return this.ask(step);
      case 'mark': {
        const { log, turnOpen, utterance } = this;
        this.seen.note('mark');
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
    // What is done in idle time begins when all else has ended.
    await this.session.decoder.idle();
  }

  /** Not waited for: what comes next is called while it is under way. In the background several come at once. */
  private frames({ seed, how }: Step & { do: 'frame' }): void {
    const count = how === 'background' ? 1 + (seed % 4) : 1;
    for (let at = 0; at < count; at++) this.frame(seed + at, how);
  }

  private frame(seed: number, how: (Step & { do: 'frame' })['how']): void {
    const id = this.id();
    const segment = this.material.frame(id, seed);
    this.names.push(id);
    this.frameIds.add(id);
    this.log = this.log.with({ k: 'segment', segment });
    const abort = new AbortController();
    const priority = how === 'background' ? how : 'commit';
    const done: Promise<void> = this.session
      .append(segment, { priority, signal: abort.signal })
      .then(() => this.seen.note('append'))
      .catch((error: unknown) => this.refused(id, error))
      .finally(() => this.underWay.delete(done));
    this.underWay.add(done);
    if (how === 'abort') abort.abort();
  }

  private refused(id: string, error: unknown): void {
    if (!(error instanceof VisavisError) || (error.code !== 'shed' && error.code !== 'aborted')) throw error;
    this.seen.note(error.code === 'shed' ? 'shed' : 'abort an append');
    this.log = this.log.without(id);
    this.marks = this.marks.map((mark) => ({ ...mark, log: mark.log.without(id) }));
  }

  private async rollback(which: number): Promise<void> {
    const mark = this.marks[which % Math.max(1, this.marks.length)];
    if (!mark) return;
    if (mark.isVoid) {
      const outcome = await this.session.rollback(mark.at).catch((error: VisavisError) => error.code);
      this.seen.note('rollback to what is void');
      if (outcome !== 'stale_checkpoint') throw new Error(`a void checkpoint gave ${String(outcome)}`);
      return;
    }
    const { log, turnOpen, utterance } = mark;
    Object.assign(this, { log, turnOpen, utterance });
    this.marks = this.marks.filter((other) => other.isVoid || other.at.seq <= mark.at.seq);
    await this.session.rollback(mark.at);
    this.seen.note('rollback');
  }

  private async evict({ keepFrames, share }: Step & { do: 'evict' }): Promise<void> {
    await this.settled();
    const targetTokens = Math.floor(this.session.head.tokens * share);
    const { dropped } = await this.session.evict({ keepFrames, targetTokens });
    this.log = this.log.with({ k: 'evicted', ids: dropped });
    for (const id of dropped) this.evicted.add(id);
    if (dropped.some((id) => this.edges.has(id))) this.seen.note('evict an exchange');
    if (dropped.some((id) => this.frameIds.has(id))) this.seen.note('evict frames');
    this.voidMarks();
  }

  private async redact(names: readonly string[]): Promise<void> {
    await this.settled();
    const ids = names.flatMap((name) => [name, ...this.edgesAround(name)]);
    this.log = this.log.redacted(ids, this.utterance);
    if (this.utterance !== null && ids.includes(this.utterance)) this.utterance = null;
    this.voidMarks();
    const { freed } = await this.session.redact(ids);
    if (freed > 0) this.seen.note('redact');
    if (ids.some((id) => this.evicted.has(id))) this.seen.note('redact what is evicted');
    if (ids.length > names.length) this.seen.note('redact a turn');
  }

  /** None where the turn is not whole: it was gone back into. */
  private edgesAround(text: string): readonly string[] {
    const edges = this.bare.get(text) ?? [];
    const there = new Set(this.log.entries.map((entry) => entry.k === 'segment' && entry.segment.id));
    return edges.every((id) => there.has(id)) ? edges : [];
  }

  private voidMarks(): void {
    this.marks = this.marks.map((mark) => ({ ...mark, isVoid: true }));
  }

  private async ask(step: Extract<Step, { do: 'ask' }>): Promise<void> {
    await this.endTurn(step.seed);
    const abort = new AbortController();
    const events = this.session.generate({ maxTokens: 6, signal: abort.signal });
    if (step.how === 'abort') abort.abort();
    const { genId, ids, end } = await readAnswer(events, () => {
      if (step.how === 'interrupt') abort.abort();
    });
    if (ids.length > 0) this.seen.note('generate');
    if (end?.reason === 'aborted') this.seen.note(ids.length > 0 ? 'interrupt' : 'abort an answer');
    if (step.how !== 'accept' && step.how !== 'interrupt') return;
    await this.session.accept(genId, { keepTokens: step.keep });
    this.seen.note('accept');
    this.names.push(genId);
    this.log = this.log.with({ k: 'answer', id: genId, tokens: ids.slice(0, step.keep) });
  }

  private async endTurn(seed: number): Promise<void> {
    await this.open();
    if (this.utterance !== null)
      await this.put(this.sound(seed, 1 + (seed % this.material.maxSamples), true));
    else await this.put({ k: 'text', id: this.id(), text: `question ${seed}` });
    this.utterance = null;
    const close = this.id();
    await this.put({ k: 'turn', id: close, role: 'user', edge: 'close' });
    this.turnOpen = false;
    const [open, content] = this.log.entries.slice(-3).map((entry) => entry.k === 'segment' && entry.segment);
    if (open && open.k === 'turn' && content && content.k === 'text')
      this.bare.set(content.id, [open.id, close]);
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
    if (segment.k === 'turn') this.edges.add(segment.id);
    await this.session.append(segment);
    this.seen.note('append');
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
