import type { Capture } from '../../capture/core/records.js';

/** Deltas that are closer (ms) left together: they tell nothing of how fast the engine was. */
const TOGETHER_MS = 2;
/** Fewer gaps than that tell nothing either. */
const FEWEST_GAPS = 4;

/**
 * From token to token (ms), as the client saw it in the capture: an answer that was spoken into was cut off by time. Null: it cannot be
 * told, since answers were short, or begun ahead.
 */
export function recordedTokenMs({ records }: Capture): number | null {
  const gaps: number[] = [];
  let last = { response: '', at: 0 };
  for (const record of records) {
    if (record.t !== 'out' || record.s !== 0) continue;
    const response = deltaIn(record.text);
    if (response === null) continue;
    if (last.response === response && record.at - last.at > TOGETHER_MS) gaps.push(record.at - last.at);
    last = { response, at: record.at };
  }
  if (gaps.length < FEWEST_GAPS) return null;
  gaps.sort((a, b) => a - b);
  return Math.round(gaps[Math.floor(gaps.length / 2)] ?? 0);
}

/** @returns the response whose text a message brings, or null */
function deltaIn(text: string): string | null {
  if (!text.startsWith('{"type":"response.output_text.delta"')) return null;
  return /"response_id":"([^"]+)"/.exec(text)?.[1] ?? null;
}
