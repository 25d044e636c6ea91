import { MAX_MESSAGE_BYTES, clientEventSchema, parseClientEvent } from './client-events.js';

const problemOf = (text: string) => {
  const parsed = parseClientEvent(text);
  return parsed.ok ? null : parsed.problem;
};

describe('parseClientEvent', () => {
  it('reads an event and keeps its id', () => {
    expect(parseClientEvent('{"type":"response.create","event_id":"e1"}')).toEqual({
      ok: true,
      event: { type: 'response.create', event_id: 'e1' },
    });
  });

  it('reads the first update of @openai/agents-realtime', () => {
    const session = {
      type: 'realtime',
      instructions: 'Be brief.',
      model: 'gpt-realtime',
      output_modalities: ['audio'],
      audio: {
        input: {
          format: { type: 'audio/pcm', rate: 24000 },
          noise_reduction: null,
          transcription: { model: 'gpt-4o-mini-transcribe' },
          turn_detection: { type: 'semantic_vad' },
        },
        output: { format: { type: 'audio/pcm', rate: 24000 }, voice: 'ash', speed: 1 },
      },
      tool_choice: 'auto',
      tools: [],
      tracing: 'auto',
    };
    expect(parseClientEvent(JSON.stringify({ type: 'session.update', session })).ok).toBe(true);
  });

  it('tells non-JSON', () => {
    expect(problemOf('ping: 12')).toMatchObject({ code: 'invalid_json', eventId: null });
  });

  it.each([101, 8000, 100_000])(
    'tells that it is nested too deep, with the id of the event: %d levels',
    (depth) => {
      const parameters = '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);
      const session = `{"tools":[{"type":"function","name":"f","parameters":${parameters}}]}`;
      expect(problemOf(`{"type":"session.update","event_id":"e4","session":${session}}`)).toMatchObject({
        code: 'invalid_event',
        message: expect.stringContaining('deeper than 100 levels') as string,
        eventId: 'e4',
      });
    },
  );

  it.each(['12', '[]', 'null', '"text"', '{}', '{"type":7}'])('tells JSON that is no event: %s', (text) => {
    expect(problemOf(text)).toMatchObject({ code: 'invalid_event' });
  });

  it('tells an unknown type, with the id of the event', () => {
    expect(problemOf('{"type":"response.sing","event_id":"e7"}')).toMatchObject({
      code: 'unknown_event',
      param: 'type',
      eventId: 'e7',
    });
  });

  it('names the field that is wrong', () => {
    const text = '{"type":"conversation.item.retrieve","event_id":"e8","item_id":5}';
    expect(problemOf(text)).toMatchObject({ code: 'invalid_event', param: 'item_id', eventId: 'e8' });
  });

  const MESSAGE = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello.' }] };
  const LONE: Record<string, object> = {
    'session.update': { session: {} },
    'conversation.item.create': { item: MESSAGE },
    'conversation.item.retrieve': { item_id: 'a' },
    'conversation.item.delete': { item_id: 'a' },
    'conversation.item.truncate': { item_id: 'a', content_index: 0, audio_end_ms: 5 },
    'input_audio_buffer.append': { audio: '' },
  };

  it.each(clientEventSchema.options.map(({ shape }) => shape.type.value))(
    'takes null for an id that is left out: %s',
    (type) => {
      const event = { type, ...LONE[type] };
      expect(parseClientEvent(JSON.stringify({ ...event, event_id: null }))).toEqual({ ok: true, event });
    },
  );

  it('names an unknown field of a tool choice too', () => {
    const choice = { type: 'function', name: 'look_up', nmae: 'x' };
    const update = { type: 'session.update', session: { type: 'realtime', tool_choice: choice } };
    const param = 'session.tool_choice.nmae';
    expect(problemOf(JSON.stringify(update))).toMatchObject({ code: 'unknown_parameter', param });
    const create = { type: 'response.create', response: { tool_choice: choice } };
    const other = 'response.tool_choice.nmae';
    expect(problemOf(JSON.stringify(create))).toMatchObject({ code: 'unknown_parameter', param: other });
    const nulls = {
      ...update.session,
      tool_choice: { type: 'function', name: 'look_up', description: null },
    };
    expect(parseClientEvent(JSON.stringify({ ...update, session: nulls })).ok).toBe(true);
    const wrong = { ...update.session, tool_choice: { type: 'function', name: 7 } };
    expect(problemOf(JSON.stringify({ ...update, session: wrong }))).toMatchObject({
      code: 'invalid_event',
      param: 'session.tool_choice',
    });
  });

  it('takes null for any field that may be left out, and for no other', () => {
    const create = (item: unknown) =>
      parseClientEvent(JSON.stringify({ type: 'conversation.item.create', item }));
    const { content } = MESSAGE;
    const image = { type: 'input_image', image_url: 'data:image/png;base64,AAAA' };
    expect(create({ ...MESSAGE, id: null, status: null })).toMatchObject({ event: { item: MESSAGE } });
    expect(create({ ...MESSAGE, content: [{ ...image, detail: null }] })).toMatchObject({
      event: { item: { content: [image] } },
    });
    expect(create({ ...MESSAGE, role: null })).toMatchObject({ problem: { param: 'item.role' } });
    expect(create({ ...MESSAGE, content: null })).toMatchObject({ problem: { param: 'item.content' } });
    expect(create({ ...MESSAGE, content: [...content, null] })).toMatchObject({ ok: false });
    expect(create(null)).toMatchObject({ problem: { param: 'item' } });
  });

  const CALL = { type: 'function_call', name: 'f', call_id: 'c', arguments: '{}' };
  const RESULT = { type: 'function_call_output', call_id: 'c', output: '5' };
  const created = (item: object) => ({ type: 'conversation.item.create', item });
  const responded = (item: object) => ({ type: 'response.create', response: { input: [MESSAGE, item] } });

  it.each([
    ['item.foo', created({ ...MESSAGE, foo: 1 })],
    [
      'item.content[0].foo',
      created({ ...MESSAGE, content: [{ type: 'input_text', text: 'Hello.', foo: 1 }] }),
    ],
    ['item.foo', created({ ...CALL, foo: 1 })],
    ['item.foo', created({ ...RESULT, foo: 1 })],
    ['response.input[1].foo', responded({ ...MESSAGE, foo: 1 })],
    ['response.input[1].foo', responded({ type: 'item_reference', id: 'a', foo: 1 })],
    [
      'response.input[1].content[0].foo',
      responded({ ...MESSAGE, content: [{ type: 'output_text', text: '', foo: 1 }] }),
    ],
  ])('names a field of an item that it does not know: %s', (param, event) => {
    expect(problemOf(JSON.stringify({ ...event, event_id: 'e5' }))).toEqual({
      code: 'unknown_parameter',
      message: `Unknown parameter: '${param}'.`,
      param,
      eventId: 'e5',
      type: event.type,
    });
  });

  it('takes items as the server told them, and with whatever OpenAI’s types have', () => {
    const told = { id: 'item_1', object: 'realtime.item', status: 'completed' };
    const any = { ...told, role: 'user', content: [], name: 'f', call_id: 'c', arguments: '{}', output: '5' };
    const part = { text: '', audio: '', transcript: '', image_url: '', detail: 'auto' };
    const whole = { ...told, ...MESSAGE, content: [{ ...part, type: 'input_text', text: 'Hello.' }] };
    for (const item of [{ ...any, ...MESSAGE }, whole, { ...any, ...CALL }, { ...any, ...RESULT }]) {
      expect(problemOf(JSON.stringify(created(item)))).toBeNull();
      expect(problemOf(JSON.stringify(responded(item)))).toBeNull();
    }
    expect(problemOf(JSON.stringify(responded({ ...told, type: 'item_reference' })))).toBeNull();
  });

  it('refuses an image that is no data URL', () => {
    const item = {
      type: 'message',
      role: 'user',
      content: [{ type: 'input_image', image_url: 'https://example.org/a.png' }],
    };
    expect(problemOf(JSON.stringify({ type: 'conversation.item.create', item }))).toMatchObject({
      code: 'invalid_event',
      param: 'item.content[0].image_url',
    });
  });

  const withImage = (url: string) =>
    problemOf(
      JSON.stringify({
        type: 'conversation.item.create',
        item: { type: 'message', role: 'user', content: [{ type: 'input_image', image_url: url }] },
      }),
    );

  it.each([
    'data:image/png;base64,AAAA',
    'data:image/jpg;base64,AAAA',
    'data:IMAGE/PNG;BASE64,AAAA',
    'DATA:image/webp;base64,AAAA',
    'data:image/gif;base64,AAAA',
    'data:image/png;charset=utf-8;name=a.png;base64,AAAA',
    'data:image/jpeg; base64,AAAA',
  ])('takes %s', (url) => {
    expect(withImage(url)).toBeNull();
  });

  it.each([
    'data:image/svg+xml;base64,AAAA',
    'data:image/png,AAAA',
    'data:image/png;base64',
    'data:text/plain;x=image/png;base64,AAAA',
    'data:image/pngx;base64,AAAA',
    `data:image/png${';a'.repeat(50_000)}`,
    `data:image/png${'; '.repeat(50_000)}`,
  ])('refuses %.60s', (url) => {
    expect(withImage(url)).toMatchObject({ code: 'invalid_event' });
  });

  it('limits messages to what a browser can receive', () => {
    expect(MAX_MESSAGE_BYTES).toBe(262_144);
  });

  // What a client may name without end is read in one pass: each of these took minutes, or the stack, when it was not.
  it.each([
    ['unknown nulls', 30_000, (n: number) => Array.from({ length: n }, (_, i) => `"k${i}":null`).join(',')],
    ['a null that lies deep', 3000, (n: number) => `"event_id":${'{"a":'.repeat(n)}null${'}'.repeat(n)}`],
    ['a null by the name of a prototype', 1, () => '"__proto__":null'],
  ])('reads %s', (_what, n, fields) => {
    const parsed = parseClientEvent(`{"type":"input_audio_buffer.clear",${fields(n)}}`);
    // A null that lies in a field of another type is no field that is left out.
    expect(parsed.ok).toBe(n !== 3000);
    expect(Object.prototype).not.toHaveProperty('k0');
  });

  it('takes no text that could not be told back, and no more parts than can be held', () => {
    const message = (content: unknown[]) =>
      parseClientEvent(
        JSON.stringify({
          type: 'conversation.item.create',
          item: { type: 'message', role: 'user', content },
        }),
      );
    const text = (length: number) => ({ type: 'input_text', text: 'x'.repeat(length) });
    expect(message([text(131_072)])).toMatchObject({ ok: true });
    expect(message([text(131_073)])).toMatchObject({ ok: false });
    expect(message(Array.from({ length: 64 }, () => text(1)))).toMatchObject({ ok: true });
    expect(message(Array.from({ length: 65 }, () => text(1)))).toMatchObject({ ok: false });
  });
});
