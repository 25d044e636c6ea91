import { setImmediate as tick, setTimeout as sleep } from 'node:timers/promises';
import type { ServerEventBody } from '@vis-a-vis/protocol';
import { Guard } from '#modules/contracts';
import type { SendResult } from '#modules/media';
import { Replay, type ReplayLimits } from '../core/replay.js';
import { Outbox, type OutboxDrop, type OutboxOptions } from './outbox.js';

const address = { response_id: 'r', item_id: 'i', output_index: 0, content_index: 0 };
const delta = (text: string, response = 'r'): ServerEventBody => ({
  type: 'response.output_text.delta',
  response_id: response,
  item_id: 'i',
  output_index: 0,
  content_index: 0,
  delta: text,
});
const hello: ServerEventBody = { type: 'output_audio_buffer.cleared', response_id: 'resp_1' };
const cleared: ServerEventBody = { type: 'input_audio_buffer.cleared' };

function setUp(more: Partial<OutboxOptions> = {}) {
  const sent: { type: string; event_id: string; delta?: string }[] = [];
  const drops: OutboxDrop[] = [];
  let next = 0;
  const bugs: unknown[] = [];
  const outbox = new Outbox({
    ids: { next: (prefix) => `${prefix}_${next++}` },
    clock: { nowMs: () => 42 },
    guard: new Guard((where, error) => bugs.push([where, error])),
    onDrop: (reason, count) => drops.push(...Array.from({ length: count }, () => reason)),
    onTooLarge: () => undefined,
    ...more,
  });
  const channel = {
    buffered: 0,
    open: true,
    limit: Infinity,
    send: (text: string): SendResult => {
      if (!channel.open) return 'not_open';
      if (Buffer.byteLength(text) > channel.limit) return 'too_large';
      sent.push(JSON.parse(text));
      return 'sent';
    },
    bufferedAmount: () => channel.buffered,
    largestBytes: 262_144,
  };
  const open = () => {
    outbox.open(channel, hello);
    sent.length = 0;
  };
  return { outbox, channel, open, sent, drops, bugs };
}

