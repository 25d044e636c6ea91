import type { GenEvent } from '#modules/contracts';
import { awake, IMAGE, SERVER_VAD, typed, type MachineHarness } from '../../../testing/machine-harness.js';

const message = (text: string) =>
  ({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] }) as const;
const base = { seq: 0, epoch: 0, tokens: 7 };

/** The engine answers beside the conversation. */
function tell(harness: MachineHarness, at: number, ...tokens: string[]): MachineHarness {
  const { responseId } = harness.commandsOf('aside')[at]!;
  const events: GenEvent[] = [
    { t: 'start', genId: 'g', base },
    ...tokens.map((text, id) => ({ t: 'token', id, text, tMs: 0 }) as const),
    { t: 'end', reason: 'stop', usage: { prompt: 8, cached: 0, out: tokens.length } },
  ];
  for (const event of events) harness.generated(event, responseId);
  return harness;
}

describe('a response with an input of its own', () => {
  test('reads that alone, and leaves nothing in the conversation', () => {
    const harness = awake().turn('a').clear();
    const { items } = harness.machine.snapshot();
    const metadata = { topic: 'side' };
    harness.intent({ k: 'response_create', conversation: 'none', input: [message('how many')], metadata });
    expect(harness.did).toEqual(['aside']);
    const kinds = harness.commandsOf('aside')[0]!.segments.map(({ k }) => k);
    expect(kinds).toEqual(['turn', 'text', 'turn']);
    tell(harness, 0, 'three');
    expect(harness.did).toEqual(['aside']);
    expect(harness.said).toEqual([
      'response_created',
      'response_item_added',
      'content_part_added',
      'text_delta',
      'text_done',
      'content_part_done',
      'response_item_done',
      'response_done',
    ]);
    expect(harness.eventsOf('response_done')[0]?.response).toMatchObject({
      conversationId: null,
      status: 'completed',
      metadata,
      output: [{ content: [{ text: 'three' }] }],
      usage: { input: { text: 8, audio: 0, image: 0 }, output: 1 },
    });
    expect(harness.machine.snapshot().items).toEqual(items);
  });

  test('sees what the camera shows, unless it has pictures of its own or the camera is off', () => {
    const kinds = (harness: MachineHarness, content: object) => {
      const input = [{ ...message('how many'), ...content }];
      harness.intent({ k: 'response_create', conversation: 'none', input });
      return harness
        .commandsOf('aside')
        .at(-1)!
        .segments.map((part) => (part.k === 'known' ? part.id : part.k));
    };
    const harness = awake().frame().frame().ack();
    expect(kinds(harness, {})).toEqual(['turn', 'frame_2', 'text', 'turn']);
    const own = { content: [{ type: 'input_image', image: IMAGE, detail: 'auto' }] };
    expect(kinds(harness, own)).toEqual(['turn', 'frame', 'turn']);
    const { config } = harness.machine.snapshot();
    harness.intent({
      k: 'session_update',
      config: { ...config, video: { shown: [], whenOff: 'keep' } },
    });
    expect(kinds(harness, {})).toEqual(['turn', 'text', 'turn']);
  });

  test('runs beside an answer, and others of its kind', () => {
    const harness = awake().speak(1000).ack().answer('one').clear();
    const side = { k: 'response_create', conversation: 'none', input: [message('x')] } as const;
    for (let n = 0; n < 5; n++) harness.intent(side);
    expect(harness.eventsOf('error')).toMatchObject([{ error: { code: 'shed' } }]);
    tell(tell(harness, 1, 'b'), 0, 'a');
    harness.end();
    const texts = harness
      .eventsOf('response_done')
      .map(({ response: { output } }) => output[0]?.type === 'message' && output[0].content);
    expect(texts).toMatchObject([[{ text: 'b' }], [{ text: 'a' }], [{ text: 'one' }]]);
  });

  test('reads items of the conversation, with their media, frames first', () => {
    const harness = awake().intent({
      k: 'item_create',
      itemId: 'item_x',
      role: 'user',
      content: [
        { type: 'input_text', text: 'what is this' },
        { type: 'input_image', image: IMAGE, detail: 'auto' },
      ],
    });
    harness.ack().speak(1000).ack().answer('a star').end().clear();
    const [, spoken, answer] = harness.machine.snapshot().items;
    const input = ['item_x', spoken!.id, answer!.id].map(
      (itemId) => ({ type: 'item_reference', itemId }) as const,
    );
    harness.intent({ k: 'response_create', conversation: 'none', input });
    const { segments } = harness.commandsOf('aside')[0]!;
    const brief = segments.map((part) => (part.k === 'turn' ? `${part.edge} ${part.role}` : part.k));
    expect(brief).toEqual([
      'open user',
      'known',
      'text',
      'known',
      'close user',
      'open assistant',
      'text',
      'close assistant',
      'open user',
      'close user',
    ]);
    tell(harness, 0, 'x');
    expect(harness.eventsOf('response_done')[0]?.response.usage).toMatchObject({
      input: { audio: 13, image: 37 },
    });
  });

  test('names an item that is not there, or whose media is gone', () => {
    const harness = awake().turn('a');
    const [spoken] = harness.machine.snapshot().items;
    harness.feed({ t: 'evicted', freed: 0, dropped: harness.machine.log.map(({ id }) => id) }).clear();
    for (const itemId of ['nope', spoken!.id]) {
      const input = [message('x'), { type: 'item_reference', itemId }] as const;
      harness.intent({ k: 'response_create', conversation: 'none', input });
    }
    const refused = { code: 'item_not_found', param: 'response.input.1' };
    expect(harness.eventsOf('error')).toMatchObject([{ error: refused }, { error: refused }]);
    expect(harness.did).toEqual([]);
  });

  test('joins the conversation where it is not kept out: no other does meanwhile', () => {
    const harness = awake().turn('a').clear();
    harness.intent({ k: 'response_create', input: [] }).intent({ k: 'response_create' });
    expect(harness.eventsOf('error')).toMatchObject([
      { error: { code: 'conversation_already_has_active_response' } },
    ]);
    harness.speak(1000).ack();
    expect(harness.did).not.toContain('generate');
    harness.intent({ k: 'response_create', conversation: 'none' }).ack().answer('beside').end();
    expect(harness.eventsOf('response_done')[0]?.response.conversationId).toBeNull();
    tell(harness, 0, 'said');
    expect(harness.machine.snapshot().items.at(-1)).toMatchObject({ content: [{ text: 'said' }] });
    harness.ack();
    expect(harness.did).toEqual(expect.arrayContaining(['open assistant', 'close assistant']));
    expect(harness.did).toContain('generate');
  });

  test.each([
    ['is cancelled by its id', 'cancelled'],
    ['fails with its engine', 'failed'],
    ['fails where its engine makes no progress', 'failed'],
    ['is cancelled when the conversation is closed', 'cancelled'],
  ])('%s', (how, status) => {
    const harness = awake();
    harness.intent({ k: 'response_create', conversation: 'none', input: [] });
    const { responseId } = harness.commandsOf('aside')[0]!;
    if (how.includes('id')) harness.intent({ k: 'response_cancel', responseId });
    else if (how.includes('closed')) harness.feed({ t: 'close' });
    else if (how.includes('progress')) harness.feed({ t: 'tick' }, harness.machine.nextDeadlineMs!);
    else {
      const failure = { code: 'engine_restarting', message: 'lost' } as const;
      harness.feed({ t: 'generation_failed', responseId, failure });
    }
    expect(harness.eventsOf('response_done')).toMatchObject([{ response: { status } }]);
    expect(harness.did.includes('abort')).toBe(!how.includes('with its engine'));
  });
});

