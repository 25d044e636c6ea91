import type { AsideSegment, GenEvent } from '#modules/contracts';
import type { Failure } from '../../inputs.js';
import type { Session, Unwritten } from '../../session.js';

/** Utterances that may wait to be written down; where there are more, the oldest is not. */
const MAX_WAITING = 64;
/** Times that one is tried where the engine has too much to do, and the time (ms) in between. */
const MAX_TRIES = 5;
const RETRY_MS = 1000;

interface Writing extends Unwritten {
  readonly id: string;
  readonly audioTokens: number;
  text: string;
  tokens: number;
  progressAtMs: number;
}

/**
 * Has what was said written down, one utterance after the other, while nobody waits for anything else: the model is asked
 * beside the conversation, which knows nothing of it. Instants are on the gateway's clock.
 */
export class Transcripts {
  readonly #session: Session;
  #writing: Writing | null = null;
  #notBeforeMs = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** When it has something to do that nothing else leads to; null: it has not. */
  get deadlineMs(): number | null {
    if (this.#writing) return this.#writing.progressAtMs + this.#session.settings.engineTimeoutMs;
    return this.#waiting.length > 0 && this.#notBeforeMs > 0 ? this.#notBeforeMs : null;
  }

  /** There is idle time. @returns true: something has been done */
  begin(atMs: number): boolean {
    const [next] = this.#waiting;
    if (!next || this.#writing || atMs < this.#notBeforeMs) return false;
    const { items, log, caps } = this.#session;
    if (this.#waiting.length > MAX_WAITING) {
      this.#waiting.shift();
      this.#failed(next.itemId, 'too many utterances wait to be written down');
      return true;
    }
    if (!items.get(next.itemId)) {
      this.#waiting.shift();
      return true;
    }
    const audio = log.mediaOf(next.itemId).find(({ k }) => k === 'audio');
    if (audio && audio.tokens === null) return false;
    this.#waiting.shift();
    this.#notBeforeMs = 0;
    const words = wordsFor(caps.writeDown, next.language);
    if (!words) this.#failed(next.itemId, `${caps.modelId} writes nothing down`);
    else if (!audio) this.#failed(next.itemId, 'what was said is not in the context');
    else this.#write(next, { audioId: audio.id, audioTokens: audio.tokens ?? 0, words }, atMs);
    return true;
  }

  /** @returns false: it is not about a transcript */
  generated(id: string, event: GenEvent, atMs: number): boolean {
    const writing = this.#writing;
    if (writing?.id !== id) return false;
    writing.progressAtMs = atMs;
    if (event.t === 'token') {
      writing.tokens += 1;
      writing.text += event.text;
      const { itemId } = writing;
      if (event.text !== '' && this.#session.items.get(itemId)) {
        this.#session.out.emit({ type: 'transcript_delta', itemId, contentIndex: 0, delta: event.text });
      }
    } else if (event.t === 'end') {
      if (event.reason === 'error' || event.reason === 'aborted') return this.fail(id, ENDED, atMs);
      this.#completed(writing, event.usage.prompt);
    }
    return true;
  }

  /** @returns false: it is not about a transcript */
  fail(id: string, failure: Failure, atMs: number): boolean {
    const writing = this.#writing;
    if (writing?.id !== id) return false;
    this.#writing = null;
    const mayRetry = failure.code === 'shed' || failure.code === 'engine_restarting';
    if (mayRetry && writing.tokens === 0 && writing.tries < MAX_TRIES) {
      const { itemId, language, tries } = writing;
      this.#waiting.unshift({ itemId, language, tries });
      this.#notBeforeMs = atMs + RETRY_MS;
    } else this.#failed(writing.itemId, failure.message);
    return true;
  }

  tick(atMs: number): void {
    // Once it is due only idle time is waited for, which needs no timer.
    if (this.#notBeforeMs > 0 && atMs >= this.#notBeforeMs) this.#notBeforeMs = 0;
    const writing = this.#writing;
    if (!writing || atMs < writing.progressAtMs + this.#session.settings.engineTimeoutMs) return;
    this.#session.out.push({ c: 'abort', responseId: writing.id });
    this.fail(writing.id, { code: 'engine_failed', message: 'the engine made no progress' }, atMs);
  }

  close(): void {
    if (this.#writing) this.#session.out.push({ c: 'abort', responseId: this.#writing.id });
    this.#writing = null;
    this.#waiting.length = 0;
  }

  get #waiting(): Unwritten[] {
    return this.#session.unwritten;
  }

  #write(
    wanted: Unwritten,
    { audioId, audioTokens, words }: { audioId: string; audioTokens: number; words: string },
    atMs: number,
  ): void {
    const { ids, out } = this.#session;
    const id = ids.next('transcript');
    const tries = wanted.tries + 1;
    this.#writing = { ...wanted, tries, id, audioTokens, text: '', tokens: 0, progressAtMs: atMs };
    const turn = ids.next('turn');
    const segments: AsideSegment[] = [
      { k: 'turn', id: turn, role: 'user', edge: 'open' },
      { k: 'known', id: audioId },
      { k: 'text', id: ids.next('text'), text: words },
      { k: 'turn', id: turn, role: 'user', edge: 'close' },
    ];
    // More than anybody can say in that time: a model that does not find its end is stopped.
    const maxTokens = 2 * audioTokens + 16;
    out.push({ c: 'aside', responseId: id, segments, system: '', maxTokens, idle: true });
  }

  #completed(writing: Writing, promptTokens: number): void {
    const { items, out } = this.#session;
    this.#writing = null;
    const item = items.get(writing.itemId);
    if (item?.type !== 'message') return;
    const transcript = writing.text.trim();
    const content = item.content.map((part) =>
      part.type === 'input_audio' ? { ...part, transcript } : part,
    );
    items.update({ ...item, content });
    const { itemId, audioTokens: audio, tokens: output } = writing;
    const usage = { text: Math.max(0, promptTokens - audio), audio, output };
    out.emit({ type: 'transcript_completed', itemId, contentIndex: 0, transcript, usage });
  }

  /** Nobody is told of an item that was deleted. */
  #failed(itemId: string, message: string): void {
    if (!this.#session.items.get(itemId)) return;
    const code = 'transcription_failed';
    this.#session.out.emit({ type: 'transcript_failed', itemId, contentIndex: 0, code, message });
  }
}

const ENDED: Failure = { code: 'engine_failed', message: 'the engine ended the transcript' };

/** @param language as clients say it: `en`, `zh-CN` */
function wordsFor(
  words: Readonly<Record<string, string>> | undefined,
  language: string | null,
): string | undefined {
  if (!words) return undefined;
  const own = language === null ? undefined : words[language.toLowerCase().split(/[-_]/)[0] ?? ''];
  return own ?? Object.values(words)[0];
}
