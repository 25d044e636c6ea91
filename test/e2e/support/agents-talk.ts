import type { OpenAIRealtimeBase, RealtimeSession } from '@openai/agents-realtime';

/** What listeners of the stock client were told, from connecting to the last answer. */
export interface Talk {
  readonly typed: Answer;
  readonly spoken: Answer;
  readonly interrupted: { readonly status: string; readonly reason: string | null };
  readonly pictured: Answer;
  /** Of the history that the client keeps. */
  readonly roles: readonly string[];
  readonly events: readonly { readonly type: string }[];
  readonly errors: readonly string[];
}

export interface Answer {
  readonly status: string;
  readonly text: string;
}

export interface Talker {
  readonly session: RealtimeSession;
  readonly transport: OpenAIRealtimeBase;
  readonly apiKey: string;
  /** A data URL. */
  readonly picture: string;
  /** There is no camera: the first questions are about this picture, too. */
  readonly pictureFirst?: boolean;
  /** Says the question, if it is not said anyway. */
  readonly speak: () => Promise<void>;
  readonly interrupt: () => void;
}

interface Ended {
  readonly status?: string;
  readonly status_details?: { readonly reason?: string | null } | null;
  readonly output?: readonly { readonly content?: readonly { readonly text?: string | null }[] }[];
}

/** Answers that are over before they can be interrupted, at the most. */
const TRIES = 5;
/** What follows the end of an interrupted answer comes before the next question (ms). */
const AFTERWARDS_MS = 200;

/**
 * What a program does with a session of `@openai/agents-realtime`, whatever carries it: a question in writing, one aloud, an answer
 * that is interrupted, and a question about a picture. It runs in a browser, too.
 */
export async function talkWith({ session, transport, ...talker }: Talker): Promise<Talk> {
  const errors: string[] = [];
  const events: { type: string }[] = [];
  session.on('error', (error) => errors.push(JSON.stringify(error)));
  session.on('transport_event', (event) => events.push(event));

  await session.connect({ apiKey: talker.apiKey });
  transport.sendEvent({ type: 'session.update', session: { type: 'realtime', max_output_tokens: 64 } });
  if (talker.pictureFirst) session.addImage(talker.picture, { triggerResponse: false });
  // Aloud first: by then a camera has been seen, too.
  let waiting = answer(transport);
  const speaking = talker.speak();
  const spoken = await waiting;
  await speaking;

  waiting = answer(transport);
  session.sendMessage('how many shapes are there');
  const typed = await waiting;

  const interrupted = await interruptOne({ session, transport, ...talker });

  waiting = answer(transport);
  session.addImage(talker.picture, { triggerResponse: false });
  session.sendMessage('what color is the star');
  const pictured = await waiting;

  const roles = session.history.map((item) => ('role' in item ? item.role : item.type));
  session.close();
  return { typed, spoken, interrupted, pictured, roles, events, errors };
}

function next(transport: OpenAIRealtimeBase, type: 'response.created' | 'response.done'): Promise<Ended> {
  return new Promise((resolve) =>
    transport.once(type, (event: { response: unknown }) => resolve(event.response as Ended)),
  );
}

/** The next answer that was not cut off because somebody went on speaking. */
async function answer(transport: OpenAIRealtimeBase): Promise<Answer> {
  for (;;) {
    const { status = '', output = [] } = await next(transport, 'response.done');
    const parts = output.flatMap((item) => item.content ?? []);
    if (status !== 'cancelled') return { status, text: parts.map((part) => part.text ?? '').join('') };
  }
}

/** Asks for a long answer, and interrupts it as soon as it begins. */
async function interruptOne({ session, transport, interrupt }: Talker): Promise<Talk['interrupted']> {
  let ended: Ended = {};
  for (let tries = 0; tries < TRIES && ended.status !== 'cancelled'; tries++) {
    const done = next(transport, 'response.done');
    const begun = next(transport, 'response.created');
    session.sendMessage('what do you see');
    await begun;
    interrupt();
    ended = await done;
  }
  await new Promise((resolve) => {
    setTimeout(resolve, AFTERWARDS_MS);
  });
  return { status: ended.status ?? 'none', reason: ended.status_details?.reason ?? null };
}
