/** Real: the service, its executor and the frame pipeline. Fake: the engine (no model), the detector, the clock. */
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Guard, VisavisError } from '#modules/contracts';
import { FakeEngine, type Script } from '../decoder/testing/index.js';
import { CONFIG } from './testing/machine-harness.js';
import { Room } from './testing/room.js';

/** Long enough for everything that follows from an input to happen. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

class FakeRoom extends Room<FakeEngine> {
  constructor(engine = new FakeEngine(() => ['It', ' is', ' red.'])) {
    super(engine);
  }

  get context() {
    return this.engine.sessions[0]!.entries;
  }
}

const hanging: Script = () => Array.from({ length: 500 }, () => 'x');

describe('ConversationService', () => {
  test('answers a spoken question over what it has seen', async () => {
    const room = await new FakeRoom().open();
    room.see();
    room.ask();
    await settled();
    expect(room.context.map(({ k }) => k)).toEqual([
      'turn',
      'frame',
      'audio',
      'audio',
      'audio',
      'audio',
      'audio',
      'audio',
      'turn',
      'answer',
    ]);
    const { response } = room.eventsOf('response_done')[0]!;
    expect(response).toMatchObject({
      status: 'completed',
      output: [{ content: [{ type: 'output_text', text: 'It is red.' }] }],
    });
    expect(response.usage?.input.image).toBe(37);
    expect(room.conversation.snapshot()).toMatchObject({ state: 'idle', activeResponseId: null });
  });

  test('the sound in the context is the sound that came, from the padding to the tail and without a seam', async () => {
    const room = await new FakeRoom().open();
    room.ask();
    await settled();
    const blocks = room.context.filter((entry) => entry.k === 'audio');
    const sound = blocks.flatMap(({ pcm }) => [...pcm]);
    expect(sound).toHaveLength(1700 * 16);
    expect(sound[0]).toBeCloseTo(0.7, 5);
    expect(sound.at(-1)).toBeCloseTo(2.4, 3);
    expect(sound.every((x, i) => i === 0 || x > sound[i - 1]!)).toBe(true);
    expect(blocks.map(({ final }) => final)).toEqual([false, false, false, false, false, true]);
  });

  test('knows when the last packet of speech came', async () => {
    const room = await new FakeRoom().open();
    room.ask();
    await settled();
    expect(room.eventsOf('turn_timing')[0]).toMatchObject({
      speechEndMs: 2000,
      lastSpeechPacketAtMs: 2000,
      commitAtMs: 2500,
    });
  });

  test('three turns continue one context', async () => {
    const room = await new FakeRoom().open();
    for (let turn = 0; turn < 3; turn++) {
      room.see();
      room.ask();
      await settled();
    }
    expect(room.eventsOf('response_done').map(({ response }) => response.status)).toEqual([
      'completed',
      'completed',
      'completed',
    ]);
    expect(room.context.filter(({ k }) => k === 'answer')).toHaveLength(3);
    expect(room.eventsOf('context_receipt').map(({ frames }) => frames.length)).toEqual([1, 2, 3]);
  });

  test('barge-in keeps in the context what was sent, and no more', async () => {
    const room = await new FakeRoom(new FakeEngine(hanging)).open();
    let tokens = 0;
    room.onEvent = (event) => {
      if (event.type !== 'text_delta' || ++tokens !== 7) return;
      const atMs = room.clock.nowMs();
      room.vad.say({ t: 'speech_start', atMs, startMs: atMs });
    };
    room.ask();
    await settled();
    expect(room.eventsOf('response_done')[0]?.response).toMatchObject({
      status: 'cancelled',
      reason: 'turn_detected',
      usage: { output: 7 },
    });
    expect(room.context.find(({ k }) => k === 'answer')).toMatchObject({ tokens: Array(7).fill('x') });
    expect(room.conversation.snapshot().state).toBe('listening');
    room.hear(room.clock.nowMs() + 500);
    room.vad.say({ t: 'speech_end', atMs: room.clock.nowMs(), speechEndMs: room.clock.nowMs() });
    await settled();
    expect(room.eventsOf('response_done')).toHaveLength(2);
  });

  test('what a listener asks for in the middle of an event comes after it', async () => {
    const room = await new FakeRoom().open();
    room.onEvent = (event) => {
      if (event.type === 'response_created') room.conversation.intent({ k: 'response_cancel' });
    };
    room.ask();
    await settled();
    expect(room.eventsOf('response_done')[0]?.response.reason).toBe('client_cancelled');
    expect(room.context.some(({ k }) => k === 'answer')).toBe(false);
  });

  test('a listener that throws costs the conversation nothing', async () => {
    const errors = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const room = await new FakeRoom().open();
    room.onEvent = () => {
      throw new Error('listener');
    };
    room.ask();
    await settled();
    expect(room.said).toContain('response_done');
    expect(errors).toHaveBeenCalled();
    errors.mockRestore();
  });

  test('a typed question with a picture of any size', async () => {
    const room = await new FakeRoom().open();
    const image = { width: 64, height: 32, data: new Uint8Array(64 * 32 * 3) };
    room.conversation.intent({
      k: 'item_create',
      role: 'user',
      content: [
        { type: 'input_image', image, detail: 'auto' },
        { type: 'input_text', text: 'what is this' },
      ],
    });
    room.conversation.intent({ k: 'response_create' });
    await settled();
    expect(room.context.map(({ k }) => k)).toEqual(['turn', 'frame', 'text', 'turn', 'answer']);
    expect(room.context[1]).toMatchObject({ image: room.engine.caps.frameSize });
  });

  test('a picture that cannot be used is an error, and nothing of the message is kept', async () => {
    const room = await new FakeRoom().open();
    const image = { width: 1, height: 1, data: new Uint8Array(3) };
    room.conversation.intent({
      k: 'item_create',
      clientEventId: 'evt_1',
      role: 'user',
      content: [{ type: 'input_image', image, detail: 'auto' }],
    });
    expect(room.events).toMatchObject([
      { type: 'error', error: { code: 'bad_image', clientEventId: 'evt_1' } },
    ]);
    expect(room.conversation.snapshot().items).toEqual([]);
  });

  test('frames that the pipeline keeps out are told with its reason', async () => {
    const room = await new FakeRoom().open();
    room.see(0);
    room.see(100);
    expect(room.eventsOf('frame_dropped')).toEqual([
      { type: 'frame_dropped', ptsMs: 100, reason: 'paced', source: 'camera' },
    ]);
  });

  test('the window stays within its limit for hours', async () => {
    const room = await new FakeRoom().open();
    for (let second = 0; second < 300; second++) {
      room.see(second * 1000);
      if (second % 10 === 0) await settled();
    }
    await settled();
    const frames = room.context.filter(({ k }) => k === 'frame');
    expect(frames.length).toBeLessThanOrEqual(48);
    expect(frames.length).toBeGreaterThanOrEqual(42);
    expect(frames.at(-1)).toMatchObject({ ptsMs: 299_000 });
  });

  test('an update reaches the detector; null stops it', async () => {
    const room = await new FakeRoom().open();
    expect(room.vad.settings).toMatchObject({
      threshold: 0.5,
      prefixPaddingMs: 300,
      silenceDurationMs: 500,
    });
    room.conversation.intent({ k: 'session_update', config: { ...CONFIG, turnDetection: null } });
    expect(room.vad.settings).toBeNull();
  });

  test('a microphone that goes dead during speech is taken for silent by the timer', async () => {
    const room = await new FakeRoom().open();
    room.hear(1000);
    room.vad.say({ t: 'speech_start', atMs: 1000, startMs: 900 });
    room.hear(1500);
    room.clock.advance(3650);
    expect(room.vad.silences).toEqual([3500, 3550, 3600, 3650]);
    expect(room.clock.pending).toBe(1);
  });

  test('an engine that says nothing fails the response at the deadline, and the session goes on', async () => {
    const room = await new FakeRoom().open();
    const session = room.engine.sessions[0]!;
    const generate = session.generate.bind(session);
    session.generate = async function* ({ signal }) {
      await new Promise((resolve) => signal?.addEventListener('abort', resolve, { once: true }));
      yield* [];
    };
    room.ask();
    await settled();
    room.clock.advance(room.clock.nowMs() + 30_000);
    await settled();
    expect(room.eventsOf('response_done')[0]?.response).toMatchObject({
      status: 'failed',
      error: { code: 'engine_failed' },
    });
    session.generate = generate;
    room.conversation.intent({ k: 'response_create' });
    await settled();
    expect(room.eventsOf('response_done')[1]?.response.status).toBe('completed');
  });

  test.each([
    ['a coded error', new VisavisError('capacity', 'x'), 'capacity', 0],
    ['any other error', new Error('boom'), 'engine_failed', 1],
  ])(
    '%s of the engine fails the turn in flight, and the session goes on',
    async (_name, error, code, logged) => {
      const errors = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      const room = await new FakeRoom().open();
      const session = room.engine.sessions[0]!;
      const append = session.append.bind(session);
      session.append = (segment, o) =>
        segment.k === 'audio' && segment.final ? Promise.reject(error) : append(segment, o);
      room.ask();
      await settled();
      expect(room.eventsOf('response_done')[0]?.response).toMatchObject({
        status: 'failed',
        error: { code },
      });
      session.append = append;
      room.ask();
      await settled();
      expect(room.eventsOf('response_done')[1]?.response.status).toBe('completed');
      expect(errors).toHaveBeenCalledTimes(logged);
      errors.mockRestore();
    },
  );

  test('what its callbacks meet that no code foresaw is told to the guard of its call', async () => {
    const bugs: string[] = [];
    const room = new FakeRoom();
    room.guard = new Guard((where) => bugs.push(where));
    await room.open();
    room.engine.sessions[0]!.append = () => Promise.resolve(null as never);
    room.ask();
    await settled();
    expect(new Set(bugs)).toEqual(new Set(['conversation.result']));
  });

  test('the loss of its detector or its engine is told, until it is closed', async () => {
    const room = new FakeRoom();
    const session = await room.engine.open();
    let lose: (why: VisavisError) => void = () => undefined;
    Object.assign(session, { onLost: (listener: typeof lose) => void (lose = listener) });
    await room.open(session);
    room.vad.lose('the thread died');
    lose(new VisavisError('session_closed', 'no worker is left'));
    expect(room.eventsOf('part_lost')).toEqual([
      { type: 'part_lost', part: 'hearing', why: 'the thread died' },
      { type: 'part_lost', part: 'engine', why: 'no worker is left' },
    ]);
    await room.conversation.close('hangup');
    lose(new VisavisError('session_closed', 'no worker is left'));
    expect(room.eventsOf('part_lost')).toHaveLength(2);
  });

  test('closing ends the response, frees the engine session and is done once', async () => {
    const room = await new FakeRoom(new FakeEngine(hanging)).open();
    room.onEvent = (event) => {
      if (event.type === 'text_delta') void room.conversation.close('hangup');
    };
    room.ask();
    await settled();
    await room.conversation.close('again');
    expect(room.eventsOf('response_done')[0]?.response.status).toBe('cancelled');
    expect(room.engine.sessions[0]?.isClosed).toBe(true);
    expect(room.vad.closed).toBe(true);
    expect(room.clock.pending).toBe(0);
    const before = room.events.length;
    room.see();
    room.conversation.pushAudio({ pcm: new Float32Array(320), ptsMs: 0, arrivedAtMs: 0, concealed: false });
    room.conversation.intent({ k: 'response_create' });
    expect(room.events).toHaveLength(before);
  });

  test('an engine without room is an error of open', async () => {
    const room = new FakeRoom(new FakeEngine(hanging, { maxSessions: 0 }));
    await expect(room.open()).rejects.toMatchObject({ code: 'capacity' });
  });

  test('takes over an engine session that is open already', async () => {
    const room = new FakeRoom();
    const session = await room.engine.open();
    await room.open(session);
    expect(room.engine.sessions).toHaveLength(1);
    await room.conversation.close('bye');
    expect(session.isClosed).toBe(true);
  });
});
