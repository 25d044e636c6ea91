import type { CallItem, MessageItem, Response, SessionEvent } from '#modules/conversation';

const user: MessageItem = {
  type: 'message',
  id: 'item_1',
  role: 'user',
  status: 'completed',
  content: [{ type: 'input_audio', transcript: null, span: { startMs: 700, endMs: 2400 } }],
};
const pending: MessageItem = {
  type: 'message',
  id: 'item_2',
  role: 'assistant',
  status: 'in_progress',
  content: [],
};
const answer: MessageItem = {
  ...pending,
  status: 'completed',
  content: [{ type: 'output_text', text: 'Two shapes.' }],
};
const at = { responseId: 'resp_1', itemId: 'item_2', outputIndex: 0, contentIndex: 0 } as const;

const begun: Response = {
  id: 'resp_1',
  conversationId: 'conv_1',
  status: 'in_progress',
  reason: null,
  error: null,
  maxOutputTokens: 'inf',
  metadata: null,
  output: [],
  usage: null,
};
export const completed: Response = {
  ...begun,
  status: 'completed',
  output: [answer],
  usage: {
    input: { text: 4, audio: 21, image: 72 },
    cached: { text: 4, audio: 0, image: 72 },
    output: 3,
  },
};

/** A whole spoken turn in the order of PROTOCOL A6. */
export const SPOKEN_TURN: readonly SessionEvent[] = [
  { type: 'speech_started', itemId: 'item_1', audioStartMs: 700 },
  { type: 'frame_attended', itemId: 'frame_1', ptsMs: 1000.04, tokens: 36 },
  { type: 'speech_stopped', itemId: 'item_1', audioEndMs: 2900 },
  { type: 'audio_committed', itemId: 'item_1', previousItemId: null },
  { type: 'item_added', item: user, previousItemId: null },
  { type: 'item_done', item: user, previousItemId: null },
  { type: 'response_created', response: begun },
  {
    type: 'context_receipt',
    responseId: 'resp_1',
    frames: [{ itemId: 'frame_1', ptsMs: 1000 }],
    audio: [{ itemId: 'item_1', startMs: 700, endMs: 2400 }],
    tokens: 97,
  },
  { type: 'response_item_added', responseId: 'resp_1', outputIndex: 0, item: pending },
  { type: 'item_added', item: pending, previousItemId: 'item_1' },
  { type: 'content_part_added', ...at },
  { type: 'text_delta', delta: 'Two ', atMs: 12_920, ...at },
  { type: 'text_delta', delta: 'shapes.', atMs: 12_925, ...at },
  { type: 'text_done', text: 'Two shapes.', ...at },
  { type: 'content_part_done', text: 'Two shapes.', ...at },
  { type: 'item_done', item: answer, previousItemId: 'item_1' },
  { type: 'response_item_done', responseId: 'resp_1', outputIndex: 0, item: answer },
  { type: 'response_done', response: completed },
  {
    type: 'turn_timing',
    responseId: 'resp_1',
    itemId: 'item_1',
    speechEndMs: 2400,
    lastSpeechPacketAtMs: 12_410,
    vadEndAtMs: 12_910,
    commitAtMs: 12_912,
    prefillMs: 6,
    firstTokenAtMs: 12_920,
    doneAtMs: 12_930,
    clockOffsetMs: 10_000,
    framesAttended: 1,
    outputTokens: 3,
    speculation: { used: true, tries: 2, wastedTokens: 4, gainMs: 30.04 },
  },
];

const call: CallItem = {
  type: 'function_call',
  id: 'item_3',
  status: 'in_progress',
  callId: 'call_1',
  name: 'look_up',
  arguments: '',
};
const called: CallItem = { ...call, status: 'completed', arguments: '{"what":"shapes"}' };
const ofCall = { responseId: 'resp_2', itemId: 'item_3', outputIndex: 0, callId: 'call_1' } as const;

/** A response that calls a tool and says nothing, and what the tool gave back. */
export const TOOL_TURN: readonly SessionEvent[] = [
  { type: 'response_created', response: { ...begun, id: 'resp_2' } },
  { type: 'response_item_added', responseId: 'resp_2', outputIndex: 0, item: call },
  { type: 'item_added', item: call, previousItemId: 'item_1' },
  { type: 'call_delta', delta: '{"what":', ...ofCall },
  { type: 'call_delta', delta: '"shapes"}', ...ofCall },
  { type: 'call_done', name: 'look_up', arguments: '{"what":"shapes"}', ...ofCall },
  { type: 'item_done', item: called, previousItemId: 'item_1' },
  { type: 'response_item_done', responseId: 'resp_2', outputIndex: 0, item: called },
  { type: 'response_done', response: { ...completed, id: 'resp_2', output: [called] } },
  {
    type: 'item_added',
    item: { type: 'function_call_output', id: 'item_4', status: 'completed', callId: 'call_1', output: '2' },
    previousItemId: 'item_3',
  },
];

/** What was said, written down; and not. */
export const TRANSCRIPTS: readonly SessionEvent[] = [
  { type: 'transcript_delta', itemId: 'item_1', contentIndex: 0, delta: 'how many' },
  {
    type: 'transcript_completed',
    itemId: 'item_1',
    contentIndex: 0,
    transcript: 'how many shapes are there',
    usage: { text: 8, audio: 21, output: 6 },
  },
  {
    type: 'transcript_failed',
    itemId: 'item_1',
    contentIndex: 0,
    code: 'transcription_failed',
    message: 'what was said is not in the context',
  },
];

/** What stock clients of today have no schema for. */
export const TIMEOUT: SessionEvent = {
  type: 'timeout_triggered',
  itemId: 'item_7',
  audioStartMs: 4000.4,
  audioEndMs: 9000,
};

/** Everything else that a session can say. */
export const OTHER_EVENTS: readonly SessionEvent[] = [
  {
    type: 'session_updated',
    config: { instructions: '', maxOutputTokens: 'inf', turnDetection: null },
  },
  { type: 'speech_misfired', itemId: 'item_9', audioEndMs: 900 },
  { type: 'audio_cleared' },
  { type: 'item_retrieved', item: answer },
  { type: 'item_deleted', itemId: 'item_1' },
  { type: 'item_truncated', itemId: 'item_2', contentIndex: 0, audioEndMs: 0 },
  { type: 'frame_dropped', ptsMs: 2000, reason: 'shed' },
  { type: 'context_redacted', itemIds: ['frame_1'], tokens: 37 },
  { type: 'speculation_ended', kind: 'speech', outcome: 'resumed', tokens: 4, gainMs: 0 },
  {
    type: 'error',
    error: {
      code: 'response_cancel_not_active',
      message: 'There is none.',
      param: null,
      clientEventId: 'e1',
    },
  },
  { type: 'response_done', response: { ...begun, status: 'cancelled', reason: 'turn_detected' } },
  { type: 'response_done', response: { ...begun, status: 'incomplete', reason: 'max_output_tokens' } },
  {
    type: 'response_done',
    response: {
      ...begun,
      status: 'failed',
      error: { code: 'engine_failed', message: 'The engine failed.', param: null, clientEventId: null },
    },
  },
  { type: 'part_lost', part: 'video', why: 'the worker died' },
];
