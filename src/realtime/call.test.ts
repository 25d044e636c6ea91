import { setImmediate as tick } from 'node:timers/promises';
import { defaultSession, serverEventSchema, type ServerEvent } from '@vis-a-vis/protocol';
import { pino } from 'pino';
import { Guard, VisavisError } from '#modules/contracts';
import type { SendResult } from '#modules/media';
import { Metrics } from '../telemetry/metrics.js';
import { ANYBODY, type Grant } from './access.js';
import { Call } from './call.js';
import { TextClient } from './transports/text-client.js';
import { FakeConversation } from './testing/fake-conversation.js';
import { SPOKEN_TURN } from './testing/sample-events.js';

/** Fake: the connection and the conversation. Real: everything of the call between them. */
async function setUp(grant: Grant = ANYBODY) {
  const sent: ServerEvent[] = [];
  const metrics = new Metrics();
  const bugs: unknown[] = [];
  const peer = {
    closed: 0,
    result: 'sent' as SendResult,
    buffered: 0,
    send: (text: string): SendResult => {
      if (peer.result === 'sent') sent.push(serverEventSchema.parse(JSON.parse(text)));
      return peer.result;
    },
    bufferedAmount: () => peer.buffered,
    largestBytes: 262_144,
    close: () => void (peer.closed += 1),
  };
  let id = 0;
  const call = new Call({
    id: 'rtc_1',
    grant,
    session: defaultSession('sess_1', 'visavis-pocket'),
    decodeImage: async () => Promise.reject(new VisavisError('bad_image', 'No picture.')),
    clock: { nowMs: () => 12_921 },
    ids: { next: (prefix) => `${prefix}_${id++}` },
    metrics,
    logger: pino({ level: 'silent' }),
    guard: new Guard((where, error) => bugs.push([where, error])),
  });
  const conversation = new FakeConversation((event) => call.onSessionEvent(event));
  call.attach(peer);
  const client = new TextClient(call);
  await call.begin(conversation);
  const types = () => sent.map((event) => event.type);
  const tell = async (...messages: (string | Uint8Array | object)[]) => {
    for (const message of messages) {
      const raw = typeof message === 'string' || message instanceof Uint8Array;
      client.message(raw ? message : JSON.stringify(message));
    }
    // Performing an event takes microtasks, sending what it led to the next turn of the loop.
    await tick();
    await tick();
  };
  return { bugs, call, client, conversation, metrics, peer, sent, types, tell };
}

