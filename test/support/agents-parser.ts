import { parseRealtimeEvent } from '../../node_modules/@openai/agents-realtime/dist/openaiRealtimeEvents.js';

interface SomeEvent {
  readonly type: string;
  readonly item?: object;
}

/**
 * The types of those events that `@openai/agents-realtime` reads as "generic": its typed listeners are never told of them.
 * Items with a picture are left out: its schema has none, whoever sends them (`knowsPictures`).
 */
export function unknownToAgents(events: readonly SomeEvent[]): string[] {
  return events.filter((event) => !hasPicture(event) && isUnknown(event)).map(({ type }) => type);
}

/** Whether this version of the client has a schema for an item with a picture, as OpenAI's own reference has it. */
export function knowsPictures(): boolean {
  const content = [{ type: 'input_image', image_url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'auto' }];
  const item = { id: 'item_1', object: 'realtime.item', type: 'message', role: 'user', content };
  const event = { type: 'conversation.item.added', event_id: 'event_1', previous_item_id: null, item };
  return !isUnknown(event);
}

function isUnknown(event: SomeEvent): boolean {
  return parseRealtimeEvent({ data: JSON.stringify(event) } as MessageEvent).isGeneric;
}

function hasPicture({ item }: SomeEvent): boolean {
  const { content = [] } = (item ?? {}) as { content?: readonly { readonly type: string }[] };
  return content.some(({ type }) => type === 'input_image');
}
