import { awake, typed, type HarnessOptions } from '../../testing/machine-harness.js';

const SMALL: HarnessOptions = { caps: { maxContextTokens: 96, tools: true, instructions: true } };
/** Two exchanges of 31 tokens each are there. */
const small = () => awake(SMALL).turn('a').turn('b').clear();
const long = 'x'.repeat(120);
const answerOf = (text: string) =>
  ({ k: 'item_create', role: 'assistant', content: [{ type: 'output_text', text }] }) as const;
const ids = (harness: ReturnType<typeof awake>) => harness.machine.snapshot().items.map(({ id }) => id);

describe('what fits into the context alone, and not beside what is there', () => {
  test.each([
    ['a question', typed(long)],
    ['an answer', answerOf(long)],
    ['a call', { k: 'call_create', callId: 'c', name: 'f', arguments: long }],
  ] as const)('%s makes old things go', (_name, intent) => {
    const harness = small().intent(intent).intent({ k: 'response_create' });
    expect(harness.commandsOf('evict')).toMatchObject([{ targetTokens: expect.any(Number) }]);
    expect(harness.commandsOf('evict')[0]!.targetTokens).toBeLessThanOrEqual(96 - 16 - 60);
    harness.feed({ t: 'evicted', freed: 50, dropped: [] }).ack().answer('c').end();
    expect(harness.eventsOf('error')).toEqual([]);
    expect(harness.eventsOf('response_done')[0]?.response.status).toBe('completed');
  });

  test.each([
    ['an answer', answerOf(long)],
    ['a call', { k: 'call_create', callId: 'c', name: 'f', arguments: long }],
  ] as const)(
    '%s for which the engine has no room is told of by its event, and taken back',
    (_name, intent) => {
      const harness = small();
      const before = ids(harness);
      harness.intent({ ...intent, itemId: 'item_x', clientEventId: 'evt_x' });
      expect(ids(harness)).toEqual([...before, 'item_x']);
      harness.failAppend((append) => append.c === 'append' && append.segment.k !== 'turn', 'context_full');
      expect(harness.eventsOf('error')).toMatchObject([
        { error: { code: 'context_full', param: 'item', clientEventId: 'evt_x' } },
      ]);
      expect(harness.eventsOf('item_deleted')).toEqual([{ type: 'item_deleted', itemId: 'item_x' }]);
      expect(ids(harness)).toEqual(before);
      // An answer is no question: what is asked for next is made from what there is.
      harness.ack().intent(typed('q')).intent({ k: 'response_create' }).ack().answer('c').end();
      expect(harness.eventsOf('response_done').at(-1)?.response.status).toBe('completed');
    },
  );

  test('a result that waited behind an answer, and has no room then: the response that goes on with it fails', () => {
    const harness = awake(SMALL).intent({ k: 'call_create', callId: 'c', name: 'f', arguments: '{}' }).ack();
    harness.speak(1000).ack().answer('a').clear();
    harness.intent({
      k: 'result_create',
      callId: 'c',
      output: long,
      itemId: 'item_r',
      clientEventId: 'evt_r',
    });
    expect(harness.said).toEqual(['item_added', 'item_done']);
    harness.clear().end();
    harness.failAppend((append) => append.c === 'append' && append.segment.k === 'result', 'context_full');
    expect(harness.eventsOf('error')).toMatchObject([
      { error: { code: 'context_full', clientEventId: 'evt_r' } },
    ]);
    expect(ids(harness)).not.toContain('item_r');
    harness.clear().intent({ k: 'response_create', clientEventId: 'evt_c' });
    expect(harness.eventsOf('error')).toMatchObject([
      { error: { code: 'nothing_to_answer', clientEventId: 'evt_c' } },
    ]);
  });

  test('a question for which the engine has no room fails its response, is told of, and taken back', () => {
    const harness = small().intent({ ...typed(long), itemId: 'item_q', clientEventId: 'evt_q' });
    harness.intent({ k: 'response_create', clientEventId: 'evt_r' });
    harness.failAppend((append) => append.c === 'append' && append.segment.k === 'text', 'context_full');
    expect(harness.eventsOf('error')).toMatchObject([
      { error: { code: 'context_full', clientEventId: 'evt_q' } },
    ]);
    expect(harness.eventsOf('response_done')[0]?.response).toMatchObject({
      status: 'failed',
      error: { code: 'context_full', clientEventId: 'evt_r' },
    });
    expect(ids(harness)).not.toContain('item_q');
  });

  test('what was answered last goes, too, for the question that would not fit beside it', () => {
    const harness = small().intent(typed(long)).intent({ k: 'response_create' });
    const at = (what: (c: { c: string; segment?: { k: string } }) => boolean) =>
      harness.commands.findIndex(what);
    expect(harness.commandsOf('evict')).toMatchObject([{ opening: true }]);
    expect(at(({ c }) => c === 'evict')).toBeLessThan(at(({ segment }) => segment?.k === 'turn'));
    // A part of a turn that is open evicts nothing of that turn.
    const image = { width: 2, height: 2, data: new Uint8Array(12) };
    const content = [{ type: 'input_image', image, detail: 'low' }] as const;
    const open = small().intent({ k: 'item_create', role: 'user', content }).ack().clear();
    open.intent(typed('x'.repeat(40))).intent({ k: 'response_create' });
    for (const command of open.commandsOf('evict')) expect(command.opening).toBeUndefined();
  });

  test('an engine that has less room than it told: a question is refused, and for the next one old things go', () => {
    const harness = small().intent(typed('q')).intent({ k: 'response_create' });
    expect(harness.commandsOf('evict')).toEqual([]);
    harness.failAppend((append) => append.c === 'append' && append.segment.k === 'text', 'context_full');
    expect(harness.eventsOf('response_done')[0]?.response.error?.code).toBe('context_full');
    harness.ack().clear().intent(typed('r')).intent({ k: 'response_create' });
    expect(harness.commandsOf('evict')).toHaveLength(1);
  });

  test('a turn that the engine has no room for is refused for that reason, and the next one is opened anew', () => {
    const harness = small().intent({ ...typed('q'), itemId: 'item_q', clientEventId: 'evt_q' });
    harness.intent({ k: 'response_create' });
    const turn = (command: { c: string; segment?: { k: string } }) => command.segment?.k === 'turn';
    harness.failAppend((append) => turn(append), 'context_full');
    harness.failAppend((append) => !turn(append), 'bad_request');
    const codes = harness.eventsOf('error').map(({ error }) => error.code);
    expect(new Set(codes)).toEqual(new Set(['context_full']));
    expect(harness.eventsOf('response_done')[0]?.response).toMatchObject({
      status: 'failed',
      error: { code: 'context_full' },
    });
    expect(ids(harness)).not.toContain('item_q');
    harness.clear().intent(typed('r')).intent({ k: 'response_create' }).ack().answer('c').end();
    expect(harness.did.slice(0, 3)).toEqual(['evict', 'open user', 'text']);
    expect(harness.eventsOf('response_done')[0]?.response.status).toBe('completed');
  });

  test('a turn whose end the engine has no room for stays open, and the next question goes into it', () => {
    const harness = small().intent(typed('q')).intent({ k: 'response_create' });
    harness.ackNext().ackNext();
    harness.failAppend((append) => append.c === 'append' && append.segment.k === 'turn', 'context_full');
    expect(harness.eventsOf('response_done')[0]?.response.status).toBe('failed');
    harness.clear().intent(typed('r')).intent({ k: 'response_create' });
    expect(harness.did.slice(0, 2)).not.toContain('open user');
  });

  test('pictures that a client shows are taken in in one burst, old ones going', () => {
    const image = { width: 2, height: 2, data: new Uint8Array(12) };
    const content = [{ type: 'input_image', image, detail: 'low' }] as const;
    const harness = awake({ caps: { maxContextTokens: 200 } });
    for (let n = 0; n < 6; n++) harness.intent({ k: 'item_create', role: 'user', content });
    expect(harness.eventsOf('frame_dropped')).toEqual([]);
    expect(harness.commandsOf('evict').length).toBeGreaterThan(0);
    expect(harness.did.filter((did) => did === 'frame')).toHaveLength(6);
  });

  test('a picture is not given up for the question about it: that is refused', () => {
    const image = { width: 2, height: 2, data: new Uint8Array(12) };
    const harness = awake({ caps: { maxContextTokens: 96 } });
    const picture = { type: 'input_image', image, detail: 'low' } as const;
    harness.intent({ k: 'item_create', role: 'user', content: [picture] }).ack();
    harness.intent({ ...typed('x'.repeat(100)), clientEventId: 'evt_q' }).intent({ k: 'response_create' });
    expect(harness.eventsOf('error')).toMatchObject([
      { error: { code: 'context_full', clientEventId: 'evt_q' } },
    ]);
    expect(harness.commandsOf('evict')).toEqual([]);
    expect(harness.eventsOf('response_done')[0]?.response.status).toBe('failed');
  });
});

