import type { ServerEventBody } from '@vis-a-vis/protocol';

type Delta = Extract<ServerEventBody, { type: 'response.output_text.delta' }>;

/** Two deltas that say together what one says, for a client that takes no message that long; null: it is one character. */
export function splitDelta(event: Delta): [Delta, Delta | null] {
  // By code points: half of a surrogate pair is no text.
  const characters = Array.from(event.delta);
  if (characters.length < 2) return [event, null];
  const middle = Math.ceil(characters.length / 2);
  const part = (from: number, to?: number): Delta => ({
    ...event,
    delta: characters.slice(from, to).join(''),
  });
  return [part(0, middle), part(middle)];
}