describe('Outbox', () => {
  it('keeps events until the channel opens, and greets first', () => {
    const { outbox, channel, sent } = setUp();
    outbox.push(cleared);
    outbox.open(channel, hello);
    expect(sent).toEqual([
      { type: 'output_audio_buffer.cleared', response_id: 'resp_1', event_id: 'event_0' },
      { type: 'input_audio_buffer.cleared', event_id: 'event_1' },
    ]);
  });

  it('sends in one message the deltas of one turn of the event loop', async () => {
    const { outbox, open, sent } = setUp();
    open();
    outbox.push(delta('a'));
    outbox.push(delta('b'));
    await tick();
    outbox.push(delta('c'));
    await tick();
    expect(sent.map((event) => event.delta)).toEqual(['ab', 'c']);
  });

  it('waits for a client that is behind, and joins meanwhile', async () => {
    const { outbox, channel, open, sent } = setUp();
    open();
    channel.buffered = 1e6;
    outbox.push(delta('a'));
    await sleep(30);
    outbox.push(delta('b'));
    expect(sent).toEqual([]);
    channel.buffered = 0;
    await sleep(40);
    expect(sent.map((event) => event.delta)).toEqual(['ab']);
    outbox.close();
  });

  it('puts a burst of hundreds into a channel at once, but no more than 4 MiB', () => {
    const { outbox, channel, open, sent, drops } = setUp();
    open();
    const send = channel.send;
    channel.send = (text) => {
      channel.buffered += text.length;
      return send(text);
    };
    for (let i = 0; i < 900; i++) outbox.push(cleared);
    outbox.flush();
    expect(sent).toHaveLength(900);
    channel.buffered = 0;
    for (let i = 0; i < 100; i++)
      outbox.push({ type: 'response.output_text.done', ...address, text: 'x'.repeat(200_000) });
    outbox.flush();
    expect(sent.length).toBeGreaterThan(910);
    expect(sent.length).toBeLessThan(930);
    channel.buffered = 0;
    outbox.flush();
    expect(sent.length).toBeGreaterThan(930);
    expect(drops).toEqual([]);
    outbox.close();
  });

  it('drops beyond its bound: slow_client', () => {
    const { outbox, channel, drops, open } = setUp();
    open();
    channel.buffered = 1e6;
    for (let i = 0; i < 1002; i++) outbox.push(cleared);
    expect(drops).toEqual(['slow_client', 'slow_client']);
    outbox.close();
  });

  it.each([
    ['more than any browser takes', Infinity, 300_000],
    ['more than this client takes', 65_536, 70_000],
  ])('puts an error in the place of %s: oversized_event', (_what, limit, length) => {
    const { outbox, channel, open, sent, drops } = setUp();
    open();
    channel.limit = limit;
    outbox.push({ type: 'response.output_text.done', ...address, text: 'x'.repeat(length) });
    outbox.push(cleared);
    outbox.flush();
    expect(sent).toMatchObject([
      {
        type: 'error',
        error: { code: 'event_too_large', param: 'response.output_text.done', event_id: null },
      },
      { type: 'input_audio_buffer.cleared' },
    ]);
    expect(drops).toEqual(['oversized_event']);
  });

  it('says it in less than 300 bytes, for the longest of names', () => {
    const { outbox, channel, open, sent } = setUp();
    open();
    channel.limit = 300;
    outbox.push({
      type: 'input_audio_buffer.timeout_triggered',
      item_id: 'x'.repeat(300),
      audio_start_ms: 0,
      audio_end_ms: 0,
    });
    outbox.flush();
    expect(sent).toMatchObject([{ type: 'error' }]);
  });

  it('drops where not even the error fits, and goes on', () => {
    const { outbox, channel, open, sent, drops } = setUp();
    open();
    channel.limit = 70;
    outbox.push({ type: 'response.output_text.done', ...address, text: 'x' });
    outbox.push(cleared);
    outbox.flush();
    expect(sent).toMatchObject([{ type: 'input_audio_buffer.cleared' }]);
    expect(drops).toEqual(['oversized_event']);
  });

  it('cuts text that is too long for one message into several, and loses none of it', () => {
    const { outbox, channel, open, sent, drops } = setUp();
    open();
    channel.limit = 400;
    const text = 'a person 🧍, a table, '.repeat(100);
    outbox.push(delta(text));
    outbox.flush();
    expect(sent.length).toBeGreaterThan(8);
    expect(sent.map((event) => event.delta).join('')).toBe(text);
    expect(drops).toEqual([]);
  });

  it('drops what was to leave by a channel that has closed, and what comes until another opens: no_channel', async () => {
    const { outbox, channel, open, sent, drops, bugs } = setUp();
    open();
    channel.open = false;
    for (let i = 0; i < 3; i++) outbox.push(cleared);
    await tick();
    expect(outbox.empty).toBe(true);
    outbox.push(cleared);
    expect(drops).toEqual(Array.from({ length: 4 }, () => 'no_channel'));
    channel.open = true;
    outbox.open(channel, hello);
    outbox.push(cleared);
    await tick();
    expect(sent.map((event) => event.type)).toEqual([
      'output_audio_buffer.cleared',
      'input_audio_buffer.cleared',
    ]);
    expect(bugs).toEqual([]);
  });

  it('keeps no more than some events for a channel that may never open', () => {
    const { outbox, drops } = setUp();
    for (let i = 0; i < 202; i++) outbox.push(cleared);
    expect(drops).toEqual(['no_channel', 'no_channel']);
    expect(outbox.empty).toBe(true);
  });

  it('remembers when the first text of a response left', () => {
    const { outbox, open } = setUp();
    open();
    outbox.push(delta('a', 'r1'));
    expect(outbox.firstSentAtMs('r1')).toBeNull();
    outbox.flush();
    expect(outbox.firstSentAtMs('r1')).toBe(42);
    expect(outbox.firstSentAtMs('r2')).toBeNull();
  });

  it('sends nothing after it is closed', async () => {
    const { outbox, open, sent } = setUp();
    open();
    outbox.push(cleared);
    outbox.close();
    await tick();
    expect(sent).toEqual([]);
  });
});