describe('a response that reads the conversation and leaves nothing in it', () => {
  const side = { k: 'response_create', conversation: 'none' } as const;

  test('is made on top of it, and taken off again', () => {
    const harness = awake().turn('a').clear();
    const before = [...harness.machine.log];
    harness.intent(side).ack().answer('b').end();
    expect(harness.did).toEqual(['open user', 'mark', 'close user', 'generate', 'rollback']);
    expect(harness.eventsOf('item_added')).toEqual([]);
    expect(harness.eventsOf('response_done')[0]?.response.conversationId).toBeNull();
    expect(harness.machine.log.slice(0, before.length)).toEqual(before);
    expect(harness.machine.log.slice(before.length)).toMatchObject([{ k: 'turn', edge: 'open' }]);
  });

  test('waits for the answer that is made, and is no obstacle to the next', () => {
    const harness = awake().speak(1000).ack().answer('one').intent(side).intent(side).end().ack();
    expect(harness.did.filter((what) => what === 'generate')).toHaveLength(2);
    harness.intent(typed('q')).intent({ k: 'response_create' });
    expect(harness.eventsOf('error')).toEqual([]);
    harness.answer('side').end().ack();
    const [, , main] = harness.commandsOf('generate');
    expect(main).toBeDefined();
    harness.answer('main').end().ack().answer('side').end();
    expect(harness.eventsOf('response_done').map(({ response }) => response.conversationId)).toEqual([
      'conv_1',
      null,
      'conv_1',
      null,
    ]);
  });

  test('speech does not end it, and it is cancelled as any other', () => {
    const harness = awake().turn('a').intent(side).ack().answer('b').clear().startSpeaking();
    expect(harness.eventsOf('response_done')).toEqual([]);
    harness.intent({ k: 'response_cancel' });
    expect(harness.did).toEqual(['abort', 'rollback']);
  });
});

describe('instructions of a response', () => {
  test('stand before its answer, and the session’s come back behind it', () => {
    const harness = awake({ caps: { instructions: true }, config: { instructions: 'Be brief.' } });
    harness.intent(typed('q')).intent({ k: 'response_create', instructions: 'Be long.' }).ack();
    expect(harness.did).toEqual([
      'open user',
      'text',
      'mark',
      'close user',
      'open system',
      'text',
      'close system',
      'generate',
    ]);
    harness.answer('a').end().clear().intent(typed('r'));
    harness.intent({ k: 'response_create' }).ack();
    const texts = harness
      .commandsOf('append')
      .flatMap(({ segment }) => (segment.k === 'text' ? [segment.text] : []));
    expect(texts).toEqual(['Be brief.', 'r']);
  });
});

test('a response that has not begun is withdrawn by a cancel', () => {
  const harness = awake({ config: { turnDetection: { ...SERVER_VAD, create_response: false } } });
  harness.startSpeaking().intent({ k: 'response_create' }).intent({ k: 'response_cancel' });
  harness
    .audio(harness.now + 1000)
    .stopSpeaking()
    .ack();
  expect(harness.eventsOf('response_created')).toEqual([]);
  expect(harness.eventsOf('error')).toEqual([]);
});
