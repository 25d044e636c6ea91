import { awake, typed, type HarnessOptions, type MachineHarness } from '../../testing/machine-harness.js';

const look = { name: 'look_up', description: 'Looks something up.', parameters: { type: 'object' } };
const CALLER: HarnessOptions = { caps: { tools: true }, config: { tools: [look] } };
const asked = (options = CALLER) => awake(options).intent(typed('q')).intent({ k: 'response_create' }).ack();

/** The engine calls, in pieces. */
const calls = (harness: MachineHarness, index: number, ...pieces: string[]) => {
  harness.generated({ t: 'call', index, callId: `call_${index}`, name: 'look_up', tMs: 0 });
  for (const delta of pieces) harness.generated({ t: 'arguments', index, delta, tMs: 0 });
  return harness;
};

describe('an answer that calls tools', () => {
  test('is asked for with them, and says nothing that was not said', () => {
    const harness = asked();
    expect(harness.commandsOf('generate')).toMatchObject([{ tools: [look], toolChoice: 'auto' }]);
    calls(harness.answer(), 0, '{"a"', ':1}').end();
    expect(harness.said.slice(harness.said.indexOf('response_created'))).toEqual([
      'response_created',
      'context_receipt',
      'response_item_added',
      'item_added',
      'call_delta',
      'call_delta',
      'call_done',
      'item_done',
      'response_item_done',
      'response_done',
      'turn_timing',
    ]);
    expect(harness.eventsOf('response_done')[0]?.response).toMatchObject({
      status: 'completed',
      output: [{ type: 'function_call', status: 'completed', callId: 'call_0', arguments: '{"a":1}' }],
    });
    expect(harness.did.at(-1)).toBe('accept');
  });

  test('may say something first, and call several', () => {
    const harness = asked().answer('Let me see.');
    calls(calls(harness, 0, '{}'), 1, '{}').end();
    const { output } = harness.eventsOf('response_done')[0]!.response;
    expect(output.map(({ type }) => type)).toEqual(['message', 'function_call', 'function_call']);
    expect(harness.eventsOf('response_item_added').map(({ outputIndex }) => outputIndex)).toEqual([0, 1, 2]);
  });

  test('goes on with the results, without a turn of the user', () => {
    const harness = calls(asked().answer(), 0, '{}').end().clear();
    harness.intent({ k: 'result_create', callId: 'call_0', output: '42' });
    harness.intent({ k: 'response_create' }).ack();
    expect(harness.did).toEqual(['result', 'mark', 'generate']);
    harness.answer('Forty-two.').end();
    const items = harness.machine.snapshot().items.map(({ type }) => type);
    expect(items).toEqual(['message', 'function_call', 'function_call_output', 'message']);
  });

  test('takes the results before what the user shows meanwhile', () => {
    const harness = calls(asked().answer(), 0, '{}').end().frame().clear();
    harness.intent({ k: 'result_create', callId: 'call_0', output: '42' });
    expect(harness.did).toEqual(['close user', 'result']);
  });

  test('cut off in a call keeps what it said, and no half call', () => {
    const harness = calls(asked().answer('Hm.'), 0, '{"a"').clear();
    harness.intent({ k: 'response_cancel' });
    expect(harness.did).toEqual(['abort', 'accept 1']);
    expect(harness.eventsOf('call_done')).toEqual([]);
    expect(harness.eventsOf('response_done')[0]?.response.output).toMatchObject([
      { type: 'message', status: 'incomplete' },
      { type: 'function_call', status: 'incomplete' },
    ]);
  });

  test('loses its message alone where that is deleted, and is told as gone with any of its calls', () => {
    const harness = calls(calls(asked().answer('Hm, ', 'yes.'), 0, '{}'), 1, '{}')
      .end()
      .clear();
    const [message, first, second] = harness.machine
      .snapshot()
      .items.slice(-3)
      .map(({ id }) => id);
    harness.intent({ k: 'item_delete', itemId: message! });
    expect([harness.did, harness.said]).toEqual([['cut'], ['item_deleted']]);
    expect(harness.commandsOf('cut')).toMatchObject([{ keepTokens: 0 }]);
    harness.clear().intent({ k: 'item_delete', itemId: first! });
    expect(harness.did).toEqual(['redact']);
    expect(harness.eventsOf('item_deleted').map(({ itemId }) => itemId)).toEqual([first, second]);
    expect(harness.machine.snapshot().items.map(({ type }) => type)).toEqual(['message']);
  });

  test('loses what was deleted while it was made', () => {
    const harness = calls(asked().answer('Hm.'), 0, '{}').clear();
    const [message] = harness.machine.snapshot().items.slice(-2);
    harness.intent({ k: 'item_delete', itemId: message!.id }).end();
    expect(harness.did).toEqual(['accept', 'cut']);
    const other = calls(asked().answer('Hm.'), 0, '{}').clear();
    const [said, call] = other.machine.snapshot().items.slice(-2);
    other.intent({ k: 'item_delete', itemId: call!.id }).end();
    expect(other.did).toEqual(['accept', 'redact']);
    expect(other.eventsOf('item_deleted').map(({ itemId }) => itemId)).toEqual([call!.id, said!.id]);
  });

  test('a response has tools of its own, or none', () => {
    const own = { ...look, name: 'other' };
    const generated = (wishes: object) =>
      awake(CALLER)
        .intent(typed('q'))
        .intent({ k: 'response_create', ...wishes })
        .ack()
        .commandsOf('generate')[0];
    expect(generated({ tools: [own], toolChoice: { name: 'other' } })).toMatchObject({ tools: [own] });
    expect(generated({ toolChoice: 'none' })).not.toHaveProperty('tools');
    expect(generated({ tools: [] })).not.toHaveProperty('tools');
  });

  test('history that is taken up again has its calls in the context', () => {
    const harness = awake(CALLER);
    harness.intent({ k: 'call_create', callId: 'call_9', name: 'look_up', arguments: '{}' });
    harness.intent({ k: 'result_create', callId: 'call_9', output: '42' });
    expect(harness.did).toEqual(['call', 'result']);
  });
});

