import fc from 'fast-check';
import { workerEntry, type Checkpoint, type EngineSession, type Segment } from '#modules/contracts';
import { MortalWorkers } from '../../../test/support/mortal-workers.js';
import { capsOf } from '../core/model/caps.js';
import { DEFAULT_OPTIONS } from '../local/options.js';
import { WorkerEngine } from '../local/worker-engine.js';
import type { EngineWorkerData } from '../local/workers/worker-protocol.js';
import { readAnswer } from './engine-script.js';
import { oneStep, type Material, type Step } from './random-steps.js';
import { ToyModel } from './toy-model.js';

// Workers that die by their own hand, on request, and who uses their sessions.

export const edge = (id: string, at: 'open' | 'close'): Segment => ({
  k: 'turn',
  id,
  role: 'user',
  edge: at,
});
export const text = (id: string, words = `words of ${id}`): Segment => ({ k: 'text', id, text: words });

export const material: Material = {
  maxSamples: 200,
  frame: (id, seed) => {
    const data = Uint8Array.from({ length: 12 }, (_, index) => (seed * 7 + index * 31) % 256);
    return { k: 'frame', id, ptsMs: seed, image: { width: 2, height: 2, data } };
  },
  sound: (seed, samples) => Float32Array.from({ length: samples }, (_, index) => Math.sin(seed + index)),
};

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export async function until(holds: () => boolean, withinMs = 30_000): Promise<void> {
  for (const end = performance.now() + withinMs; !holds(); await pause(2)) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${holds.toString()}`);
  }
}

export interface Settings {
  readonly workers?: number;
  readonly recoveryMs?: number;
  readonly stallMs?: number;
}

/** What a conversation does beside: `cut` an accepted answer, and ask something in a context of its own. */
export type ActorStep =
  | Step
  | { readonly do: 'cut'; readonly which: number; readonly keep: number }
  | { readonly do: 'aside'; readonly seed: number };

export function actorSteps(maxLength = 20): fc.Arbitrary<ActorStep[]> {
  const cut = fc.record({ do: fc.constant('cut' as const), which: fc.nat(10), keep: fc.nat(6) });
  const aside = fc.record({ do: fc.constant('aside' as const), seed: fc.nat(1000) });
  const one = fc.oneof(
    { weight: 10, arbitrary: oneStep(material) },
    { weight: 2, arbitrary: cut },
    { weight: 1, arbitrary: aside },
  );
  return fc.array(one, { maxLength, size: 'max' });
}

/** Takes random steps, the same on every session that it is given. */
export class Actor {
  private open = false;
  private utterance: string | null = null;
  /** What the turn holds that is under way, and each that was closed, with its edges. */
  private turn: readonly string[] = [];
  private turns: readonly (readonly string[])[] = [];
  private marks: (Actor['whereabouts'] & { at: Checkpoint })[] = [];
  private names: string[] = ['nobody'];
  /** What each eviction took out; answers by their number. */
  readonly evicted: string[][] = [];
  /** Of turn edges. */
  readonly edges = new Set<string>();
  /** Answers that were accepted, by the engine's names. */
  private readonly accepted: string[] = [];
  /** What was answered beside the session. */
  readonly asides: number[][] = [];
  private nextId = 1;

  constructor(readonly session: EngineSession) {}

  async take(step: ActorStep): Promise<void> {
    const { session } = this;
    switch (step.do) {
      case 'frame':
        await this.begin();
        return this.put(material.frame(this.id(), step.seed));
      case 'sound':
        await this.begin();
        this.utterance ??= this.id();
        return this.put(this.sound(step.seed, step.samples, false));
      case 'ask': {
        const { genId } = await this.answer(6, step.seed);
        if (step.how === 'accept') await session.accept(genId, { keepTokens: step.keep });
        if (step.how === 'accept') this.accepted.push(genId);
        return;
      }
      case 'cut': {
        const genId = this.accepted[step.which % Math.max(1, this.accepted.length)];
        if (genId === undefined) return;
        this.marks = [];
        await session.cut(genId, { keepTokens: step.keep });
        return;
      }
      case 'aside': {
        const segments = [edge('x', 'open'), text('y', `aside ${step.seed}`), edge('z', 'close')];
        const { seed } = step;
        this.asides.push(
          (await readAnswer(session.aside({ segments, maxTokens: 4, temperature: 1, seed }))).ids,
        );
        return;
      }
      case 'mark':
        this.marks.push({ at: session.mark(), ...this.whereabouts });
        return;
      case 'rollback': {
        const mark = this.marks[step.which % Math.max(1, this.marks.length)];
        if (!mark) return;
        await session.rollback(mark.at);
        const { at: _, ...whereabouts } = mark;
        Object.assign(this, whereabouts);
        this.marks = this.marks.filter(({ at }) => at.seq <= mark.at.seq);
        return;
      }
      case 'redact': {
        const names = step.which.map((which) => this.names[which % this.names.length] ?? 'nobody');
        // One name alone stands for all of its turn.
        const turn = names.length === 1 ? this.turns.find((ids) => ids.includes(names[0] ?? '')) : undefined;
        const ids = turn ?? names;
        if (this.utterance !== null && ids.includes(this.utterance)) this.utterance = null;
        this.marks = [];
        await session.redact(ids);
        return;
      }
      case 'evict': {
        const targetTokens = Math.floor(session.head.tokens * step.share);
        const { dropped } = await session.evict({ keepFrames: step.keepFrames, targetTokens });
        this.marks = [];
        this.evicted.push(dropped.map((id) => id.replace(/^gen_(\d+_)?/, 'answer ')));
      }
    }
  }

  /** Ends the turn, and answers it. */
  async answer(maxTokens: number, seed = 1) {
    await this.begin();
    if (this.utterance === null) await this.put(text(this.id()));
    else await this.put(this.sound(seed, 1 + (seed % material.maxSamples), true));
    this.utterance = null;
    await this.edge('close');
    return readAnswer(this.session.generate({ maxTokens, temperature: 1, seed }));
  }

  private async begin(): Promise<void> {
    if (!this.open) await this.edge('open');
  }

  private async edge(at: 'open' | 'close'): Promise<void> {
    const id = this.id();
    this.edges.add(id);
    this.open = at === 'open';
    this.turn = this.open ? [id] : [...this.turn, id];
    if (!this.open) this.turns = [...this.turns, this.turn];
    await this.session.append(edge(id, at));
  }

  private async put(segment: Segment): Promise<void> {
    const name = segment.k === 'audio' ? (segment.utterance ?? segment.id) : segment.id;
    this.names.push(name);
    this.turn = [...this.turn, name];
    await this.session.append(segment);
  }

  private get whereabouts() {
    const { open, utterance, turn, turns } = this;
    return { open, utterance, turn, turns };
  }

  private sound(seed: number, samples: number, final: boolean): Segment {
    const pcm = material.sound(seed, samples);
    return { k: 'audio', id: this.id(), ptsMs: 0, pcm, final, utterance: this.utterance ?? '' };
  }

  private id(): string {
    return `s${this.nextId++}`;
  }
}

export class Rig {
  readonly mortal = new MortalWorkers();
  readonly engine: WorkerEngine;

  constructor({ workers = 1, recoveryMs = 30_000, stallMs = 60_000 }: Settings = {}) {
    this.engine = new WorkerEngine({
      data: {
        shedLimits: DEFAULT_OPTIONS.shedLimits,
        curses: new SharedArrayBuffer(8),
      } as unknown as EngineWorkerData,
      caps: capsOf(new ToyModel().config, 16),
      workers,
      recoveryMs,
      stallMs,
      entry: this.mortal.entry(workerEntry('./toy-worker', import.meta.url)),
      onLost: () => undefined,
    });
  }

  async start(): Promise<this> {
    await this.engine.start();
    return this;
  }

  open(): Promise<EngineSession> {
    return this.engine.open({ system: '' });
  }

  /** Kills a worker, and waits until that is known. */
  async lose(which = 0): Promise<void> {
    const { died } = this.engine.stats.lost;
    await until(() => this.mortal.kill(which));
    await until(() => this.engine.stats.lost.died > died);
  }

  async stop(): Promise<void> {
    await this.engine.close(0);
    this.mortal.close();
  }
}

export async function ask(session: EngineSession, id: string): Promise<void> {
  await session.append(edge(id, 'open'));
  await session.append(text(`${id} text`));
  await session.append(edge(id, 'close'));
}
