import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientEvent } from '@vis-a-vis/protocol';
import { Guard, VisavisError } from '#modules/contracts';
import { ClientMessages, type MessageError } from './client-messages.js';

function setUp(perform: (event: ClientEvent) => Promise<void> = async () => undefined) {
  const errors: MessageError[] = [];
  const bugs: unknown[] = [];
  const performed: string[] = [];
  const messages = new ClientMessages({
    perform: async (event) => {
      await perform(event);
      performed.push(event.event_id ?? event.type);
    },
    onError: (error) => errors.push(error),
    onBug: (bug) => bugs.push(bug),
    guard: new Guard((_where, bug) => bugs.push(bug)),
  });
  return { messages, errors, bugs, performed };
}

describe('ClientMessages', () => {
  it.each([
    ['invalid_json', 'hello'],
    ['unknown_event', '{"type":"sing"}'],
    ['invalid_event', '{"type":"conversation.item.delete"}'],
    ['invalid_event', new Uint8Array(4)],
    ['message_too_large', `"${'é'.repeat(140_000)}"`],
  ])('answers %s and goes on', async (code, data) => {
    const { messages, errors, performed } = setUp();
    messages.push(data);
    messages.push('{"type":"response.create"}');
    await sleep(1);
    expect(errors).toMatchObject([{ code }]);
    expect(performed).toEqual(['response.create']);
  });

  it('performs events one after another, in order', async () => {
    const { messages, performed } = setUp((event) => sleep(event.event_id === 'slow' ? 20 : 0));
    messages.push('{"type":"response.create","event_id":"slow"}');
    messages.push('{"type":"response.cancel","event_id":"fast"}');
    await sleep(40);
    expect(performed).toEqual(['slow', 'fast']);
  });

  it('turns what a performer throws into an error with the id of the event', async () => {
    const { messages, errors, bugs } = setUp(async () => {
      throw new VisavisError('bad_image', 'No picture.', 'image_url');
    });
    messages.push('{"type":"response.create","event_id":"e1"}');
    await sleep(1);
    expect(errors).toEqual([
      { code: 'bad_image', message: 'No picture.', param: 'image_url', clientEventId: 'e1' },
    ]);
    expect(bugs).toEqual([]);
  });

  it('reports a bug, and tells the client no more than that', async () => {
    const { messages, errors, bugs } = setUp(async () => {
      throw new TypeError('secret');
    });
    messages.push('{"type":"response.create"}');
    await sleep(1);
    expect(errors).toMatchObject([{ code: 'internal_error', message: 'Internal error.' }]);
    expect(bugs).toHaveLength(1);
  });

  it('sheds what would wait too long', () => {
    const { messages, errors } = setUp(() => sleep(1));
    for (let i = 0; i < 66; i++) messages.push('{"type":"response.create"}');
    expect(errors.map((error) => error.code)).toEqual(['shed', 'shed']);
  });
});