describe('a model that calls no tools', () => {
  const MUTE: HarnessOptions = { config: { tools: [look] } };

  test('answers as if there were none', () => {
    const harness = asked(MUTE).answer('a').end();
    expect(harness.commandsOf('generate')[0]).not.toHaveProperty('tools');
    expect(harness.eventsOf('response_done')[0]?.response.status).toBe('completed');
  });

  test.each(['required', { name: 'look_up' }] as const)('cannot be made to: %j', (toolChoice) => {
    const harness = awake(MUTE).intent(typed('q')).intent({ k: 'response_create', toolChoice });
    expect(harness.eventsOf('error')).toMatchObject([
      { error: { code: 'tools_unsupported', param: 'response.tool_choice' } },
    ]);
    const { config } = harness.machine.snapshot();
    harness.clear().intent({ k: 'session_update', config: { ...config, toolChoice } });
    expect(harness.eventsOf('error')).toMatchObject([{ error: { code: 'tools_unsupported' } }]);
    expect(harness.machine.snapshot().config).toEqual(config);
  });

  test('keeps calls and results for the client’s sake, and out of its context', () => {
    const harness = awake(MUTE);
    harness.intent({ k: 'call_create', callId: 'call_9', name: 'look_up', arguments: '{}' });
    harness.intent({ k: 'result_create', callId: 'call_9', output: '42' });
    expect(harness.did).toEqual([]);
    expect(harness.machine.snapshot().items).toHaveLength(2);
  });
});

test('a choice that names no tool of those there are is refused', () => {
  const harness = awake(CALLER).intent({ k: 'response_create', toolChoice: { name: 'nope' } });
  expect(harness.eventsOf('error')).toMatchObject([{ error: { code: 'invalid_event' } }]);
});
