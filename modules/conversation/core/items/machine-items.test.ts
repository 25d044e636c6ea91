import { ItemList } from './item-list.js';
import { awake, MachineHarness, typed } from '../../testing/machine-harness.js';

/** The newest edge of this kind that was written. */
function idOfEdge(harness: MachineHarness, edge: string): string {
  const edges = harness.commandsOf('append').map(({ segment }) => segment);
  return edges.findLast((segment) => segment.k === 'turn' && segment.edge === edge)?.id ?? '';
}

describe('typed turns', () => {
  test('an item and a response', () => {
    const harness = new MachineHarness().intent(typed('what do you see'));
    expect(harness.did).toEqual([]);
    harness.intent({ k: 'response_create', metadata: { a: 'b' }, maxOutputTokens: 5 });
    expect(harness.did).toEqual(['open user', 'text']);
    harness.ack().answer('a').end();
    expect(harness.did).toEqual(['open user', 'text', 'mark', 'close user', 'generate', 'accept']);
    expect(harness.commandsOf('generate')[0]?.maxTokens).toBe(5);
    expect(harness.eventsOf('response_done')[0]?.response).toMatchObject({
      metadata: { a: 'b' },
      maxOutputTokens: 5,
    });
    expect(harness.eventsOf('turn_timing')[0]).toMatchObject({ itemId: null, speechEndMs: null });
  });

  test('frames that come between the item and the response stand before the question', () => {
    const harness = awake().intent(typed('q')).frame().intent({ k: 'response_create' });
    expect(harness.did).toEqual(['open user', 'frame', 'text']);
  });

  test('images go in at once and are not to be shed, sound goes in with the question', () => {
    const content = [
      { type: 'input_image', image: { width: 2, height: 2, data: new Uint8Array(12) }, detail: 'low' },
      { type: 'input_audio', pcm: new Float32Array(16_000), transcript: 'as its client has it' },
    ] as const;
    const harness = awake().intent({ k: 'item_create', role: 'user', itemId: 'item_x', content });
    expect(harness.commandsOf('append').at(-1)).toMatchObject({
      priority: 'commit',
      segment: { k: 'frame' },
    });
    harness.ack();
    expect(harness.eventsOf('frame_attended')[0]?.itemId).toBe('item_x');
    harness.intent({ k: 'response_create' }).ack();
    expect(harness.did).toEqual(['open user', 'frame', 'audio', 'mark', 'close user', 'generate']);
    const described = [
      { type: 'input_image', detail: 'low' },
      { type: 'input_audio', transcript: 'as its client has it', span: null },
    ];
    expect(harness.machine.snapshot().items[0]).toMatchObject({ content: described });
  });

  test('typed sound makes the utterance under way go again as a whole', () => {
    const content = [{ type: 'input_audio', pcm: new Float32Array(16_000) }] as const;
    const harness = awake().startSpeaking().audio(2000).intent({ k: 'item_create', role: 'user', content });
    harness.clear().stopSpeaking();
    expect(harness.did).toEqual(['audio', 'audio final']);
    expect(harness.commandsOf('append_audio')[0]).toMatchObject({ fromMs: 700, toMs: 2000 });
  });

  test('a response without anything new answers an empty turn', () => {
    const harness = new MachineHarness().intent({ k: 'response_create' });
    expect(harness.did).toEqual(['open user', 'mark', 'close user', 'generate']);
  });

  test('an answer of the client’s is a turn of its own', () => {
    const content = [{ type: 'output_text', text: 'hello' }] as const;
    const harness = awake().frame().intent({ k: 'item_create', role: 'assistant', content });
    expect(harness.did).toEqual([
      'open user',
      'frame',
      'close user',
      'open assistant',
      'text',
      'close assistant',
    ]);
  });

  test('a system message reaches only a model that takes instructions', () => {
    const create = {
      k: 'item_create',
      role: 'system',
      content: [{ type: 'input_text', text: 'x' }],
    } as const;
    expect(new MachineHarness().intent(create).did).toEqual([]);
    expect(new MachineHarness({ caps: { instructions: true } }).intent(create).did).toEqual([
      'open system',
      'text',
      'close system',
    ]);
  });

  test('questions that nobody wants answered are kept as far as they fit into the context', () => {
    const harness = awake({ caps: { maxContextTokens: 64 } });
    for (let n = 0; n < 100; n++) {
      harness.intent({ ...typed('x'.repeat(40)), itemId: `q${n}`, clientEventId: `evt_${n}` });
    }
    const refused = { code: 'context_full', param: 'item', clientEventId: 'evt_2' };
    expect(harness.eventsOf('error')[0]).toMatchObject({ error: refused });
    expect(harness.eventsOf('error')).toHaveLength(98);
    expect(harness.machine.snapshot().items.map(({ id }) => id)).toEqual(['q0', 'q1']);
    harness.intent({ k: 'response_create' }).ack();
    expect(harness.did).toEqual(['open user', 'text', 'text', 'mark', 'close user', 'generate']);
    // What was deleted waits no more.
    const other = awake({ caps: { maxContextTokens: 64 } });
    for (let n = 0; n < 100; n++) {
      other.intent({ ...typed('x'.repeat(40)), itemId: `q${n}` });
      other.intent({ k: 'item_delete', itemId: `q${n}` });
    }
    other.intent(typed('and now?')).intent({ k: 'response_create' }).ack();
    expect(other.did.at(-1)).toBe('generate');
  });

  test.each([
    ['a question', {}, typed('x'.repeat(9000))],
    ['an answer', {}, { ...typed('x'.repeat(9000)), role: 'assistant' }],
    ['instructions', { instructions: true }, { ...typed('x'.repeat(9000)), role: 'system' }],
    ['a call', { tools: true }, { k: 'call_create', name: 'f', arguments: 'x'.repeat(9000) }],
  ] as const)('%s that can never fit into the context is refused, and not kept', (_name, caps, intent) => {
    const harness = awake({ caps }).intent({ ...intent, clientEventId: 'evt_1' });
    expect(harness.events).toMatchObject([
      { type: 'error', error: { code: 'context_full', param: 'item', clientEventId: 'evt_1' } },
    ]);
    expect([harness.did, harness.machine.snapshot().items]).toEqual([[], []]);
    harness.intent(typed('and now?')).intent({ k: 'response_create' }).ack().answer('a').end();
    expect(harness.eventsOf('response_done')[0]?.response.status).toBe('completed');
  });

  test('items that come while an answer is made wait for its end', () => {
    const harness = awake().speak(1000).ack().answer('a').clear().intent(typed('and now?'));
    expect(harness.did).toEqual([]);
    harness.end().intent({ k: 'response_create' });
    expect(harness.did).toEqual(['accept', 'open user', 'text']);
  });
});

