import {
  VisavisError,
  type AsideOptions,
  type AsideSegment,
  type GenEvent,
  type Segment,
} from '#modules/contracts';
import { toMessages, type Json } from '../../core/remote/messages.js';
import type { KnownMedium, RemoteLog } from '../../core/remote/remote-log.js';
import { WRITE_DOWN } from '../probe/findings.js';
import type { Place } from '../replicas.js';
import { AnswerUnderWay, ask, type Asker } from './asking.js';
import { EventQueue } from './event-queue.js';

export interface AsidesOptions {
  readonly id: string;
  /** The session's. */
  readonly context: RemoteLog;
  fresh(system: string | undefined): RemoteLog;
  encode(segment: Segment, pcm: Float32Array | null, signal: AbortSignal): Promise<Json | null>;
  /** What was said, in words; null: nobody writes it down. */
  readonly writeDown: ((medium: Json | null, signal: AbortSignal) => Promise<string>) | null;
  readonly asker: Asker;
  readonly place: Place;
  readonly systemAmid: boolean;
  /** Events that may wait to be read. */
  readonly ahead: number;
}

/** Answers of which nobody waits, of one session at once. */
const MOST_IDLE = 2;

/** Answers of one session in contexts of their own: each is a request that the session's context knows nothing of. */
export class Asides {
  private readonly options: AsidesOptions;
  private count = 0;
  private idle = 0;

  constructor(options: AsidesOptions) {
    this.options = options;
  }

  /** @param ready what was called before has been done */
  answer(o: AsideOptions, ready: Promise<unknown>, closing: AbortSignal): AsyncGenerator<GenEvent> {
    const { asker } = this.options;
    const calledAtMs = asker.clock.nowMs();
    const left = new AbortController();
    const signal = AbortSignal.any([left.signal, closing, ...(o.signal ? [o.signal] : [])]);
    const events = new EventQueue<GenEvent>(this.options.ahead);
    const genId = `aside_${this.options.id}_${++this.count}`;
    const answer = new AnswerUnderWay(genId, () => asker.newCallId());
    void ready
      .then(() => this.perform(genId, { ...o, signal }, { answer, events, calledAtMs }))
      .catch((error: unknown) => events.end(error));
    return events.read(() => left.abort());
  }

  private async perform(
    genId: string,
    o: AsideOptions & { signal: AbortSignal },
    to: { answer: AnswerUnderWay; events: EventQueue<GenEvent>; calledAtMs: number },
  ): Promise<void> {
    if (o.idle && this.idle >= MOST_IDLE)
      throw new VisavisError('shed', 'others that nobody waits for come first', 'session_backlog');
    const { asker, place, systemAmid } = this.options;
    const { system, idle = false, segments, ...wishes } = o;
    if (idle) this.idle += 1;
    try {
      const log = this.options.fresh(system);
      // What it reads of the context is taken down before anything can change.
      const known = this.knownOf(segments);
      await this.fill(log, segments, known, o.signal);
      if (o.signal.aborted) throw new VisavisError('aborted', 'the answer was aborted before it began');
      if (log.openRole !== null) throw new VisavisError('bad_request', `a ${log.openRole} turn is open`);
      await to.events.push({ t: 'start', genId, base: log.head });
      const asks = segments.some((segment) => segment.k === 'text' && segment.text === WRITE_DOWN);
      const [said] = known.values();
      if (this.options.writeDown && asks && said) {
        const text = await this.options.writeDown(said.medium, o.signal);
        return await tellWords(text, log.head.tokens, to.events);
      }
      const messages = toMessages(log.entries, log, { system: log.system, systemAmid });
      const asked = { ...wishes, genId, messages, estimate: log.head.tokens + 1, kind: 'aside' as const };
      await ask(asker, place, asked, to);
    } finally {
      if (idle) this.idle -= 1;
    }
  }

  /** @throws `bad_request` where the context does not hold what is named */
  private knownOf(segments: readonly AsideSegment[]): ReadonlyMap<string, KnownMedium> {
    const known = new Map<string, KnownMedium>();
    for (const { k, id } of segments) {
      if (k !== 'known') continue;
      const found = this.options.context.known(id);
      if (!found) throw new VisavisError('bad_request', 'that is not in the context any more', id);
      known.set(id, found);
    }
    return known;
  }

  private async fill(
    log: RemoteLog,
    segments: readonly AsideSegment[],
    known: ReadonlyMap<string, KnownMedium>,
    signal: AbortSignal,
  ): Promise<void> {
    for (const [seq, segment] of segments.entries()) {
      const found = known.get(segment.id);
      if (segment.k === 'known') {
        if (found) log.append(seq + 1, found.segment, found.tokens, found.medium);
        continue;
      }
      const pcm = segment.k === 'audio' && segment.final ? log.utteranceOf(segment) : null;
      if (pcm?.length === 0) throw new VisavisError('bad_audio', 'an utterance ended without any sound');
      const tokens = log.cost(segment, pcm?.length);
      log.check(segment, tokens);
      const isMedium = pcm !== null || segment.k === 'frame';
      const medium = isMedium ? await this.options.encode(segment, pcm, signal) : undefined;
      log.append(seq + 1, segment, tokens, medium);
    }
  }
}

/** As an answer that is told at once. */
async function tellWords(text: string, prompt: number, events: EventQueue<GenEvent>): Promise<void> {
  const out = text === '' ? 0 : 1;
  if (out > 0) await events.push({ t: 'token', id: 0, text, tMs: 0 });
  await events.push({ t: 'end', reason: 'stop', usage: { prompt, cached: 0, out } });
  events.end();
}
