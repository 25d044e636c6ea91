import {
  VisavisError,
  type AppendReceipt,
  type AsideOptions,
  type Checkpoint,
  type EngineSession,
  type GenEvent,
  type GenerateOptions,
  type Removal,
  type Segment,
  type EvictOptions,
} from '#modules/contracts';
import { StopSignal } from '../core/session/generation.js';
import type { OmniModel, TextCodec } from '../core/model/ports.js';
import { DEFAULT_OPTIONS } from '../local/options.js';
import { ModelRunner } from '../core/scheduling/model-runner.js';
import { Scheduler } from '../core/scheduling/scheduler.js';
import type { Removed, SessionHost } from '../core/session/session-host.js';
import { DecoderSession } from '../core/session/session.js';
import type { Span } from '../core/context/span.js';
import { SpecialRows } from '../core/inputs/special-rows.js';
import { EventStream } from '../local/sessions/event-stream.js';

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
  readonly decoder: DecoderSession;
  private seq = 0;
  private generations = 0;

  private readonly host: SessionHost;

  private constructor(decoder: DecoderSession, host: SessionHost) {
    this.decoder = decoder;
    this.host = host;
  }

  static async open(host: SessionHost, budgetTokens = Infinity): Promise<LocalSession> {
    return new LocalSession(await DecoderSession.open(host, '', budgetTokens), host);
  }

  get head(): Checkpoint {
    return this.decoder.head;
  }

  mark(): Checkpoint {
    const seq = ++this.seq;
    this.decoder.mark({ seq }).catch(() => undefined);
    return { ...this.head, seq };
  }

  append(
    segment: Segment,
    o: { priority?: 'commit' | 'background'; signal?: AbortSignal } = {},
  ): Promise<AppendReceipt> {
    const seq = ++this.seq;
    const done = this.decoder.append({ seq, segment, priority: o.priority ?? 'commit' });
    o.signal?.addEventListener('abort', () => this.decoder.abortAppend(seq));
    return done;
  }

  async rollback(to: Checkpoint): Promise<void> {
    await this.decoder.rollback({ seq: ++this.seq, to });
  }

  generate(o: GenerateOptions): AsyncGenerator<GenEvent> {
    const events = new EventStream<GenEvent>();
    const stop = new StopSignal();
    o.signal?.addEventListener('abort', () => stop.stop());
    if (o.signal?.aborted) stop.stop();
    const { maxTokens, temperature = 0, seed = 0 } = o;
    const request = { genId: `gen_${++this.generations}`, maxTokens, temperature, seed };
    const finished = this.decoder.generate(request, stop, (event) => events.push(event));
    return events.readUntil(finished, () => stop.stop());
  }

  accept(genId: string, o: { keepTokens?: number } = {}): Promise<Checkpoint> {
    return this.decoder.accept({ seq: ++this.seq, genId, keepTokens: o.keepTokens ?? Infinity });
  }

  async evict(o: EvictOptions): Promise<Removal> {
    return removal(await this.decoder.evict({ seq: ++this.seq, ...o }));
  }

  /** Evicts these and nothing else: what replaying a log needs. */
  async evictExactly(ids: ReadonlySet<string>): Promise<Removal> {
    const choose = (spans: readonly Span[]) =>
      spans.filter(({ owner }) => owner !== null && ids.has(owner.id));
    return removal(await this.decoder.evictBy(++this.seq, choose));
  }

  async redact(ids: readonly string[]): Promise<Removal> {
    return removal(await this.decoder.redact({ seq: ++this.seq, ids }));
  }

  async cut(genId: string, o: { keepTokens: number }): Promise<Removal> {
    return removal(await this.decoder.cut({ seq: ++this.seq, genId, ...o }));
  }

  /** It keeps no sound and no pictures: what is read must be given. */
  async *aside(o: AsideOptions): AsyncGenerator<GenEvent> {
    const beside = await LocalSession.open(this.host);
    for (const segment of o.segments) {
      if (segment.k === 'known') throw new VisavisError('bad_request', 'it is not kept', segment.id);
      await beside.append(segment);
    }
    yield* beside.generate(o);
    await beside.close();
  }

  close(): Promise<void> {
    return this.decoder.close();
  }
}

function removal({ at, freed, dropped }: Removed): Removal {
  return { epoch: at.epoch, freed, dropped };
}