describe('items', () => {
  test('are kept in the order that clients ask for', () => {
    const harness = new MachineHarness();
    harness
      .intent({ ...typed('b'), itemId: 'b' })
      .intent({ ...typed('a'), itemId: 'a', previousItemId: 'root' });
    harness
      .intent({ ...typed('c'), itemId: 'c' })
      .intent({ ...typed('d'), itemId: 'd', previousItemId: 'a' });
    expect(harness.machine.snapshot().items.map(({ id }) => id)).toEqual(['a', 'd', 'b', 'c']);
    expect(harness.eventsOf('item_added').map(({ previousItemId }) => previousItemId)).toEqual([
      null,
      null,
      'b',
      'a',
    ]);
  });

  test('that is deleted leaves the context too, once nothing is being answered', () => {
    const harness = awake().speak(1000).ack().answer('a');
    const itemId = harness.eventsOf('audio_committed')[0]?.itemId ?? '';
    const audioId = harness.machine.log.find(({ k }) => k === 'audio')?.id ?? '';
    harness.intent({ k: 'item_delete', itemId });
    expect(harness.commandsOf('redact')).toEqual([]);
    harness.end();
    expect(harness.did.slice(-2)).toEqual(['accept', 'redact']);
    const edges = ['open', 'close'].map((edge) => idOfEdge(harness, edge));
    expect(harness.commandsOf('redact')).toEqual([{ c: 'redact', ids: [audioId, ...edges] }]);
    expect(harness.machine.log.map(({ k }) => k)).toEqual(['answer']);
    harness.feed({ t: 'redacted', freed: 14 });
    expect(harness.eventsOf('context_redacted')).toEqual([
      { type: 'context_redacted', itemIds: [itemId], tokens: 14 },
    ]);
  });

  test('that is all of a turn takes the edges of the turn along, and what else there is in the turn keeps them', () => {
    const harness = awake().frame().ack();
    for (const itemId of ['a', 'b']) {
      harness.intent({ ...typed('q'), itemId }).intent({ ...typed('r'), itemId: `${itemId} too` });
      harness.intent({ k: 'response_create' }).ack().answer('x').end();
    }
    const kinds = () => harness.machine.log.map((entry) => (entry.k === 'turn' ? entry.edge : entry.k));
    const second = ['open', 'text', 'text', 'close', 'answer'];
    expect(kinds()).toEqual(['open', 'frame', 'text', 'text', 'close', 'answer', ...second]);
    for (const itemId of ['a', 'a too', 'b']) harness.intent({ k: 'item_delete', itemId });
    expect(kinds()).toEqual(['open', 'frame', 'close', 'answer', 'open', 'text', 'close', 'answer']);
    harness.intent({ k: 'item_delete', itemId: 'b too' });
    expect(kinds()).toEqual(['open', 'frame', 'close', 'answer', 'answer']);
    expect(harness.commandsOf('redact').map(({ ids }) => ids.length)).toEqual([1, 1, 1, 3]);
  });

  test('an answer to nothing takes along the empty turn before it', () => {
    const harness = awake().intent({ k: 'response_create' }).ack().answer('x').end();
    const { item } = harness.eventsOf('response_item_added')[0]!;
    harness.intent({ k: 'item_delete', itemId: item.id });
    expect(harness.machine.log).toEqual([]);
    expect(harness.commandsOf('redact').map(({ ids }) => ids.length)).toEqual([3]);
  });

  test('a turn that is open stays so when what it holds is deleted', () => {
    const harness = awake({ config: { turnDetection: null } })
      .intent({ k: 'audio_commit' })
      .ack();
    harness.intent({ k: 'item_delete', itemId: harness.eventsOf('audio_committed')[0]!.itemId });
    expect(harness.commandsOf('redact').map(({ ids }) => ids.length)).toEqual([1]);
    harness.clear().intent({ k: 'response_create' }).ack();
    expect(harness.did).toEqual(['mark', 'close user', 'generate']);
  });

  test('no more is told to have been known than was read, whatever is being deleted', () => {
    const harness = awake().turn('a', 'b');
    const at = { seq: 0, epoch: 0, tokens: 1 + 15 + 4 };
    harness.feed({ t: 'context_moved', by: 'accept', at });
    for (const { id } of harness.machine.snapshot().items) harness.intent({ k: 'item_delete', itemId: id });
    harness.intent(typed('q')).intent({ k: 'response_create' }).ack();
    const usage = { prompt: 1 + 7 + 1, cached: 1, out: 1 };
    harness.answer('x').generated({ t: 'end', reason: 'stop', usage });
    expect(harness.eventsOf('response_done').at(-1)?.response.usage).toMatchObject({
      input: { text: 9, audio: 0, image: 0 },
      cached: { text: 1, audio: 0, image: 0 },
    });
  });

  test('can be read and deleted; what had not reached the context stays out of it', () => {
    const harness = new MachineHarness().intent({ ...typed('x'), itemId: 'x' });
    harness.clear().intent({ k: 'item_retrieve', itemId: 'x' }).intent({ k: 'item_delete', itemId: 'x' });
    expect(harness.said).toEqual(['item_retrieved', 'item_deleted']);
    expect(harness.intent({ k: 'response_create' }).ack().did).not.toContain('text');
    expect(harness.machine.snapshot().items).toEqual([]);
  });

  test('what comes first in a full conversation is kept, and the oldest other is forgotten', () => {
    const list = new ItemList();
    const item = (id: string) =>
      ({ type: 'message', id, role: 'user', status: 'completed', content: [] }) as const;
    for (let n = 0; n < 1000; n++) list.add(item(`n${n}`));
    expect(list.add(item('first'), 'root')).toBeNull();
    expect([list.get('first')?.id, list.get('n0')]).toEqual(['first', undefined]);
    expect(list.add(item('second'), 'first')).toBe('first');
    expect([list.get('n1'), list.toArray().length]).toEqual([undefined, 1000]);
  });

  test('that hold too much text together are refused, and nothing is kept of them', () => {
    const harness = new MachineHarness();
    const content = Array.from(
      { length: 60 },
      () => ({ type: 'input_text', text: 'x'.repeat(60_000) }) as const,
    );
    const create = (itemId: string) =>
      harness.intent({ k: 'item_create', role: 'system', itemId, clientEventId: `evt_${itemId}`, content });
    create('a').clear();
    create('b');
    expect(harness.events).toMatchObject([
      { type: 'error', error: { code: 'conversation_full', param: 'item', clientEventId: 'evt_b' } },
    ]);
    harness.clear().intent({ k: 'call_create', callId: 'c', name: 'f', arguments: 'x'.repeat(800_000) });
    expect(harness.eventsOf('error')).toMatchObject([{ error: { code: 'conversation_full' } }]);
    expect(harness.machine.snapshot().items.map(({ id }) => id)).toEqual(['a']);
    harness.intent({ k: 'item_delete', itemId: 'a' });
    create('b');
    expect(harness.machine.snapshot().items.map(({ id }) => id)).toEqual(['b']);
  });

  test('an item is done behind what stands before it then', () => {
    const harness = awake()
      .intent({ ...typed('q'), itemId: 'item_q' })
      .intent({ k: 'response_create' })
      .ack();
    harness.answer('a').intent({ k: 'item_delete', itemId: 'item_q' }).end();
    expect(harness.eventsOf('item_done').at(-1)).toMatchObject({
      item: { role: 'assistant' },
      previousItemId: null,
    });
  });

  test('an answer that is deleted while it is made is not told of again, and the context forgets it', () => {
    const harness = awake().intent(typed('q')).intent({ k: 'response_create' }).ack().answer('a');
    const { item } = harness.eventsOf('response_item_added')[0]!;
    harness.clear().intent({ k: 'item_delete', itemId: item.id }).end();
    expect(harness.eventsOf('item_done')).toEqual([]);
    const [done] = harness.eventsOf('response_done');
    expect(harness.commandsOf('redact')).toMatchObject([{ ids: [done!.response.id] }]);
  });

  test.each([
    ['item_not_found', { k: 'item_retrieve', itemId: 'nope' }],
    ['item_not_found', { k: 'item_delete', itemId: 'nope' }],
    ['item_not_found', { k: 'item_truncate', itemId: 'nope', contentIndex: 0, audioEndMs: 0 }],
    ['item_not_found', { ...typed('x'), previousItemId: 'nope' }],
    ['item_create_duplicate_item_id', { ...typed('x'), itemId: 'there' }],
    ['invalid_tool_call_id', { k: 'result_create', callId: 'nope', output: '2' }],
    ['invalid_event', { k: 'item_create', role: 'user', content: [] }],
    ['invalid_event', { k: 'item_create', role: 'user', content: [{ type: 'output_text', text: 'x' }] }],
    [
      'invalid_event',
      { k: 'item_create', role: 'assistant', content: [{ type: 'input_audio', pcm: new Float32Array(1) }] },
    ],
  ] as const)('%s: %j', (code, intent) => {
    const harness = new MachineHarness().intent({ ...typed('y'), itemId: 'there' }).clear();
    harness.intent({ ...intent, clientEventId: 'evt_4' });
    expect(harness.events).toMatchObject([{ type: 'error', error: { code, clientEventId: 'evt_4' } }]);
  });
});
