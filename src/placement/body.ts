import type { IncomingMessage } from 'node:http';
import { readOffer } from '../realtime/offer.js';
import { numberIn } from './core/tags.js';

/** What has come of a body. */
export interface Read {
  readonly bytes: Buffer;
  /** It is all there is; else the request goes on with the rest. */
  readonly whole: boolean;
}

/** Reads a body up to `limit` bytes, and a piece more where it is longer. @returns null: the client has gone */
export async function readBody(request: IncomingMessage, limit: number): Promise<Read | null> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    // Left off, an iterator would destroy the request.
    const iterator = request.iterator({ destroyOnReturn: false });
    for await (const piece of iterator as AsyncIterable<Buffer>) {
      pieces.push(piece);
      length += piece.length;
      if (length > limit) return { bytes: Buffer.concat(pieces), whole: false };
    }
  } catch {
    return null;
  }
  return { bytes: Buffer.concat(pieces), whole: true };
}

/** @returns whose call an offer is about that goes on; null: it opens one, or is none */
export async function ownerIn(
  form: 'openai' | 'rtvi',
  { headers }: Pick<IncomingMessage, 'headers'>,
  body: Uint8Array,
): Promise<number | null> {
  try {
    if (form === 'openai') {
      const { resume } = await readOffer(headers['content-type'], body);
      return resume ? numberIn(resume.token) : null;
    }
    const { pc_id: id } = JSON.parse(new TextDecoder().decode(body)) as { pc_id?: unknown };
    return typeof id === 'string' ? numberIn(id) : null;
  } catch {
    // Whoever gets it says what is wrong with it.
    return null;
  }
}
