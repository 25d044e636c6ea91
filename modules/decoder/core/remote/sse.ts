import { VisavisError } from '#modules/contracts';

export interface SseLimits {
  /** Characters of one line, and of the data of one event. */
  readonly line: number;
  /** Characters of all. */
  readonly total: number;
}

export const SSE_LIMITS: SseLimits = { line: 1 << 18, total: 1 << 24 };

/**
 * Server-sent events, as they come in: text in, the data of whole events out. Only `data` lines are looked at: comments, names
 * and ids are nothing to us. What it does for a piece grows with the piece alone, so that an endless line costs no more than its
 * length.
 */
export class SseReader {
  private readonly limits: SseLimits;
  /** Of the line that has not ended. */
  private pieces: string[] = [];
  private length = 0;
  private data: string[] = [];
  private held = 0;
  private total = 0;

  constructor(limits: SseLimits = SSE_LIMITS) {
    this.limits = limits;
  }

  /** @throws `engine_failed` where a line, an event or all of it is longer than may be */
  push(text: string): string[] {
    this.total += text.length;
    if (this.total > this.limits.total) throw tooLong('answer');
    const events: string[] = [];
    let from = 0;
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', from)) {
      this.hold(text.slice(from, at));
      this.take(this.pieces.join('').replace(/\r$/, ''), events);
      this.pieces = [];
      this.length = 0;
      from = at + 1;
    }
    this.hold(text.slice(from));
    return events;
  }

  private hold(piece: string): void {
    this.length += piece.length;
    if (this.length > this.limits.line) throw tooLong('line');
    if (piece !== '') this.pieces.push(piece);
  }

  private take(line: string, events: string[]): void {
    if (line === '') {
      if (this.data.length > 0) events.push(this.data.join('\n'));
      this.data = [];
      this.held = 0;
    } else if (line.startsWith('data:')) {
      this.held += line.length;
      if (this.held > this.limits.line) throw tooLong('event');
      this.data.push(line.slice(line.startsWith('data: ') ? 6 : 5));
    }
  }
}

function tooLong(what: 'line' | 'event' | 'answer'): VisavisError {
  return new VisavisError(
    'engine_failed',
    `the inference server sends ${what === 'line' ? 'a' : 'an'} ${what} without end`,
  );
}