describe('Outbox of a client that comes back', () => {
  const created = { ...hello, response_id: 'greeting' };
  const NO = { replayed: 0, missed: 0 };

  function kept(limits: Partial<ReplayLimits> = {}) {
    const stage = setUp({
      replay: new Replay('event_x', { events: 100, chars: 10_000, ageMs: 1000, ...limits }),
      keeps: () => true,
    });
    const told: unknown[] = [];
    const back = (lastEventId: string | null) =>
      stage.outbox.resume(stage.channel, {
        lastEventId,
        greet: (missed) => (told.push(missed), created),
      });
    return { ...stage, told, back };
  }
  const said = (sent: readonly { delta?: string; event_id: string }[]) =>
    sent.map(({ delta, event_id }) => [event_id, delta]);

  it('sends what was missed, under the same ids, and each once', async () => {
    const { outbox, open, sent, told, back } = kept();
    open();
    outbox.push(delta('a'));
    await tick();
    outbox.push(delta('b'));
    await tick();
    outbox.detach();
    outbox.push(delta('c'));
    outbox.push(delta('d'));
    await tick();
    outbox.push(delta('e'));
    expect(said(sent)).toEqual([
      ['event_x_1', 'a'],
      ['event_x_2', 'b'],
    ]);
    sent.length = 0;
    back('event_x_1');
    outbox.push(delta('f'));
    await tick();
    expect(said(sent)).toEqual([
      ['event_x_1.2', undefined],
      ['event_x_2', 'b'],
      ['event_x_3', 'cd'],
      ['event_x_4', 'e'],
      ['event_x_5', 'f'],
    ]);
    expect(told).toEqual([{ replayed: 3, missed: 0 }]);
  });

  it('keeps what waits for a client that is behind, where that has gone', async () => {
    const { outbox, channel, open, sent, back } = kept();
    open();
    channel.buffered = 1e6;
    outbox.push(delta('a'));
    await tick();
    channel.buffered = 0;
    channel.open = false;
    outbox.push(delta('b'));
    await tick();
    expect([outbox.empty, sent]).toEqual([true, []]);
    channel.open = true;
    back('event_x_0');
    expect(said(sent).slice(1)).toEqual([['event_x_1', 'ab']]);
  });

  it('says what it has not kept, and goes on', async () => {
    const { outbox, open, sent, told, back } = kept({ events: 2 });
    open();
    outbox.detach();
    for (const text of ['a', 'b', 'c', 'd']) {
      outbox.push(delta(text));
      await tick();
    }
    back('event_x_0');
    expect(told).toEqual([{ replayed: 2, missed: 2 }]);
    expect(sent[1]).toMatchObject({ type: 'error', error: { code: 'events_lost', param: '2' } });
    expect(said(sent).slice(2)).toEqual([
      ['event_x_3', 'c'],
      ['event_x_4', 'd'],
    ]);
  });

  it('loses nothing where the client goes again before all is sent', () => {
    const { outbox, channel, open, sent, told, back } = kept();
    open();
    outbox.detach();
    outbox.push(delta('a'));
    const { send } = channel;
    channel.send = (text) => (text.includes('delta') ? 'not_open' : send(text));
    back('event_x_0');
    channel.send = send;
    sent.length = 0;
    back('event_x_0.2');
    expect(said(sent).slice(1)).toEqual([['event_x_1', 'a']]);
    expect(told).toEqual([
      { ...NO, replayed: 1 },
      { ...NO, replayed: 1 },
    ]);
  });

  it('names what the new connection does not take', () => {
    const { outbox, channel, open, sent, back } = kept();
    open();
    outbox.detach();
    outbox.push({ type: 'response.output_text.done', text: 'x'.repeat(300), ...address });
    channel.limit = 250;
    back('event_x_0');
    expect(sent.slice(1)).toMatchObject([
      { type: 'error', error: { code: 'event_too_large', param: 'response.output_text.done' } },
    ]);
  });
});
