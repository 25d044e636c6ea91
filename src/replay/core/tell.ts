import type { SessionEvent } from '#modules/conversation';
import type { TraceLine } from './trace.js';

/** What of a line is told to people, in a few words; null: it is in the JSON only. */
export function wordsOf(line: TraceLine): string | null {
  switch (line.t) {
    case 'event':
      return wordsOfEvent(line as unknown as SessionEvent);
    case 'kv':
      return wordsOfOperation(line);
    case 'in':
      return `client: ${String(line['type'])}`;
    case 'out':
    case 'drop':
    case 'end':
      return null;
  }
}

function wordsOfEvent(event: SessionEvent): string | null {
  switch (event.type) {
    case 'speech_started':
      return `turn: speech from ${ms(event.audioStartMs)} (${event.itemId})`;
    case 'speech_stopped':
      return `turn: speech until ${ms(event.audioEndMs)} (${event.itemId})`;
    case 'speech_misfired':
      return `turn: nobody's (${event.itemId})`;
    case 'audio_committed':
      return `turn: committed (${event.itemId})`;
    case 'response_created':
      return `answer: begun (${event.response.id})`;
    case 'text_done':
      return `answer: ${JSON.stringify(event.text)} (${event.responseId})`;
    case 'response_done':
      return `answer: ${event.response.status} (${event.response.id})`;
    case 'frame_dropped':
      return `frame: dropped, ${event.reason}`;
    case 'speculation_ended':
      return `ahead: ${event.kind}, ${event.outcome}, ${event.tokens} tokens`;
    case 'error':
      return `error: ${event.error.code}: ${event.error.message}`;
    case 'part_lost':
      return `lost: ${event.part}: ${event.why}`;
    default:
      return null;
  }
}

function wordsOfOperation({ op, ...line }: TraceLine): string {
  const about = ['k', 'id', 'edge', 'tokens', 'turnEnd', 'notForMe', 'keepTokens', 'reason', 'failed']
    .flatMap((key) => (line[key] === undefined ? [] : [`${key} ${short(line[key])}`]))
    .join(', ');
  return `kv: ${[String(op), about].filter(Boolean).join(' ')}`;
}

function short(value: unknown): string {
  return typeof value === 'number' ? String(Math.round(value * 1000) / 1000) : String(value);
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}

/** `  1234.5  words`, in columns. */
export function tellLine(line: TraceLine): string | null {
  const words = wordsOf(line);
  return words === null ? null : `${line.nowMs.toFixed(0).padStart(8)}  ${words}`;
}
