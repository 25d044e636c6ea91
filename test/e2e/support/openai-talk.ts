import type { RealtimeClientEvent, RealtimeServerEvent } from 'openai/resources/realtime/realtime';
import type { Answer, Talk } from './agents-talk.js';

export interface Talker {
  readonly send: (event: RealtimeClientEvent) => void;
  /** What the client tells for each event of the server; nothing before this is called. */
  readonly onEvent: (told: (event: RealtimeServerEvent) => void) => void;
  /** Resolves when the client is connected. */
  readonly connect: () => Promise<void>;
  /** A data URL. */
  readonly picture: string;
  /** There is no camera: the first questions are about this picture, too. */
  readonly pictureFirst?: boolean;
  /** Says the question, if it is not said anyway. */
  readonly speak: () => Promise<void>;
}

/** What parts of all kinds of items have in common. */
interface Part {
  readonly text?: string;
}

type Of<T extends RealtimeServerEvent['type']> = Extract<RealtimeServerEvent, { type: T }>;

/** A cancellation is sent again as often, for an answer of a few words may be done before it comes, though it follows the question at once. */
const TRIES = 5;

/** Whether an error says only that the answer was done before its cancellation came. */
export function cameTooLate(error: object): boolean {
  return 'code' in error && error.code === 'response_cancel_not_active';
}

/** What a program does with the Realtime client of `openai`, whatever carries it. It runs in a browser, too. */
export async function talkWith({ send, onEvent, connect, picture, ...talker }: Talker): Promise<Talk> {
  const events: RealtimeServerEvent[] = [];
  const waiting = new Map<string, (event: RealtimeServerEvent) => void>();
  onEvent((event) => {
    events.push(event);
    const told = waiting.get(event.type);
    waiting.delete(event.type);
    told?.(event);
  });
  const next = <T extends RealtimeServerEvent['type']>(type: T) =>
    new Promise<Of<T>>((resolve) => waiting.set(type, (event) => resolve(event as Of<T>)));
  /** The next answer that was not cut off because somebody went on speaking. */
  const answer = async (): Promise<Answer> => {
    for (;;) {
      const { status = '', output = [] } = (await next('response.done')).response;
      const parts = output.flatMap((item) => ('content' in item ? (item.content as Part[]) : []));
      if (status !== 'cancelled') return { status, text: parts.map(({ text }) => text ?? '').join('') };
    }
  };
  const say = (content: { type: 'input_text' | 'input_image'; text?: string; image_url?: string }[]) =>
    send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
  const ask = (text: string) => {
    say([{ type: 'input_text', text }]);
    send({ type: 'response.create' });
  };

  const greeted = next('session.created');
  await connect();
  await greeted;
  const updated = next('session.updated');
  send({ type: 'session.update', session: { type: 'realtime', max_output_tokens: 64 } });
  await updated;
  if (talker.pictureFirst) say([{ type: 'input_image', image_url: picture }]);

  let answered = answer();
  const speaking = talker.speak();
  const spoken = await answered;
  await speaking;

  answered = answer();
  ask('how many shapes are there');
  const typed = await answered;

  let ended: Of<'response.done'>['response'] = {};
  for (let tries = 0; tries < TRIES && ended.status !== 'cancelled'; tries++) {
    const done = next('response.done');
    ask('what do you see');
    send({ type: 'response.cancel' });
    ended = (await done).response;
  }

  answered = answer();
  say([
    { type: 'input_image', image_url: picture },
    { type: 'input_text', text: 'what color is the star' },
  ]);
  send({ type: 'response.create', response: { metadata: { asked: 'about a picture' } } });
  const pictured = await answered;

  const errors = events
    .filter((event) => event.type === 'error' && !cameTooLate(event.error))
    .map((event) => JSON.stringify(event));
  const roles: string[] = [];
  for (const event of events) {
    if (event.type === 'conversation.item.added' && 'role' in event.item) roles.push(event.item.role);
  }
  const interrupted = { status: ended.status ?? 'none', reason: ended.status_details?.reason ?? null };
  return { typed, spoken, interrupted, pictured, roles, events, errors };
}
