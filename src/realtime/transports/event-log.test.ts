/** Real: the log. A reader is a list of what it was sent, which reads when it is told to. */
import { Guard } from '#modules/contracts';
import type { ServerEventBody } from '@vis-a-vis/protocol';
import { EventLog, type Reader } from './event-log.js';

class Page implements Reader {
  readonly got: string[] = [];
  ended = false;
  writableLength = 0;
  constructor(readonly reads = true) {}

  write(text: string): void {
    this.got.push(text);
    if (!this.reads) this.writableLength += text.length;
  }

  end(): void {
    this.ended = true;
  }

  get ids(): number[] {
    return this.got.map((text) => Number(/^id: (\d+)/.exec(text)?.[1]));
  }

  /** What it has, as a browser would read it. */
  get events(): Record<string, unknown>[] {
    return this.got.map(
      (text) => JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? '') as Record<string, unknown>,
    );
  }
}

const cleared: ServerEventBody = { type: 'input_audio_buffer.cleared' };
const delta = (text: string): ServerEventBody => ({
  type: 'response.output_text.delta',
  response_id: 'resp_1',
  item_id: 'item_1',
  output_index: 0,
  content_index: 0,
  delta: text,
});

function opened() {
  let count = 0;
  const drops: number[] = [];
  const log = new EventLog({
    ids: { next: (prefix) => `${prefix}_${(count += 1)}` },
    clock: { nowMs: () => 500 },
    guard: new Guard((_where, error) => {
      throw error;
    }),
    onDrop: (_reason, n) => void drops.push(n),
    onEnd: () => undefined,
  });
  return { log, drops };
}

test('a reader that comes late gets everything, and then what comes', () => {
  const { log } = opened();
  log.push(cleared);
  log.push(delta('A star'));
  const page = new Page();
  expect(log.read(page, 0)).toBe(true);
  log.push(cleared);
  expect(page.ids).toEqual([1, 2, 3]);
  expect(page.got[1]).toMatch(/^id: 2\nevent: response\.output_text\.delta\ndata: \{.*\}\n\n$/);
  expect(page.events[1]).toMatchObject({
    type: 'response.output_text.delta',
    delta: 'A star',
    event_id: 'event_2',
  });
  log.leave(page);
});

test('one that comes back gets what it has missed; several are told the same', () => {
  const { log } = opened();
  for (let i = 0; i < 5; i += 1) log.push(cleared);
  const [back, other, ahead] = [new Page(), new Page(), new Page()];
  log.read(back, 3);
  log.read(other, 0);
  log.read(ahead, 99);
  log.push(cleared);
  expect([back.ids, other.ids, ahead.ids]).toEqual([[4, 5, 6], [1, 2, 3, 4, 5, 6], [6]]);
  for (const page of [back, other, ahead]) log.leave(page);
});

test('four may read at a time', () => {
  const { log } = opened();
  const pages = Array.from({ length: 5 }, () => new Page());
  expect(pages.map((page) => log.read(page, 0))).toEqual([true, true, true, true, false]);
  log.leave(pages[0]!);
  expect(log.read(pages[4]!, 0)).toBe(true);
  for (const page of pages) log.leave(page);
});

test('a reader that does not read is waited for, and cut off where something is missing for good', () => {
  const { log, drops } = opened();
  const page = new Page(false);
  log.read(page, 0);
  const big = 'x'.repeat(40_000);
  for (let i = 0; i < 4; i += 1) log.push(delta(big));
  expect([page.got.length, log.empty]).toEqual([2, false]);
  page.writableLength = 0;
  log.flush();
  expect(page.got.length).toBe(4);
  for (let i = 0; i < 60; i += 1) log.push(delta(big));
  expect([page.ended, drops.length]).toEqual([true, 1]);
  // What is kept is bounded, and ends with the newest.
  const late = new Page();
  log.read(late, 0);
  expect(late.got.join('').length).toBeLessThan(1.2 * 1024 * 1024);
  expect(late.ids.at(-1)).toBe(64);
  log.leave(late);
});

test('small events are bounded by their number', () => {
  const { log } = opened();
  for (let i = 0; i < 5000; i += 1) log.push(cleared);
  const page = new Page();
  log.read(page, 0);
  expect([page.ids[0], page.ids.length]).toEqual([3001, 2000]);
  log.leave(page);
});

test('it is empty where nobody reads, and where all have read', () => {
  const { log } = opened();
  log.push(cleared);
  expect(log.empty).toBe(true);
  const page = new Page();
  log.read(page, 0);
  expect(log.empty).toBe(true);
  page.writableLength = 3;
  expect(log.empty).toBe(false);
  log.leave(page);
});

test('it notes when the first text of a response left', () => {
  const { log } = opened();
  log.push(delta('A'));
  expect(log.firstSentAtMs('resp_1')).toBeNull();
  const page = new Page();
  log.read(page, 0);
  expect([log.firstSentAtMs('resp_1'), log.firstSentAtMs('resp_2')]).toEqual([500, null]);
  log.leave(page);
});

test('the end is told with its reason, and nobody can come after it', () => {
  const { log } = opened();
  const page = new Page();
  log.read(page, 0);
  log.end('hangup');
  log.end('again');
  log.push(cleared);
  expect(page.got).toEqual(['event: closed\ndata: {"reason":"hangup"}\n\n']);
  expect([page.ended, log.read(new Page(), 0)]).toEqual([true, false]);
});
