import type { Capture, TimedRecord } from '../../capture/core/records.js';
import { recordedTokenMs } from './recorded-pace.js';

const delta = (at: number, response = 'r1'): TimedRecord => ({
  t: 'out',
  at,
  s: 0,
  text: JSON.stringify({ type: 'response.output_text.delta', response_id: response, delta: 'a' }),
});
const of = (...records: TimedRecord[]) => recordedTokenMs({ header: {} as Capture['header'], records });

describe('recordedTokenMs', () => {
  it('is the median from delta to delta of one answer', () => {
    expect(of(...[0, 30, 60, 91, 200].map((at) => delta(at)))).toBe(31);
  });

  it('knows nothing of deltas that left together, of the time between answers, and of few', () => {
    expect(of(...[0, 1, 2, 3, 4, 5].map((at) => delta(at)))).toBeNull();
    expect(of(...[1, 2, 3, 4, 5, 6].map((n) => delta(n * 100, `r${n}`)))).toBeNull();
    expect(of(delta(0), delta(30), delta(60))).toBeNull();
    expect(of({ t: 'out', at: 0, s: 0, text: '{"type":"response.done"}' })).toBeNull();
  });
});
