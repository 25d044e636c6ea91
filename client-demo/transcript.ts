import type { Answer, Delta } from '@vis-a-vis/client';
import type { TurnTimingEvent } from '@vis-a-vis/protocol';

/** Questions and answers, newest last; an answer grows as its tokens arrive. */
export class Transcript {
  private readonly answers = new Map<string, { item: HTMLLIElement; text: HTMLElement }>();

  constructor(private readonly list: HTMLElement) {}

  asked(text: string, spoken: boolean): void {
    const item = document.createElement('li');
    item.className = spoken ? 'asked spoken' : 'asked';
    item.textContent = text;
    this.append(item);
  }

  delta(delta: Delta): void {
    const { text } = this.answer(delta.responseId);
    text.textContent += delta.text;
    this.list.scrollTo({ top: this.list.scrollHeight });
  }

  /** The answer is whole. One that was cancelled before its first token leaves nothing. */
  done(answer: Answer): void {
    if (answer.status === 'cancelled' && !this.answers.has(answer.responseId)) return;
    const { item, text } = this.answer(answer.responseId);
    text.textContent = answer.status === 'completed' ? answer.text : `${answer.text}…`;
    item.classList.remove('streaming');
    item.dataset['status'] = answer.status;
  }

  timing(timing: TurnTimingEvent): void {
    const found = this.answers.get(timing.response_id);
    if (found === undefined) return;
    const line = document.createElement('small');
    const parts = [
      latency('speech end → first token', timing.speech_end_to_first_token_ms),
      latency('commit → first token', timing.commit_to_first_token_ms),
      `${timing.frames_attended} ${timing.frames_attended === 1 ? 'picture' : 'pictures'} seen`,
    ];
    line.textContent = parts.filter((part) => part !== null).join(' · ');
    found.item.append(line);
    this.list.scrollTo({ top: this.list.scrollHeight });
  }

  private answer(responseId: string) {
    const known = this.answers.get(responseId);
    if (known !== undefined) return known;
    const item = document.createElement('li');
    item.className = 'answer streaming';
    const text = document.createElement('span');
    text.className = 'text';
    item.append(text);
    this.append(item);
    const made = { item, text };
    this.answers.set(responseId, made);
    return made;
  }

  private append(item: HTMLLIElement): void {
    this.list.append(item);
    this.list.scrollTo({ top: this.list.scrollHeight });
  }
}

function latency(name: string, ms: number | null): string | null {
  return ms === null ? null : `${name} ${Math.round(ms)} ms`;
}