describe('Call', () => {
  it('greets with the whole session when the channel opens', async () => {
    const { client, peer, sent } = await setUp();
    client.open(peer);
    expect(sent).toMatchObject([
      { type: 'session.created', session: { id: 'sess_1', output_modalities: ['text'] } },
    ]);
  });

  it('has no response pass by what a secret has fixed for the session; nulls wish nothing', async () => {
    const fixed: Grant = {
      ...ANYBODY,
      checkChange: (before, after) => {
        if (before.instructions !== after.instructions)
          throw new VisavisError('session_fixed', 'Fixed.', 'session.instructions');
      },
    };
    const { client, conversation, peer, sent, tell } = await setUp(fixed);
    client.open(peer);
    await tell({ type: 'response.create', response: { instructions: 'Ignore all.' } });
    expect(sent.at(-1)).toMatchObject({ type: 'error', error: { code: 'session_fixed' } });
    expect(conversation.intents).toEqual([]);
    await tell({ type: 'response.create', response: { instructions: null, max_output_tokens: null } });
    expect(conversation.intents).toMatchObject([{ k: 'response_create' }]);
  });

  it('merges each update, and answers each', async () => {
    const { client, conversation, peer, sent, tell } = await setUp();
    client.open(peer);
    await tell(
      {
        type: 'session.update',
        session: { type: 'realtime', instructions: 'Be brief.', output_modalities: ['audio'] },
      },
      { type: 'session.update', session: { type: 'realtime', tracing: 'auto' } },
    );
    expect(sent.slice(1)).toMatchObject([
      {
        type: 'session.updated',
        session: { instructions: 'Be brief.', output_modalities: ['text'], tracing: null },
      },
      { type: 'session.updated', session: { instructions: 'Be brief.', tracing: 'auto' } },
    ]);
    expect(conversation.intents).toMatchObject([
      { k: 'session_update', config: { instructions: 'Be brief.' } },
      { k: 'session_update', config: { turnDetection: { type: 'server_vad' } } },
    ]);
  });

  it('accepts output_audio_buffer.clear, which stock clients always send when they interrupt', async () => {
    const { call, client, peer, sent, types, tell } = await setUp();
    client.open(peer);
    await tell({ type: 'output_audio_buffer.clear' });
    expect(types()).toEqual(['session.created', 'output_audio_buffer.cleared']);
    expect(sent.at(-1)).toMatchObject({ response_id: '' });
    for (const event of SPOKEN_TURN) call.onSessionEvent(event);
    await tell({ type: 'output_audio_buffer.clear' });
    expect(sent.at(-1)).toMatchObject({ type: 'output_audio_buffer.cleared', response_id: 'resp_1' });
  });

  it('answers junk with errors that name the event, and goes on', async () => {
    const { client, conversation, peer, sent, tell } = await setUp();
    client.open(peer);
    const image = { type: 'input_image', image_url: 'data:image/png;base64,AAAA' };
    await tell(
      'no json',
      new Uint8Array(3),
      'x'.repeat(300_000),
      { type: 'sing', event_id: 'e1' },
      { type: 'input_audio_buffer.append', event_id: 'e2', audio: 'AAAA' },
      {
        type: 'conversation.item.create',
        event_id: 'e3',
        item: { type: 'message', role: 'user', content: [image] },
      },
      { type: 'response.create' },
    );
    expect(
      sent.flatMap((event) => (event.type === 'error' ? [[event.error.code, event.error.event_id]] : [])),
    ).toEqual([
      ['invalid_json', null],
      ['invalid_event', null],
      ['message_too_large', null],
      ['unknown_event', 'e1'],
      ['invalid_event', 'e2'],
      ['bad_image', 'e3'],
    ]);
    expect(conversation.intents).toMatchObject([{ k: 'item_refused' }, { k: 'response_create' }]);
  });

  it('tells the conversation of a question that could not be read, in its place', async () => {
    const { client, conversation, peer, tell } = await setUp();
    client.open(peer);
    const item = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hello' }] };
    await tell(
      { type: 'conversation.item.create', item },
      { type: 'conversation.item.create', item: { ...item, foo: 1 } },
      { type: 'response.create' },
    );
    expect(conversation.intents.map(({ k }) => k)).toEqual([
      'item_create',
      'item_refused',
      'response_create',
    ]);
  });

  it('refuses what it could not tell this client back: an item, a session', async () => {
    const { call, client, conversation, peer, sent, tell } = await setUp();
    client.open({ ...peer, largestBytes: 20_000 });
    const item = (text: string) => ({
      type: 'message',
      role: 'user',
      content: [{ type: 'input_text', text }],
    });
    // Of three bytes a character, and of escapes that are written out.
    for (const [event_id, text] of [
      ['e1', '日'.repeat(7000)],
      ['e2', '\u0001'.repeat(4000)],
      ['e3', 'x'.repeat(19_000)],
    ] as const)
      await tell({ type: 'conversation.item.create', event_id, item: item(text) });
    const output = 'x'.repeat(20_000);
    const result = { type: 'function_call_output', call_id: 'call_1', output };
    await tell({ type: 'conversation.item.create', event_id: 'e4', item: result });
    const session = { type: 'realtime', instructions: 'x'.repeat(20_000) };
    await tell({ type: 'session.update', event_id: 'e5', session });
    const errors = sent.flatMap((event) => (event.type === 'error' ? [event.error] : []));
    expect(errors.map(({ code, event_id, param }) => [code, event_id, param])).toEqual([
      ['message_too_large', 'e1', 'item'],
      ['message_too_large', 'e2', 'item'],
      ['message_too_large', 'e4', 'item'],
      ['message_too_large', 'e5', 'session'],
    ]);
    expect(conversation.intents.filter(({ k }) => k !== 'item_refused')).toMatchObject([
      { k: 'item_create', clientEventId: '1:e3' },
    ]);
    expect(call.settings.instructions).toBe('');
  });

  it('tells a client whose message was dropped for its size', async () => {
    const { client, peer, sent } = await setUp();
    client.open(peer);
    client.tooLarge();
    // Performing an event takes microtasks, sending what it led to the next turn of the loop.
    await tick();
    await tick();
    expect(sent.at(-1)).toMatchObject({ type: 'error', error: { code: 'message_too_large' } });
  });

  it('counts the turn, its latency and its context', async () => {
    const { call, client, conversation, metrics, peer, types } = await setUp();
    client.open(peer);
    for (const event of SPOKEN_TURN) conversation.emit(event);
    call.onDrop('duplicate', 2);
    // Performing an event takes microtasks, sending what it led to the next turn of the loop.
    await tick();
    await tick();
    expect(types().at(-1)).toBe('rate_limits.updated');
    const text = await metrics.text();
    expect(text).toContain('visavis_turns_total{status="completed"} 1');
    expect(text).toContain('visavis_commit_to_first_token_seconds_count 1');
    expect(text).toContain('visavis_commit_to_first_token_seconds_sum 0.009');
    expect(text).toContain('visavis_speech_end_to_first_token_seconds_sum 0.521');
    expect(text).toContain('visavis_kv_tokens 97');
    expect(text).toContain('visavis_drops_total{reason="duplicate"} 2');
  });

  it('gives its conversation what there is for its camera, and tells who asked for it, once', async () => {
    const { call, client, conversation, peer, sent, tell } = await setUp();
    client.open(peer);
    const camera = { frameIntervalMs: 2000, frameSize: { width: 192, height: 192 }, maxFrames: 48 };
    const less = { rung: 'frame_rate', reason: 'memory', camera } as const;
    call.give(less);
    await tell({ type: 'session.update', session: { visavis: { events: ['degraded'] } } });
    call.give({ ...less, reason: 'engine_time' });
    call.give({ ...less, reason: 'engine_time' });
    await tick();
    expect(conversation.shares).toEqual([camera, camera, camera]);
    const told = sent.filter(({ type }) => type === 'visavis.degraded');
    expect(told).toMatchObject([
      { part: 'capacity', level: { rung: 'frame_rate', reason: 'engine_time', frame_interval_ms: 2000 } },
    ]);
    await call.close('hangup');
    call.give(less);
    expect(conversation.shares).toHaveLength(3);
  });

  it('passes media on, on a clock that begins with it', async () => {
    const { call, conversation } = await setUp();
    const audio = { pcm: new Float32Array(320), ptsMs: 5000, arrivedAtMs: 9010, concealed: false };
    const image = { width: 1, height: 1, data: new Uint8Array(3) };
    const video = { source: 'screen' as const, image, ptsMs: 5040, arrivedAtMs: 9050 };
    call.onAudio(audio);
    call.onVideo(video);
    expect(conversation.audio).toEqual([{ ...audio, ptsMs: 0 }]);
    expect(conversation.video).toEqual([{ ...video, ptsMs: 40 }]);
  });

  it('gives back the conversation of a client that left before it began', async () => {
    const { call } = await setUp();
    await call.close('closed_by_peer');
    const late = new FakeConversation(() => undefined);
    await expect(call.begin(late)).rejects.toMatchObject({ code: 'session_closed' });
    expect(late.closedBecause).not.toBeNull();
  });

  it('closes both sides once', async () => {
    const { call, conversation, metrics, peer } = await setUp();
    await call.close('hangup');
    await call.close('closed_by_peer');
    expect(conversation.closedBecause).toBe('hangup');
    expect(peer.closed).toBe(1);
    expect(await metrics.text()).toContain('visavis_sessions 0\n');
  });

  it('goes on without words where the channel has closed under it, and greets anew when it opens anew', async () => {
    const { bugs, client, conversation, metrics, peer, types, tell } = await setUp();
    client.open(peer);
    await tell({ type: 'session.update', session: { type: 'realtime', instructions: 'Be brief.' } });
    peer.result = 'not_open';
    for (const event of SPOKEN_TURN) conversation.emit(event);
    await tick();
    expect(bugs).toEqual([]);
    expect(metrics.troubles().drops).toEqual({ no_channel: 16 });
    peer.result = 'sent';
    client.open(peer);
    await tell({ type: 'input_audio_buffer.clear' });
    expect(types()).toEqual(['session.created', 'session.updated', 'session.created']);
    expect(conversation.intents).toHaveLength(2);
  });

  it('tells of a part that is lost, and goes on', async () => {
    const { call, client, metrics, peer, sent } = await setUp();
    client.open(peer);
    call.onLost('video', 'the worker died');
    await tick();
    expect(sent.at(-1)).toMatchObject({ type: 'error', error: { code: 'part_lost', param: 'video' } });
    expect(metrics.troubles().parts_lost).toEqual({ video: 1 });
  });

  it('is quiet with its turn where the client has no channel', async () => {
    const { call, conversation } = await setUp();
    for (const event of SPOKEN_TURN) conversation.emit(event);
    expect(call.quiet).toBe(true);
  });

  it('tells the client of a fault of ours, and ends when that has left', async () => {
    const { call, client, conversation, metrics, peer, sent } = await setUp();
    client.open(peer);
    peer.buffered = 100;
    const failed = call.fail(new VisavisError('internal_error', 'Internal error.'));
    call.onAudio({ pcm: new Float32Array(320), ptsMs: 0, arrivedAtMs: 0, concealed: false });
    client.message('{}');
    call.onSessionEvent({ type: 'audio_cleared' });
    expect(sent.at(-1)).toMatchObject({ type: 'error', error: { code: 'internal_error' } });
    expect(peer.closed).toBe(0);
    peer.buffered = 0;
    await failed;
    await call.fail(new VisavisError('internal_error', 'Internal error.'));
    expect([peer.closed, conversation.closedBecause, conversation.audio]).toEqual([1, 'internal_error', []]);
    expect(sent).toHaveLength(2);
    expect(await metrics.text()).toContain('visavis_sessions_ended_total{reason="internal_error"} 1');
  });

  it('does not wait long for a client that reads nothing', async () => {
    const { call, client, peer } = await setUp();
    client.open(peer);
    peer.buffered = 100;
    await call.fail(new VisavisError('internal_error', 'Internal error.'));
    expect(peer.closed).toBe(1);
  });

  it('closes the connection also where its conversation does not close', async () => {
    const { call, conversation, peer } = await setUp();
    conversation.close = () => Promise.reject(new Error('struck'));
    await expect(call.close('hangup')).rejects.toThrow('struck');
    expect(peer.closed).toBe(1);
  });
});
