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
  /** What stands in place of `start` where a system turn follows. */
  readonly startBeforeSystem: string;
  /** What stands for a picture, and for a sound. */
  readonly image: string;
  readonly audio: string;
}

// Words that no template has.
const FIRST = 'qzxfirst';
const SECOND = 'qzxsecond';
const THIRD = 'qzxthird';

/**
 * Takes a chat template apart, so that a conversation can be put together piece by piece while it goes on: the context
 * of a live call only grows, and a template renders it only whole.
 * @param o `textOnly`: its contents are plain strings, as templates of models without eyes and ears have them
 * @throws Error with the cause, where a conversation is not made of the same pieces turn after turn
 */
export function takeApart(render: RenderChat, { textOnly = false } = {}): ChatPieces {
  const user = (text: string): ChatMessage => ({
    role: 'user',
    content: textOnly ? text : [{ type: 'text', text }],
  });
  const once = render([user(FIRST)], false);
  const asked = render([user(FIRST)], true);
  if (!asked.startsWith(once)) throw new Error('the generation prompt does not follow the conversation');
  const assistant = asked.slice(once.length);
  const whole = render([user(FIRST), { role: 'assistant', content: SECOND }, user(THIRD)], false);
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
    if (textOnly) return '';
    const [, inside = ''] = split(render([{ role: 'user', content: [{ type }] }], false), [head, end]);
    return inside;
  };
  return {
    start,
    user: opening,
    assistant,
    end,
    ...systemTurn(render, { start, turn: user(FIRST), rest: `${end}${opening}${FIRST}${end}` }),
    image: part('image'),
    audio: part('audio'),
  };
}

/** Where a template says something by itself if there is no system turn, that goes when there is one. */
function systemTurn(
  render: RenderChat,
  { start, turn, rest }: { start: string; turn: ChatMessage; rest: string },
): Pick<ChatPieces, 'system' | 'startBeforeSystem'> {
  const none = { system: null, startBeforeSystem: start };
  try {
    const rendered = render([{ role: 'system', content: SECOND }, turn], false);
    const [before = '', after] = split(rendered, [SECOND]);
    if (after !== rest || before === '') return none;
    const begins = before.startsWith(start) ? start : '';
    const system = before.slice(begins.length);
    return system === '' ? none : { system, startBeforeSystem: begins };
  } catch {
    return none;
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
