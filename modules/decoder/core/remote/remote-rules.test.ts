import { AnswerReader, MOST_CALL_BYTES } from './answer-reader.js';
import { backoffMs } from './backoff.js';
import { Breaker } from './breaker.js';
import { costOf, textTokens } from './costs.js';
import { RequestBudget } from './request-budget.js';
import { SseReader } from './sse.js';
import { WarmGate } from './warm-gate.js';
import { wavOf } from './wav.js';

describe('SseReader', () => {
  const events = 'data: {"a":1}\n\n: a comment\nevent: x\ndata: one\ndata: two\r\n\r\ndata:[DONE]\n\n';

  it('reads events however they are cut', () => {
    for (const size of [1, 3, 7, 1000]) {
      const reader = new SseReader();
      const found: string[] = [];
      for (let at = 0; at < events.length; at += size)
        found.push(...reader.push(events.slice(at, at + size)));
      expect(found).toEqual(['{"a":1}', 'one\ntwo', '[DONE]']);
    }
  });

  it.each([
    ['a line', 'x'.repeat(20)],
    ['an event', 'data: 12\ndata: 34\ndata: 56\n'],
    ['an answer', 'data: 1\n\n'.repeat(9)],
  ])('refuses %s without end', (_, text) => {
    const reader = new SseReader({ line: 16, total: 64 });
    expect(() => Array.from(text, (sign) => reader.push(sign))).toThrow(/without end/);
  });
});

describe('AnswerReader', () => {
  const call = (index: number | null, more: object, id?: string) => ({
    tool_calls: [{ index, ...(id !== undefined && { id }), function: more }],
  });
  const reader = () => new AnswerReader('g', () => 'call_own');

  it('tells text and calls piece by piece', () => {
    const answer = reader();
    const told = [
      { content: 'I ' },
      { content: 'look', ...call(0, { name: 'f', arguments: '' }, 'a') },
      call(0, { arguments: '{}' }),
      call(1, { name: 'g', arguments: '{"b":1}' }, 'b'),
    ].flatMap((delta) => answer.take(delta, 1));
    expect(told.map(({ t }) => t)).toEqual(['token', 'token', 'call', 'arguments', 'call', 'arguments']);
    expect(answer.calls).toMatchObject([
      { callId: 'a', name: 'f', arguments: '{}' },
      { callId: 'b', name: 'g', arguments: '{"b":1}' },
    ]);
    expect(answer.pieces.join('')).toBe('I look');
  });

  it('tells no more of calls than an event may hold', () => {
    const answer = reader();
    answer.take(call(0, { name: 'f', arguments: '{"a":"' }, 'a'), 0);
    let told = 0;
    for (let piece = 0; !answer.isTooLong && piece < 1000; piece++)
      for (const event of answer.take(call(0, { arguments: '"'.repeat(100) }), 0))
        told += event.t === 'arguments' ? event.delta.length : 0;
    // Each quote takes two bytes in an event.
    expect(told).toBeGreaterThan(MOST_CALL_BYTES / 4);
    expect(told * 2).toBeLessThan(MOST_CALL_BYTES);
    expect(answer.take(call(1, { name: 'g', arguments: '{}' }, 'b'), 0)).toEqual([]);
    const whole = reader();
    expect(whole.take(call(0, { name: 'f', arguments: 'x'.repeat(1 << 17) }, 'a'), 0)).toEqual([]);
    const many = reader();
    for (let index = 0; index < 1000; index++) many.take(call(index, { name: 'f' }, `${index}`), 0);
    expect([many.isTooLong, many.calls.length < 200]).toEqual([true, true]);
  });

  it('does with servers that number no calls and name none', () => {
    const answer = reader();
    answer.take(call(null, { name: 'f', arguments: '{}' }), 0);
    answer.take(call(null, { name: 'g', arguments: '{}' }), 0);
    expect(answer.calls.map(({ callId, name }) => [callId, name])).toEqual([
      ['call_own', 'f'],
      ['call_own', 'g'],
    ]);
  });

  it('tells no call before its name has come', () => {
    const answer = reader();
    expect(answer.take(call(0, { arguments: '{' }, 'a'), 0)).toEqual([]);
    expect(answer.calls).toEqual([]);
    expect(answer.take(call(0, { name: 'f', arguments: '}' }), 0).map(({ t }) => t)).toEqual([
      'call',
      'arguments',
    ]);
    expect(answer.calls).toMatchObject([{ arguments: '{}' }]);
  });
});

