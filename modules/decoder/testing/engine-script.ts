import fc from 'fast-check';
import type { Checkpoint, EngineSession, GenEvent, Segment } from '#modules/contracts';

/** One step of a random session. Steps that the state does not allow are skipped. */
export type Step =
  | { readonly do: 'frame'; readonly seed: number }
  | { readonly do: 'sound'; readonly seed: number; readonly samples: number }
  | {
      readonly do: 'ask';
      readonly seed: number;
      readonly keep: number;
      readonly how: 'accept' | 'leave' | 'abort';
    }
  | { readonly do: 'mark' }
  | { readonly do: 'rollback'; readonly which: number };

/** What makes a segment out of a seed, to an engine's measure. */
export interface Material {
  frame(id: string, seed: number): Segment;
  sound(seed: number, samples: number): Float32Array;
  /** Upper bound of samples in one block. */
  readonly maxSamples: number;
}

/** What survives: enough to make the same context in a fresh session. */
type Surviving = { readonly segment: Segment } | { readonly keep: number };

export function steps(material: Material): fc.Arbitrary<Step[]> {
  const seed = fc.nat(1000);
  const sound = fc.record({
    do: fc.constant('sound' as const),
    seed,
    samples: fc.integer({ min: 1, max: material.maxSamples }),
  });
  const ask = fc.record({
    do: fc.constant('ask' as const),
    seed,
    keep: fc.nat(6),
    how: fc.constantFrom('accept' as const, 'leave' as const, 'abort' as const),
  });
  const rollback = fc.record({ do: fc.constant('rollback' as const), which: fc.nat(20) });
  const frame = fc.record({ do: fc.constant('frame' as const), seed });
  return fc.array(fc.oneof(frame, sound, ask, fc.constant({ do: 'mark' as const }), rollback), {
    maxLength: 16,
  });
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

/** Takes random steps on a session, and knows what of them is left. */
export class SessionScript {
  private readonly session: EngineSession;
  private readonly material: Material;
  private log: Surviving[] = [];
  private turnOpen = false;
  private speaking = false;
  private marks: { at: Checkpoint; log: Surviving[]; turnOpen: boolean; speaking: boolean }[] = [];
  private nextId = 1;

  constructor(session: EngineSession, material: Material) {
    this.session = session;
    this.material = material;
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'frame':
        await this.open();
        return this.put(this.material.frame(this.id(), step.seed));
      case 'sound':
        await this.open();
        this.speaking = true;
        return this.sound(step.seed, step.samples, false);
      case 'ask':
        return this.ask(step);
      case 'mark':
        this.marks.push({
          at: this.session.mark(),
          log: this.log,
          turnOpen: this.turnOpen,
          speaking: this.speaking,
        });
        return;
      case 'rollback': {
        const mark = this.marks[step.which % Math.max(1, this.marks.length)];
        if (!mark) return;
        await this.session.rollback(mark.at);
        Object.assign(this, { log: mark.log, turnOpen: mark.turnOpen, speaking: mark.speaking });
        this.marks = this.marks.filter(({ at }) => at.seq <= mark.at.seq);
      }
    }
  }

  /** Ends the turn and answers it; what the whole context leads to. */
  async finish(maxTokens: number): Promise<number[]> {
    await this.endTurn(1);
    const { ids } = await readAnswer(this.session.generate({ maxTokens }));
    return ids;
  }

  /** Makes in `fresh` what is left of this session's steps. */
  async replayInto(fresh: EngineSession): Promise<void> {
    for (const left of this.log) {
      if ('segment' in left) await fresh.append(left.segment);
      else {
        const { genId } = await readAnswer(fresh.generate({ maxTokens: 6 }));
        await fresh.accept(genId, { keepTokens: left.keep });
      }
    }
  }

  private async ask(step: Extract<Step, { do: 'ask' }>): Promise<void> {
    await this.endTurn(step.seed);
    const abort = new AbortController();
    const events = this.session.generate({ maxTokens: 6, signal: abort.signal });
    if (step.how === 'abort') abort.abort();
    const { genId, ids } = await readAnswer(events);
    if (step.how !== 'accept') return;
    await this.session.accept(genId, { keepTokens: step.keep });
    this.log = [...this.log, { keep: Math.min(step.keep, ids.length) }];
  }

  private async endTurn(seed: number): Promise<void> {
    await this.open();
    if (this.speaking) await this.sound(seed, 1 + (seed % this.material.maxSamples), true);
    else await this.put({ k: 'text', id: this.id(), text: `question ${seed}` });
    this.speaking = false;
    await this.put({ k: 'turn', id: this.id(), role: 'user', edge: 'close' });
    this.turnOpen = false;
  }

  private async open(): Promise<void> {
    if (this.turnOpen) return;
    await this.put({ k: 'turn', id: this.id(), role: 'user', edge: 'open' });
    this.turnOpen = true;
  }

  private sound(seed: number, samples: number, final: boolean): Promise<void> {
    return this.put({ k: 'audio', id: this.id(), ptsMs: 0, pcm: this.material.sound(seed, samples), final });
  }

  private async put(segment: Segment): Promise<void> {
    await this.session.append(segment);
    this.log = [...this.log, { segment }];
  }

  private id(): string {
    return `s${this.nextId++}`;
  }
}
