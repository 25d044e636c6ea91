import { DEFAULT_AUDIO_FORMAT, parseClientEvent } from '@vis-a-vis/protocol';
import { VisavisError, type RgbImage } from '#modules/contracts';
import { toIntent, type ConversationEvent } from './intent-mapper.js';

const image: RgbImage = { width: 1, height: 1, data: new Uint8Array(3) };

async function intent(event: Record<string, unknown>, decode = async () => image) {
  const parsed = parseClientEvent(JSON.stringify(event));
  if (!parsed.ok) throw new Error(parsed.problem.message);
  return toIntent(parsed.event as ConversationEvent, { decodeImage: decode, format: DEFAULT_AUDIO_FORMAT });
}

const message = (...content: unknown[]) => ({ type: 'message', role: 'user', content });

describe('toIntent', () => {
  it.each([
    [
      { type: 'conversation.item.retrieve', item_id: 'i' },
      { k: 'item_retrieve', itemId: 'i' },
    ],
    [
      { type: 'conversation.item.delete', item_id: 'i' },
      { k: 'item_delete', itemId: 'i' },
    ],
    [
      { type: 'conversation.item.truncate', item_id: 'i', content_index: 0, audio_end_ms: 5 },
      { k: 'item_truncate', itemId: 'i', contentIndex: 0, audioEndMs: 5 },
    ],
    [{ type: 'input_audio_buffer.commit' }, { k: 'audio_commit' }],
    [{ type: 'input_audio_buffer.clear' }, { k: 'audio_clear' }],
    [{ type: 'response.create' }, { k: 'response_create' }],
    [
      { type: 'response.create', response: { max_output_tokens: 9, metadata: { a: 'b' } } },
      { k: 'response_create', maxOutputTokens: 9, metadata: { a: 'b' } },
    ],
    [{ type: 'response.cancel' }, { k: 'response_cancel' }],
    [
      { type: 'response.cancel', response_id: 'r', event_id: 'e' },
      { k: 'response_cancel', responseId: 'r', clientEventId: 'e' },
    ],
    [
      {
        type: 'conversation.item.create',
        previous_item_id: 'root',
        item: message({ type: 'input_text', text: 'hi', audio: '', detail: 'auto' }),
      },
      {
        k: 'item_create',
        previousItemId: 'root',
        role: 'user',
        content: [{ type: 'input_text', text: 'hi' }],
      },
    ],
  ])('maps %j', async (event, expected) => {
    expect(await intent(event)).toEqual(expected);
  });

  it('decodes an image before it is passed on', async () => {
    const seen: number[][] = [];
    const part = { type: 'input_image', image_url: 'data:image/png;base64,AQID' };
    const mapped = await toIntent(
      {
        type: 'conversation.item.create',
        item: { type: 'message', role: 'user', content: [{ ...part, type: 'input_image' }] },
      },
      {
        decodeImage: async (file) => {
          seen.push([...file]);
          return image;
        },
        format: DEFAULT_AUDIO_FORMAT,
      },
    );
    expect(seen).toEqual([[1, 2, 3]]);
    expect(mapped).toMatchObject({ content: [{ type: 'input_image', image, detail: 'auto' }] });
  });

  it('passes on that an image is broken', async () => {
    const broken = async () => Promise.reject(new VisavisError('bad_image', 'No picture.'));
    const part = { type: 'input_image', image_url: 'data:image/png;base64,AQID' };
    await expect(
      intent({ type: 'conversation.item.create', item: message(part) }, broken),
    ).rejects.toMatchObject({
      code: 'bad_image',
    });
  });

  it('resamples audio to 16 kHz', async () => {
    const audio = Buffer.alloc(2 * 2400).toString('base64');
    const mapped = await intent({
      type: 'conversation.item.create',
      item: message({ type: 'input_audio', audio }),
    });
    expect(mapped).toMatchObject({ content: [{ type: 'input_audio', pcm: { length: 1600 } }] });
    const written = await intent({
      type: 'conversation.item.create',
      item: message({ type: 'input_audio', audio, transcript: 'hello' }),
    });
    expect(written).toMatchObject({ content: [{ transcript: 'hello' }] });
  });

  it('refuses empty audio', async () => {
    const part = { type: 'input_audio', audio: '' };
    await expect(intent({ type: 'conversation.item.create', item: message(part) })).rejects.toMatchObject({
      code: 'bad_audio',
    });
  });

  test('a sound of more than two minutes is refused before it is decoded', async () => {
    const sound = (seconds: number) => ({
      type: 'conversation.item.create',
      item: message({ type: 'input_audio', audio: Buffer.alloc(48_000 * seconds).toString('base64') }),
    });
    await expect(intent(sound(121))).rejects.toMatchObject({ code: 'bad_audio' });
    await expect(intent(sound(119))).resolves.toMatchObject({ k: 'item_create' });
  });
});
