import {
  parseClientEvent,
  readRtvi,
  type ClientEvent,
  type RtviClientMessage,
  type VideoSource,
} from '@vis-a-vis/protocol';
import type { ErrorCode } from '#modules/contracts';

/** What of the receivers of a peer connection is live video. */
const VIDEOS: Readonly<Record<number, VideoSource>> = { 1: 'camera', 2: 'screen' };

/** What a message on the channel `chat` asks for. */
export type Asked =
  | { readonly k: 'nothing' }
  | { readonly k: 'ready'; readonly id: string; readonly version: string | null }
  /** `answer`: the name of what the client asked for by `client-message`, which is answered. */
  | {
      readonly k: 'perform';
      readonly id: string;
      readonly events: readonly ClientEvent[];
      readonly answer: string | null;
    }
  | { readonly k: 'hang_up' }
  | { readonly k: 'refused'; readonly id: string | null; readonly code: ErrorCode; readonly message: string };

/**
 * Reads one message. Never throws.
 * @param responseId the response under way, or null: a text that is to be answered at once takes its place
 */
export function fromRtvi(text: string, responseId: string | null): Asked {
  const read = readRtvi(text);
  switch (read.k) {
    case 'message':
      return ask(read.message, responseId);
    case 'track': {
      const source = VIDEOS[read.receiver];
      if (!source) return { k: 'nothing' };
      const video = { [source]: read.enabled };
      return perform('', [{ type: 'session.update', session: { visavis: { video } } }]);
    }
    case 'problem':
      return { k: 'refused', id: read.id, ...read.problem };
    case 'ping':
      return { k: 'nothing' };
  }
}

function ask(message: RtviClientMessage, responseId: string | null): Asked {
  const { id } = message;
  switch (message.type) {
    case 'client-ready':
      return { k: 'ready', id, version: message.data.version ?? null };
    case 'disconnect-bot':
      return { k: 'hang_up' };
    case 'send-text': {
      const { content, options } = message.data;
      return said(id, 'user', content, options?.run_immediately === false ? null : { responseId });
    }
    case 'append-to-context': {
      const { role, content, run_immediately: atOnce } = message.data;
      return said(id, role, content, atOnce === true ? { responseId } : null);
    }
    case 'client-message':
      return perform(id, [{ ...message.data.d, type: message.data.t }], message.data.t);
    case 'llm-function-call-result': {
      const { tool_call_id: call_id, result } = message.data;
      const output = typeof result === 'string' ? result : JSON.stringify(result);
      const item = { type: 'function_call_output', call_id, output };
      return perform(id, [{ type: 'conversation.item.create', item }, { type: 'response.create' }]);
    }
  }
}

type AtOnce = { readonly responseId: string | null };

/** @param atOnce it is to be answered, in the place of the response that is under way, as Pipecat has it */
function said(id: string, role: 'user' | 'assistant', text: string, atOnce: AtOnce | null): Asked {
  const content = [{ type: role === 'user' ? 'input_text' : 'output_text', text }];
  const underWay = atOnce?.responseId ?? null;
  return perform(id, [
    ...(underWay === null ? [] : [{ type: 'response.cancel', response_id: underWay }]),
    { type: 'conversation.item.create', item: { type: 'message', role, content } },
    ...(atOnce === null ? [] : [{ type: 'response.create' }]),
  ]);
}

/** Read as those of any other client. The message's id comes back with an error that one of them leads to. */
function perform(id: string, list: readonly object[], answer: string | null = null): Asked {
  const events: ClientEvent[] = [];
  for (const event of list) {
    const read = parseClientEvent(JSON.stringify({ ...event, ...(id !== '' && { event_id: id }) }));
    if (!read.ok) return { k: 'refused', id, code: read.problem.code, message: read.problem.message };
    events.push(read.event);
  }
  return { k: 'perform', id, events, answer };
}
