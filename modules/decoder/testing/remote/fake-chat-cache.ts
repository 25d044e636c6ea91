import { createHash } from 'node:crypto';

export interface FakePart {
  readonly type: string;
  readonly text?: string;
  readonly image_url?: { readonly url: string };
  readonly audio_url?: { readonly url: string };
  readonly input_audio?: { readonly data: string; readonly format: string };
  readonly uuid?: string;
}

export interface FakeMessage {
  readonly role: string;
  readonly content: string | null | readonly FakePart[];
  readonly tool_calls?: readonly {
    readonly id: string;
    readonly function: { readonly name: string; readonly arguments: string };
  }[];
  readonly tool_call_id?: string;
}

/** Tokens of a picture, and of a second of sound. */
const PICTURE_TOKENS = 36;
const TOKENS_A_SECOND = 16;
/** Bytes of a second of WAV, 16 kHz and 16 bit, in base64. */
const BASE64_A_SECOND = (32_000 * 4) / 3;

/** The tokens of a prompt: each as good as its text. A medium is as many of them as a model makes of it, all of its bytes in each. */
export function tokensOf(messages: readonly FakeMessage[], tools: readonly object[] = []): string[] {
  const tokens = ['<s>', ...tools.flatMap((tool) => JSON.stringify(tool).split(/\W+/))];
  for (const message of messages) {
    tokens.push(`<${message.role}>`);
    const { content, tool_calls: calls = [], tool_call_id: id } = message;
    if (typeof content === 'string') tokens.push(...words(content));
    else for (const part of content ?? []) tokens.push(...partTokens(part));
    for (const call of calls)
      tokens.push(`<call ${call.id}>`, call.function.name, ...words(call.function.arguments));
    if (id !== undefined) tokens.push(`<of ${id}>`);
    tokens.push('<end>');
  }
  return [...tokens, '<assistant>'];
}

function partTokens(part: FakePart): string[] {
  if (part.type === 'text') return words(part.text ?? '');
  const data = part.image_url?.url ?? part.audio_url?.url ?? part.input_audio?.data ?? '';
  const name = createHash('sha256').update(data).digest('hex').slice(0, 12);
  const sound = part.type === 'image_url' ? null : data.length / BASE64_A_SECOND;
  const count = sound === null ? PICTURE_TOKENS : Math.round(sound * TOKENS_A_SECOND);
  return ['<medium>', ...Array.from({ length: count }, (_, index) => `${name}.${index}`)];
}

const words = (text: string): string[] => text.split(/\s+/).filter(Boolean);

/** What was computed, by whom it may be used: the newest prompts, of which the longest common prefix is found again. */
export class PrefixCache {
  private readonly prompts = new Map<string, string[][]>();
  private static readonly MOST = 32;

  /** @returns tokens that were there already, in whole blocks; never all of a prompt */
  take(salt: string, tokens: string[], granularity: number): number {
    const known = this.prompts.get(salt) ?? [];
    const found = Math.max(0, ...known.map((other) => common(other, tokens)));
    this.prompts.set(salt, [...known, tokens].slice(-PrefixCache.MOST));
    const most = Math.min(found, tokens.length - 1);
    return most - (most % granularity);
  }
}

function common(a: readonly string[], b: readonly string[]): number {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at += 1;
  return at;
}
