import {
  VisavisError,
  type AsideOptions,
  type AsideSegment,
  type GenEvent,
  type Segment,
} from '#modules/contracts';
import type { SessionLog } from '../../core/context/session-log.js';
import { EventStream } from './event-stream.js';
import { ownCopy } from './own-copy.js';
import type { SessionPlaces } from './session-keeper.js';
import type { WorkerLink } from './worker-link.js';

/**
 * Answers of one session in contexts of their own: each is a small session beside it in a worker, which goes when its answer
 * is there. One that loses its worker fails; what it read is its caller's, who may ask again.
 */
export class Asides {
  private readonly id: number;
  private readonly log: SessionLog;
  private readonly places: SessionPlaces;
  private readonly open = new Set<AbortController>();
  private count = 0;

  constructor(id: number, log: SessionLog, places: SessionPlaces) {
    this.id = id;
    this.log = log;
    this.places = places;
  }

  /** @param ready what was called before has been done */
  answer(o: AsideOptions, ready: Promise<unknown>): AsyncGenerator<GenEvent> {
    const left = new AbortController();
    const signal = o.signal ? AbortSignal.any([o.signal, left.signal]) : left.signal;
    const events = new EventStream<GenEvent>();
    const genId = `aside_${this.id}_${++this.count}`;
    const finished = ready.then(() => this.perform(genId, { ...o, signal }, (event) => events.push(event)));
    this.open.add(left);
    void finished.catch(() => undefined).finally(() => this.open.delete(left));
    return events.readUntil(finished, () => left.abort());
  }

  /** Ends them all, without waiting: one may wait for a worker that will not come. */
  close(): void {
    for (const left of this.open) left.abort();
  }

  private async perform(
    genId: string,
    o: AsideOptions & { signal: AbortSignal },
    onEvent: (event: GenEvent) => void,
  ): Promise<void> {
    // What it reads is taken down before anything can change.
    const segments = o.segments.map((segment) => this.resolved(segment));
    const calledAtMs = performance.now();
    if (o.signal.aborted) throw aborted();
    const link = await this.places.open(0, o.system);
    try {
      const priority = o.idle ? 'background' : 'commit';
      for (const segment of segments) await put(link, segment, priority, o.signal);
      if (o.signal.aborted) throw aborted();
      const { maxTokens, temperature = 0, seed = 0 } = o;
      const request = { genId, maxTokens, temperature, seed, priority } as const;
      const waitedMs = performance.now() - calledAtMs;
      await link.client.ask(
        { t: 'generate', session: link.session, request },
        {
          signal: o.signal,
          onEvent: (event) => onEvent(event.t === 'token' ? { ...event, tMs: event.tMs + waitedMs } : event),
        },
      );
    } catch (error) {
      throw error === link.client.lostBy ? restarting() : error;
    } finally {
      await link.close();
    }
  }

  private resolved(segment: AsideSegment): Segment {
    if (segment.k !== 'known') return segment;
    const known = this.log.media(segment.id);
    if (known) return known;
    throw new VisavisError('bad_request', 'that is not in the context any more', segment.id);
  }
}

async function put(
  link: WorkerLink,
  segment: Segment,
  priority: 'commit' | 'background',
  signal: AbortSignal,
): Promise<void> {
  const { copy, transfer } = ownCopy(segment);
  const { seq, session } = link.next();
  await link.client.ask({ t: 'append', session, seq, segment: copy, priority }, { signal, transfer });
}

const aborted = () => new VisavisError('aborted', 'the answer was aborted before it began');
const restarting = () => new VisavisError('engine_restarting', 'the engine worker of this answer was lost');