describe('Breaker', () => {
  it('opens after three failures in a row, stays open longer each time, and closes by a success', () => {
    const breaker = new Breaker();
    expect([breaker.failed(), breaker.failed()]).toEqual([false, false]);
    breaker.succeeded();
    expect([breaker.failed(), breaker.failed(), breaker.failed(), breaker.failed()]).toEqual([
      false,
      false,
      true,
      false,
    ]);
    expect(breaker.trialInMs).toBe(1000);
    for (let at = 0; at < 9; at++) breaker.trialFailed();
    expect(breaker.trialInMs).toBe(15_000);
    breaker.succeeded();
    expect([breaker.isOpen, breaker.trialInMs]).toEqual([false, null]);
  });

  it('opens at once where nobody is there', () => {
    expect(new Breaker().failed(true)).toBe(true);
  });

  it('opens at once, and for longer, where a trial went well and the next question does not', () => {
    const breaker = new Breaker();
    breaker.failed(true);
    breaker.trialSucceeded();
    expect([breaker.isOpen, breaker.failed(), breaker.trialInMs]).toEqual([false, true, 2000]);
    breaker.trialSucceeded();
    breaker.succeeded();
    expect([breaker.failed(), breaker.failed(true), breaker.trialInMs]).toEqual([false, true, 1000]);
  });
});

describe('backoffMs', () => {
  it('doubles, is spread, and heeds the server up to a bound', () => {
    expect([1, 2, 3, 9].map((attempt) => backoffMs(attempt, 1))).toEqual([100, 200, 400, 2000]);
    expect(backoffMs(1, 0)).toBe(50);
    expect([backoffMs(1, 0, 700), backoffMs(1, 0, 60_000)]).toEqual([700, 2000]);
  });
});

describe('RequestBudget', () => {
  it('is spent, and comes back within a minute', () => {
    const budget = new RequestBudget(2);
    expect([budget.take(0), budget.take(0), budget.take(0)]).toEqual([true, true, false]);
    expect([budget.take(29_000), budget.take(30_001)]).toEqual([false, true]);
    expect(new RequestBudget(0).take(1e9)).toBe(false);
  });
});

describe('WarmGate', () => {
  const many = (gate: WarmGate, cached: number | null) =>
    Array.from({ length: 6 }, () => gate.note({ prompt: 420, cached }, 400, 0));

  it('stays open where what was sent is found again', () => {
    const gate = new WarmGate();
    expect(many(gate, 384)).toEqual(Array(6).fill(false));
    expect([gate.isOpen(0), gate.helps]).toEqual([true, true]);
  });

  it('stays open before a cache of large blocks, of which a short prompt fills none', () => {
    const gate = new WarmGate();
    const frame = 55;
    for (let prompt = frame; prompt < 20 * frame; prompt += frame) {
      const found = prompt - frame - ((prompt - frame) % 128);
      expect(gate.note({ prompt, cached: found }, prompt - frame, 0)).toBe(false);
    }
    expect([gate.isOpen(0), gate.helps]).toEqual([true, true]);
  });

  it('closes where it is not, says so once, and opens again later', () => {
    const gate = new WarmGate();
    expect(many(gate, 16)).toEqual([false, false, false, false, false, true]);
    expect([gate.isOpen(1), gate.helps]).toEqual([false, false]);
    expect([gate.isOpen(600_000), gate.helps]).toEqual([true, null]);
  });

  it('judges nothing by a server that tells nothing', () => {
    const gate = new WarmGate();
    many(gate, null);
    expect([gate.isOpen(0), gate.helps]).toEqual([true, null]);
  });
});

describe('costs and files', () => {
  const costs = { frame: 36, sound: 10, second: 16 };

  it('counts by what was measured', () => {
    const image = { width: 1, height: 1, data: new Uint8Array(3) };
    expect(costOf({ k: 'frame', id: 'f', ptsMs: 0, image }, 0, costs)).toBe(37);
    const audio = { k: 'audio', id: 'a', ptsMs: 0, pcm: new Float32Array(0) } as const;
    expect(costOf({ ...audio, final: false }, 0, costs)).toBe(0);
    expect(costOf({ ...audio, final: true }, 32_000, costs)).toBe(1 + 10 + 32);
    expect(textTokens('')).toBe(0);
  });

  it('writes WAV of 16 bit, and clips', () => {
    const file = wavOf(Float32Array.from([0, 1, -2]));
    const view = new DataView(file.buffer);
    expect(String.fromCharCode(...file.subarray(0, 4), ...file.subarray(8, 12))).toBe('RIFFWAVE');
    expect([view.getUint32(24, true), view.getUint16(34, true), view.getUint32(40, true)]).toEqual([
      16_000, 16, 6,
    ]);
    expect([44, 46, 48].map((at) => view.getInt16(at, true))).toEqual([0, 32_767, -32_767]);
  });
});