describe('a response behind a question that was refused', () => {
  const refused = (harness = awake()) =>
    harness.intent({ ...typed('x'.repeat(9000)), clientEventId: 'evt_q' }).clear();

  test('is refused too, once, and makes no empty turn', () => {
    const harness = refused().intent({ k: 'response_create', clientEventId: 'evt_r' });
    expect(harness.events).toMatchObject([
      { type: 'error', error: { code: 'nothing_to_answer', clientEventId: 'evt_r' } },
    ]);
    expect(harness.did).toEqual([]);
    // Who asks again wants an answer to what there is.
    expect(harness.intent({ k: 'response_create' }).did).toEqual([
      'open user',
      'mark',
      'close user',
      'generate',
    ]);
  });

  test('answers what else there is that nobody has answered', () => {
    const harness = refused(awake().intent(typed('q')))
      .intent({ k: 'response_create' })
      .ack();
    expect(harness.did).toEqual(['open user', 'text', 'mark', 'close user', 'generate']);
  });

  test('answers what came afterwards', () => {
    const harness = refused().intent(typed('q')).intent({ k: 'response_create' }).ack();
    expect(harness.did.at(-1)).toBe('generate');
    const spoken = refused().speak(1000).ack();
    expect(spoken.did.at(-1)).toBe('generate');
  });

  test('waits for what is being said', () => {
    const harness = refused(awake().startSpeaking()).intent({ k: 'response_create' });
    expect(harness.eventsOf('error')).toEqual([]);
    expect(harness.audio(2000).stopSpeaking().ack().did.at(-1)).toBe('generate');
  });

  test('is refused where the edge could not read it', () => {
    const harness = awake().intent({ k: 'item_refused' }).intent({ k: 'response_create' });
    expect(harness.eventsOf('error')).toMatchObject([{ error: { code: 'nothing_to_answer' } }]);
  });
});
