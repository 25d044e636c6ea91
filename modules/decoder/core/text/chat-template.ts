/** A message as chat templates take it. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string | readonly { readonly type: string; readonly text?: string }[];
}

/** A model's chat template. It throws where it does not know such a conversation. */
export type RenderChat = (messages: readonly ChatMessage[], generationPrompt: boolean) => string;

/** The strings between which a conversation's contents stand. */
export interface ChatPieces {
  readonly start: string;
  readonly user: string;
  /** Opens an answer. */
  readonly assistant: string;
  /** Ends every turn. */
  readonly end: string;
  /** Opens a system turn; null where the template has none of its own. */
  readonly system: string | null;
  /** What stands for a picture, and for a sound. */
  readonly image: string;
  readonly audio: string;
}

// Words that no template has.
const FIRST = 'qzxfirst';
const SECOND = 'qzxsecond';
const THIRD = 'qzxthird';

const user = (...content: { type: string; text?: string }[]): ChatMessage => ({ role: 'user', content });
const text = (words: string) => ({ type: 'text', text: words });

/**
 * Takes a chat template apart, so that a conversation can be put together piece by piece while it goes on: the context
 * of a live call only grows, and a template renders it only whole.
 * @throws Error with the cause, where a conversation is not made of the same pieces turn after turn
 */
export function takeApart(render: RenderChat): ChatPieces {
  const once = render([user(text(FIRST))], false);
  const asked = render([user(text(FIRST))], true);
  if (!asked.startsWith(once)) throw new Error('the generation prompt does not follow the conversation');
  const assistant = asked.slice(once.length);
  const whole = render([user(text(FIRST)), { role: 'assistant', content: SECOND }, user(text(THIRD))], false);
  const [head = '', answered = '', again = '', end = ''] = split(whole, [FIRST, SECOND, THIRD]);
  // The header of an answer in the past may be shorter than the prompt that asked for it.
  if (
    !answered.startsWith(end) ||
    !assistant.startsWith(answered.slice(end.length)) ||
    !again.startsWith(end)
  ) {
    throw new Error('turns do not end alike');
  }
  const opening = again.slice(end.length);
  if (!head.endsWith(opening) || opening === '' || end === '' || assistant === '') {
    throw new Error('turns do not begin alike');
  }
  const start = head.slice(0, head.length - opening.length);
  const part = (type: string) => {
    const [, inside = ''] = split(render([user({ type })], false), [head, end]);
    return inside;
  };
  return {
    start,
    user: opening,
    assistant,
    end,
    system: systemTurn(render, { start, rest: `${end}${opening}${FIRST}${end}` }),
    image: part('image'),
    audio: part('audio'),
  };
}

function systemTurn(render: RenderChat, around: { start: string; rest: string }): string | null {
  try {
    const rendered = render([{ role: 'system', content: SECOND }, user(text(FIRST))], false);
    const [opening = '', rest] = split(rendered.slice(around.start.length), [SECOND]);
    return rendered.startsWith(around.start) && rest === around.rest && opening !== '' ? opening : null;
  } catch {
    return null;
  }
}

/** What stands before, between and after the marks, which must come in that order. */
function split(rendered: string, marks: readonly string[]): string[] {
  const parts: string[] = [];
  let from = 0;
  for (const mark of marks) {
    const at = rendered.indexOf(mark, from);
    if (at < 0) throw new Error('it leaves out what was said');
    parts.push(rendered.slice(from, at));
    from = at + mark.length;
  }
  return [...parts, rendered.slice(from)];
}
