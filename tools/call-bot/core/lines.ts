import type { MannersConfig } from './manners-config.js';

/** Of a message: what people read in a chat, and every room takes. */
const LONGEST_TEXT = 2000;
const LONGEST_NAME = 64;

/** A name as it may stand in a line of text. */
export function shownName(name: string): string {
  const clean = name.replace(/[\p{C}\s]+/gu, ' ').trim();
  return clean === '' ? 'somebody' : clipped(clean, LONGEST_NAME);
}

/** @param question its wording, where that is known */
export function answerLine(name: string, question: string | null, answer: string): string {
  const asked = question === null ? ':' : ` “${clipped(question, 200)}” –`;
  return clipped(`@${name}${asked} ${answer.trim()}`, LONGEST_TEXT);
}

export function captionLine(name: string, transcript: string): string {
  return clipped(`${name}: ${transcript.trim()}`, LONGEST_TEXT);
}

/** What the bot says of itself when it comes, and to each who comes later. */
export function noticeLine({ names, addressing, notice, speaks }: MannersConfig): string {
  if (notice !== null) return notice;
  const [name = ''] = names;
  const how = {
    name: `Say or write “${name}, …” to ask me; write “${name}” alone and I answer what you say next.`,
    push: `Write “${name}, …” to ask me; write “${name}” alone and I answer what you say next.`,
    always: 'I answer everything that is said.',
  }[addressing];
  return `${name} is here: I hear and see who is in this call, and answer ${speaks ? 'aloud and ' : ''}in writing. ${how} “${name}, forget” makes me forget you, “${name}, leave” makes me go.`;
}

function clipped(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
