import type {
  AppendReceipt,
  Checkpoint,
  EngineSession,
  GenEvent,
  GenerateOptions,
  Segment,
} from '#modules/contracts';
import { StopSignal } from '../core/generation.js';
import type { OmniModel, TextCodec } from '../core/ports.js';
import { DEFAULT_OPTIONS } from '../core/options.js';
import { ModelRunner } from '../core/model-runner.js';
import { Scheduler } from '../core/scheduler.js';
import { DecoderSession, type SessionHost } from '../core/session.js';
import { SpecialRows } from '../core/special-rows.js';
import { EventStream } from '../infra/event-stream.js';

/** What sessions share, around any model, on this thread. The clock stands still. */
export async function localHost(
  model: OmniModel,
  codec: TextCodec,
  settle: () => Promise<void> = () => Promise.resolve(),
): Promise<SessionHost> {
  const runner = new ModelRunner(model);
  return {
    model,
    codec,
    special: await SpecialRows.embed(model, Object.values(codec.special)),
    runner,
    scheduler: new Scheduler({
      settle,
      together: (steps) => runner.decode(steps),
      limits: runner.limits,
    }),
    shedLimits: DEFAULT_OPTIONS.shedLimits,
    backlog: { waiting: 0 },
    nowMs: () => 0,
  };
}

/** The decoder's session logic as an `EngineSession`, without a worker in between. */
export class LocalSession implements EngineSession {
  private readonly session: DecoderSession;
  private seq = 0;
  private generations = 0;

  private constructor(session: DecoderSession) {
    this.session = session;
  }

  static async open(host: SessionHost, budgetTokens = Infinity): Promise<LocalSession> {
    return new LocalSession(await DecoderSession.open(host, '', budgetTokens));
  }

  get head(): Checkpoint {
    return this.session.head;
  }

  mark(): Checkpoint {
    return { ...this.head, seq: this.seq };
  }

  append(
    segment: Segment,
    o: { priority?: 'commit' | 'background'; signal?: AbortSignal } = {},
  ): Promise<AppendReceipt> {
    const seq = ++this.seq;
    const done = this.session.append({ seq, segment, priority: o.priority ?? 'commit' });
    o.signal?.addEventListener('abort', () => this.session.abortAppend(seq));
    return done;
  }

  async rollback(to: Checkpoint): Promise<void> {
    await this.session.rollback({ seq: ++this.seq, to });
  }

  generate(o: GenerateOptions): AsyncGenerator<GenEvent> {
    const events = new EventStream<GenEvent>();
    const stop = new StopSignal();
    o.signal?.addEventListener('abort', () => stop.stop());
    if (o.signal?.aborted) stop.stop();
    const { maxTokens, temperature = 0, seed = 0 } = o;
    const request = { genId: `gen_${++this.generations}`, maxTokens, temperature, seed };
    const finished = this.session.generate(request, stop, (event) => events.push(event));
    return events.readUntil(finished, () => stop.stop());
  }

  accept(genId: string, o: { keepTokens?: number } = {}): Promise<Checkpoint> {
    return this.session.accept({ seq: ++this.seq, genId, keepTokens: o.keepTokens ?? Infinity });
  }

  async evict(o: { keepFrames: number; targetTokens: number }): Promise<{ epoch: number; freed: number }> {
    const { at, freed } = await this.session.evict({ seq: ++this.seq, ...o });
    return { epoch: at.epoch, freed };
  }

  close(): Promise<void> {
    return this.session.close();
  }
}
