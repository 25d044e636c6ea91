import type { RequestTrace } from '../options.js';
import type { Answered } from './transport.js';

/** An answer that tells of itself as it is read. */
export function traced(answer: Answered, trace: RequestTrace): Answered {
  trace.answered(answer.status);
  return { ...answer, body: tracedBody(answer.body, trace) };
}

/** Whoever leaves it, or has it fail, ends the trace. */
async function* tracedBody(body: AsyncIterable<Uint8Array>, trace: RequestTrace): AsyncGenerator<Uint8Array> {
  let begun = false;
  try {
    for await (const chunk of body) {
      if (!begun) trace.begun();
      begun = true;
      yield chunk;
    }
  } catch (error) {
    trace.failed(error);
    throw error;
  } finally {
    trace.end();
  }
}
