import { VisavisError, type GenEvent, type GenerateOptions } from '#modules/contracts';
import { AnswerReader } from '../../core/remote/answer-reader.js';
import { answerBody, type RequestFrame } from '../../core/remote/request.js';
import { endsInSound, type ChatMessage } from '../../core/remote/messages.js';
import { usageOf, type Usage } from '../http/shapes.js';
import type { Place, Replicas } from '../replicas.js';
import type { RemoteClock } from '../options.js';
import type { RequestTally } from '../tally.js';
import type { EventQueue } from './event-queue.js';

/** What sessions ask their servers by. */
export interface Asker {
  readonly replicas: Replicas;
  readonly clock: RemoteClock;
  readonly frame: Omit<RequestFrame, 'slot'>;
  /** Of the session, for routers. */
  readonly session: string;
  readonly tenant: string;
  newCallId(): string;
  readonly tally: RequestTally;
}

export interface Asked extends GenerateOptions {
  readonly genId: string;
  readonly messages: readonly ChatMessage[];
  /** What the prompt is taken to be, in tokens, where the server does not tell. */
  readonly estimate: number;
  readonly signal: AbortSignal;
  /** Told what the server counted of the prompt, before the answer's end is told. */
  readonly counted?: (prompt: number) => void;
  /** Told where the server takes no prompt of that length. */
  readonly tooLong?: () => void;
  /** `aside`: it is tied to no slot, and knows nothing of the session's context. */
  readonly kind: 'answer' | 'speculation' | 'aside';
}

/** An answer, and how it ended. `whole`: by itself. */
export class AnswerUnderWay extends AnswerReader {
  whole = false;
  ended = false;
  usage: Usage | null = null;
}

/** More pieces than tokens were asked for: some servers tell a token in two, none in many. */
const PIECES_A_TOKEN = 4;
const MORE_PIECES = 64;

/** Has a server answer, tells what it says, and ends the events. Never rejects: a failure is thrown at the events' reader. */
export async function ask(
  asker: Asker,
  place: Place,
  asked: Asked,
  to: { answer: AnswerUnderWay; events: EventQueue<GenEvent>; calledAtMs: number },
): Promise<void> {
  const { answer, events, calledAtMs } = to;
  const { clock, replicas, tally } = asker;
  const inSlot = asked.kind !== 'aside';
  const { maxTokens, temperature = 0, seed = 0, tools, toolChoice, signal, messages } = asked;
  let reason: 'stop' | 'length' | null = null;
  const most = maxTokens * PIECES_A_TOKEN + MORE_PIECES;
  const overflow = new AbortController();
  const attempt = async (at: Place): Promise<void> => {
    const slot = at.replica.slotFor(inSlot ? at.slot : null, asker.tenant);
    const frame = { ...asker.frame, slot };
    const body = answerBody(frame, messages, { maxTokens, temperature, seed, tools, toolChoice });
    const newTokens = Math.max(1, asked.estimate - (inSlot ? at.held : 0));
    const hears = endsInSound(messages);
    await at.replica.server.stream(
      { body, newTokens, hears },
      {
        session: asker.session,
        signal: AbortSignal.any([signal, overflow.signal]),
        onChunk: async (chunk) => {
          if (answer.ended) return;
          const usage = usageOf(chunk);
          if (usage) answer.usage = usage;
          const [choice] = chunk.choices ?? [];
          if (choice?.delta) {
            for (const event of answer.take(choice.delta, clock.nowMs() - calledAtMs))
              await events.push(event);
          }
          if (choice?.finish_reason) reason = choice.finish_reason === 'length' ? 'length' : 'stop';
          if (answer.pieces.length > most || answer.isTooLong) {
            reason = 'length';
            overflow.abort();
          }
        },
      },
    );
  };
  try {
    await replicas.request(place, attempt, { signal, repeatable: () => answer.isEmpty && !answer.ended });
    finish(reason ?? 'stop');
  } catch (error) {
    if (overflow.signal.aborted && !signal.aborted) finish('length');
    else if (answer.ended || signal.aborted) finish('aborted');
    else {
      answer.ended = true;
      if (error instanceof VisavisError && error.code === 'context_full') asked.tooLong?.();
      tally.ended(asked.kind, 'failed', answer.usage);
      events.end(error);
    }
  }

  function finish(how: 'stop' | 'length' | 'aborted'): void {
    answer.whole = how === 'stop' && !answer.ended;
    answer.ended = true;
    const { usage } = answer;
    tally.ended(asked.kind, how === 'aborted' ? 'aborted' : 'done', usage);
    if (usage?.prompt) asked.counted?.(usage.prompt);
    if (usage && inSlot) place.found(usage.cached);
    const out = usage?.out ?? answer.pieces.length;
    const prompt = usage?.prompt ?? asked.estimate;
    void events.push({ t: 'end', reason: how, usage: { prompt, cached: usage?.cached ?? 0, out } });
    events.end();
  }
}
