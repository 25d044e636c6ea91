import { awake, type HarnessOptions, type MachineHarness } from '../../testing/machine-harness.js';
import { ReadAloud } from './read-aloud.js';

const READING: HarnessOptions = {
  config: { turnTaking: { speculation: false, bargeInMs: 0, readingCharsPerS: 10 } },
};
const text = (harness: MachineHarness) => {
  const item = harness.machine.snapshot().items.at(-1);
  return item?.type === 'message' && item.content[0]?.type === 'output_text' ? item.content[0].text : null;
};
/** "one two three four": 18 characters, in tokens of 4, 4, 6 and 4. */
const answered = (options?: HarnessOptions) => awake(options).turn('one ', 'two ', 'three ', 'four').clear();
const truncate = (harness: MachineHarness, what: { audioEndMs: number; characters?: number }) => {
  const itemId = harness.machine.snapshot().items.at(-1)!.id;
  return harness.intent({ k: 'item_truncate', itemId, contentIndex: 0, ...what });
};

describe('an answer is cut', () => {
  test('at what the client says was read, and keeps whole tokens', () => {
    const harness = truncate(answered(), { audioEndMs: 0, characters: 9 });
    expect(text(harness)).toBe('one two ');
    expect(harness.commandsOf('cut')).toMatchObject([{ keepTokens: 2 }]);
    expect(harness.eventsOf('item_truncated')).toHaveLength(1);
  });

  test('at what was read aloud in that time', () => {
    const harness = truncate(answered(READING), { audioEndMs: 1400 });
    expect(text(harness)).toBe('one two three ');
    expect(harness.commandsOf('cut')).toMatchObject([{ keepTokens: 3 }]);
  });

  test('never to more than there is, nor to more than it was cut to before', () => {
    const harness = truncate(truncate(answered(), { audioEndMs: 0, characters: 4 }), {
      audioEndMs: 0,
      characters: 99,
    });
    expect(text(harness)).toBe('one ');
    expect(harness.commandsOf('cut')).toHaveLength(1);
  });

  test('not where nobody knows how far it was read', () => {
    const harness = truncate(answered(), { audioEndMs: 1400 });
    expect(text(harness)).toBe('one two three four');
    expect(harness.events).toMatchObject([
      { type: 'error', error: { code: 'truncation_unsupported', param: 'audio_end_ms' } },
    ]);
  });

  test('nor is what the user said', () => {
    const harness = answered();
    const [user] = harness.machine.snapshot().items;
    harness.intent({ k: 'item_truncate', itemId: user!.id, contentIndex: 0, audioEndMs: 0, characters: 1 });
    expect(harness.events).toMatchObject([{ type: 'error', error: { code: 'bad_request' } }]);
  });

  test('nor what the item does not have', () => {
    const harness = answered();
    const itemId = harness.machine.snapshot().items.at(-1)!.id;
    harness.intent({ k: 'item_truncate', itemId, contentIndex: 1, audioEndMs: 0, characters: 1 });
    expect(text(harness)).toBe('one two three four');
    expect(harness.events).toMatchObject([
      { type: 'error', error: { code: 'bad_request', param: 'content_index' } },
    ]);
  });

  test('nor what a client put in as one, which has no tokens of ours, also while it waits', () => {
    const content = [
      { type: 'output_text', text: 'one two ' },
      { type: 'output_text', text: 'three four' },
    ] as const;
    const create = { k: 'item_create', role: 'assistant', itemId: 'item_x', content } as const;
    const cut = {
      k: 'item_truncate',
      itemId: 'item_x',
      contentIndex: 1,
      audioEndMs: 0,
      characters: 6,
    } as const;
    const harness = answered().intent(create).clear().intent(cut);
    const waiting = awake().speak(1000).ack().answer('a').intent(create).clear().intent(cut);
    for (const { events } of [harness, waiting])
      expect(events).toMatchObject([
        { type: 'error', error: { code: 'truncation_unsupported', param: 'item_id' } },
      ]);
    // Where the context has nothing of it any more: the part is cut, what stands before it stays, what is behind goes.
    const log = harness.ack().machine.log.filter((entry) => entry.k === 'text');
    harness.feed({ t: 'evicted', freed: 5, dropped: log.map(({ id }) => id) });
    harness.clear().intent({ ...cut, contentIndex: 0, characters: 3 });
    expect(harness.machine.snapshot().items.at(-1)).toMatchObject({ content: [{ text: 'one' }] });
    expect(harness.eventsOf('item_truncated')).toMatchObject([{ contentIndex: 0 }]);
  });

  test('while it is made: it ends first', () => {
    const harness = awake().speak(1000).ack().answer('one ', 'two ', 'three ');
    truncate(harness.clear(), { audioEndMs: 0, characters: 5 });
    expect(harness.did).toEqual(['abort', 'accept 3', 'cut']);
    expect(text(harness)).toBe('one ');
    expect(harness.eventsOf('response_done')[0]?.response.reason).toBe('client_cancelled');
  });

  test('once the next answer is there, where that is being made', () => {
    const harness = answered();
    const itemId = harness.machine.snapshot().items.at(-1)!.id;
    harness.speak(1000).ack().answer('x').clear();
    harness.intent({ k: 'item_truncate', itemId, contentIndex: 0, audioEndMs: 0, characters: 0 });
    expect(harness.did).toEqual([]);
    harness.end();
    expect(harness.did).toEqual(['accept', 'cut']);
  });
});

describe('a client that reads answers aloud', () => {
  test('stops: what it has not read, the model does not know', () => {
    const harness = answered(READING);
    harness.intent({ k: 'reading_stopped' }, harness.now + 900);
    expect(text(harness)).toBe('one two ');
    expect(harness.commandsOf('cut')).toMatchObject([{ keepTokens: 2 }]);
    expect(harness.eventsOf('item_truncated')).toMatchObject([{ audioEndMs: 900 }]);
  });

  test('stops while the answer is made: it ends', () => {
    const harness = awake(READING).speak(1000).ack().answer('one ', 'two ', 'three ').clear();
    harness.intent({ k: 'reading_stopped' }, harness.now + 500);
    expect(harness.did).toEqual(['abort', 'accept 3', 'cut']);
    expect(text(harness)).toBe('one ');
  });

  test('cancels: the same', () => {
    const harness = awake(READING).speak(1000).ack().answer('one ', 'two ', 'three ').clear();
    harness.intent({ k: 'response_cancel' }, harness.now + 500);
    expect(harness.did).toEqual(['abort', 'accept 3', 'cut']);
  });

  test('has read all of it: nothing is cut', () => {
    const harness = answered(READING);
    harness.intent({ k: 'reading_stopped' }, harness.now + 1801);
    expect(harness.did).toEqual([]);
    expect(harness.events).toEqual([]);
  });
});

test('reading goes on from where it was, and counts no pause', () => {
  const aloud = new ReadAloud();
  aloud.sent('a', 'x'.repeat(10), 10, 0);
  aloud.sent('a', 'x'.repeat(10), 10, 3000);
  aloud.sent('b', 'x'.repeat(10), 10, 3000);
  expect(aloud.stop(3500)).toEqual([
    { itemId: 'a', characters: 15, readMs: 1500 },
    { itemId: 'b', characters: 0, readMs: 0 },
  ]);
  expect(aloud.stop(3500)).toEqual([]);
});
