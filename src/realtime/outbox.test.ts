import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerEventBody } from '@vis-a-vis/protocol';
import { Outbox, type OutboxDrop } from './outbox.js';

const delta = (text: string, response = 'r'): ServerEventBody => ({
  type: 'response.output_text.delta',
  response_id: response,
  item_id: 'i',
  output_index: 0,
  content_index: 0,
  delta: text,
});
const cleared: ServerEventBody = { type: 'input_audio_buffer.cleared' };

function setUp() {
  const sent: { type: string; event_id: string; delta?: string }[] = [];
  const drops: OutboxDrop[] = [];
  let next = 0;
  const outbox = new Outbox({
    ids: { next: (prefix) => `${prefix}_${next++}` },
    clock: { nowMs: () => 42 },
    onDrop: (reason) => drops.push(reason),
  });
  const channel = {
    buffered: 0,
    send: (text: string) => void sent.push(JSON.parse(text)),
    bufferedAmount: () => channel.buffered,
  };
  return { outbox, channel, sent, drops };
}

describe('Outbox', () => {
  it('keeps events until the channel opens', () => {
    const { outbox, channel, sent } = setUp();
    outbox.push(cleared);
    outbox.open(channel);
    expect(sent).toEqual([{ type: 'input_audio_buffer.cleared', event_id: 'event_0' }]);
  });

  it('sends in one message the deltas of one turn of the event loop', async () => {
    const { outbox, channel, sent } = setUp();
    outbox.open(channel);
    outbox.push(delta('a'));
    outbox.push(delta('b'));
    await sleep(1);
    outbox.push(delta('c'));
    await sleep(1);
    expect(sent.map((event) => event.delta)).toEqual(['ab', 'c']);
  });

  it('waits for a client that is behind, and joins meanwhile', async () => {
    const { outbox, channel, sent } = setUp();
    outbox.open(channel);
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

  it('drops beyond its bound: slow_client', () => {
    const { outbox, drops } = setUp();
    for (let i = 0; i < 1002; i++) outbox.push(cleared);
    expect(drops).toEqual(['slow_client', 'slow_client']);
  });

  it('drops what no browser could receive: oversized_event', () => {
    const { outbox, channel, sent, drops } = setUp();
    outbox.open(channel);
    outbox.push(delta('x'.repeat(300_000)));
    outbox.flush();
    expect(sent).toEqual([]);
    expect(drops).toEqual(['oversized_event']);
  });

  it('remembers when the first text of a response left', () => {
    const { outbox, channel } = setUp();
    outbox.open(channel);
    outbox.push(delta('a', 'r1'));
    expect(outbox.firstSentAtMs('r1')).toBeNull();
    outbox.flush();
    expect(outbox.firstSentAtMs('r1')).toBe(42);
    expect(outbox.firstSentAtMs('r2')).toBeNull();
  });

  it('sends nothing after it is closed', async () => {
    const { outbox, channel, sent } = setUp();
    outbox.open(channel);
    outbox.push(cleared);
    outbox.close();
    await sleep(1);
    expect(sent).toEqual([]);
  });
});
