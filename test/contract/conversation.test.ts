import { Logger, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ConversationModule,
  ConversationService,
  type Conversation,
  type SessionConfig,
  type SessionEvent,
} from '#modules/conversation';
import { DecoderModule } from '#modules/decoder';
import { VadModule } from '#modules/vad';
import { SERVER_VAD } from '../../modules/conversation/testing/index.js';
import { readWav, timeline } from '../../modules/vad/testing/speech-timeline.js';
import { TEST_MODEL } from '../support/model-folder.js';

// Real: the conversation as Nest wires it, Silero and the engine in their workers, the frame pipeline, the clock.
// Made up: where sound and pictures come from. The sound is played at four times its speed.

Logger.overrideLogger(false);

const QUESTION = readWav(new URL('../fixtures/speech/color-of-star.wav', import.meta.url));
const SPEECH_AT_MS = 600;
const SPEECH_MS = QUESTION.length / 16;
/** The question, then silence for longer than a turn's end takes. */
const SOUND = timeline(3000, [{ pcm: QUESTION, atMs: SPEECH_AT_MS }]);
const PLAY_SPEED = 4;
const FRAME_MS = 20;

/** Answers that are begun at the commit: those begun ahead have test/contract/speculation.test.ts, and the last test here. */
const CONFIG: SessionConfig = {
  instructions: '',
  maxOutputTokens: 12,
  turnDetection: SERVER_VAD,
  turnTaking: { speculation: false },
};

/** One caller. */
class Caller {
  readonly events: SessionEvent[] = [];
  conversation!: Conversation;
  onEvent: (event: SessionEvent) => void = () => undefined;
  private mediaMs = 0;
  private pictures = 0;

  async dial(service: ConversationService): Promise<this> {
    const onEvent = (event: SessionEvent) => {
      this.events.push(event);
      this.onEvent(event);
    };
    this.conversation = await service.open({ config: CONFIG, onEvent });
    return this;
  }

  eventsOf<T extends SessionEvent['type']>(type: T): Extract<SessionEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<SessionEvent, { type: T }> => event.type === type);
  }

  /** Asks the question with the camera on, and waits until `count` responses are done. @returns when speech began */
  async ask(count: number): Promise<number> {
    const speechAtMs = this.mediaMs + SPEECH_AT_MS;
    for (let at = 0; at < SOUND.length; at += FRAME_MS * 16) {
      const arrivedAtMs = performance.now();
      if (this.mediaMs % 1000 === 0) this.see();
      const pcm = SOUND.subarray(at, at + FRAME_MS * 16);
      this.conversation.pushAudio({ pcm, ptsMs: this.mediaMs, arrivedAtMs, concealed: false });
      this.mediaMs += FRAME_MS;
      await pause(FRAME_MS / PLAY_SPEED);
    }
    await this.until(() => this.eventsOf('turn_timing').length >= count);
    return speechAtMs;
  }

  async until(holds: () => boolean): Promise<void> {
    const giveUpAt = performance.now() + 10_000;
    while (!holds()) {
      if (performance.now() > giveUpAt)
        throw new Error(`waited in vain; said: ${this.events.map((e) => e.type).join()}`);
      await pause(5);
    }
  }

  /** A picture unlike the one before. */
  private see(): void {
    const data = new Uint8Array(320 * 240 * 3).fill((++this.pictures * 70) % 256);
    const image = { width: 320, height: 240, data };
    this.conversation.pushVideo({
      source: 'camera',
      image,
      ptsMs: this.mediaMs,
      arrivedAtMs: performance.now(),
    });
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a conversation over the real detector and the real engine', () => {
  let application: INestApplicationContext;
  let service: ConversationService;
  let caller: Caller;

  beforeAll(async () => {
    const decoder = DecoderModule.forRoot({ modelFolder: TEST_MODEL });
    const vad = VadModule.forRoot({ model: 'v6' });
    const root = ConversationModule.forRoot({ imports: [decoder, vad], frameIntervalMs: 1000 });
    application = await NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });
    service = application.get(ConversationService);
  });
  afterAll(() => application?.close());
  beforeEach(async () => {
    caller = await new Caller().dial(service);
  });
  afterEach(() => caller.conversation.close('test'));

  it('hears a question, attends it with the frames, and answers', async () => {
    const speechAtMs = await caller.ask(1);

    const [started] = caller.eventsOf('speech_started');
    const [stopped] = caller.eventsOf('speech_stopped');
    expect(Math.abs(started!.audioStartMs - (speechAtMs - SERVER_VAD.prefix_padding_ms))).toBeLessThan(150);
    const heardMs = stopped!.audioEndMs - (speechAtMs + SPEECH_MS);
    expect(heardMs).toBeGreaterThan(SERVER_VAD.silence_duration_ms - 150);
    expect(heardMs).toBeLessThan(SERVER_VAD.silence_duration_ms + 250);

    expect(caller.eventsOf('frame_dropped')).toEqual([]);
    expect(caller.eventsOf('error')).toEqual([]);
    const [receipt] = caller.eventsOf('context_receipt');
    expect(receipt?.frames.map(({ ptsMs }) => ptsMs)).toEqual(
      [0, 1000, 2000].slice(0, receipt?.frames.length),
    );
    expect(receipt?.frames.length).toBeGreaterThanOrEqual(2);
    expect(receipt?.audio).toMatchObject([{ itemId: started!.itemId, startMs: started!.audioStartMs }]);
    const tailMs = receipt!.audio[0]!.endMs - (speechAtMs + SPEECH_MS);
    // What had been heard when the pause became known.
    expect(tailMs).toBeGreaterThan(80);
    expect(tailMs).toBeLessThan(400);

    const { response } = caller.eventsOf('response_done')[0]!;
    expect(['completed', 'incomplete']).toContain(response.status);
    expect(response.output).toMatchObject([{ role: 'assistant', content: [{ type: 'output_text' }] }]);
    expect(response.usage).toMatchObject({
      input: { image: sum(caller.eventsOf('frame_attended').slice(0, receipt?.frames.length)) },
      cached: { audio: 0 },
    });
    expect(response.usage!.input.audio).toBeGreaterThan(SPEECH_MS / 80);
  });

  it('tells where the time of an answer went', async () => {
    await caller.ask(1);
    const timing = caller.eventsOf('turn_timing')[0]!;
    const stamps = [
      timing.lastSpeechPacketAtMs!,
      timing.vadEndAtMs!,
      timing.commitAtMs,
      timing.firstTokenAtMs!,
      timing.doneAtMs,
    ];
    expect(stamps).toEqual(stamps.toSorted((a, b) => a - b));
    expect(timing.framesAttended).toBe(caller.eventsOf('context_receipt')[0]?.frames.length);
    expect(timing.outputTokens).toBe(caller.eventsOf('response_done')[0]?.response.usage?.output);
  });

  it('continues the same context with a second question', async () => {
    await caller.ask(1);
    await caller.ask(2);
    const [first, second] = caller.eventsOf('response_done').map(({ response }) => response.usage!);
    expect(second!.cached.audio).toBe(first!.input.audio);
    expect(second!.input.audio).toBeGreaterThan(1.8 * first!.input.audio);
    const [before, after] = caller.eventsOf('context_receipt');
    expect(after!.frames.slice(0, before!.frames.length)).toEqual(before!.frames);
    expect(after!.frames.length).toBeGreaterThan(before!.frames.length);
    expect(caller.conversation.snapshot().items.map((item) => item.type === 'message' && item.role)).toEqual([
      'user',
      'assistant',
      'user',
      'assistant',
    ]);
  });

  it('is cancelled as the answer begins, and answers the next question', async () => {
    caller.onEvent = (event) => {
      if (event.type === 'content_part_added') caller.conversation.intent({ k: 'response_cancel' });
    };
    await caller.ask(1);
    expect(caller.eventsOf('response_done')[0]?.response).toMatchObject({
      status: 'cancelled',
      reason: 'client_cancelled',
      output: [{ status: 'incomplete' }],
    });
    caller.onEvent = () => undefined;
    await caller.ask(2);
    expect(['completed', 'incomplete']).toContain(caller.eventsOf('response_done')[1]?.response.status);
    expect(caller.eventsOf('error')).toEqual([]);
  });

  it('leaves the question open when it is cancelled before the engine began', async () => {
    caller.onEvent = (event) => {
      if (event.type !== 'response_created') return;
      caller.onEvent = () => undefined;
      caller.conversation.intent({ k: 'response_cancel' });
    };
    await caller.ask(1);
    expect(caller.eventsOf('response_done')[0]?.response).toMatchObject({ status: 'cancelled', output: [] });
    await caller.ask(2);
    expect(caller.eventsOf('context_receipt').at(-1)?.audio).toHaveLength(2);
    expect(caller.eventsOf('error')).toEqual([]);
  });

  it('begins to answer in the pause', async () => {
    const config = { ...CONFIG, turnTaking: { speculation: true } };
    caller.conversation.intent({ k: 'session_update', config });
    await caller.ask(1);
    expect(caller.eventsOf('speculation_ended').at(-1)).toMatchObject({ kind: 'speech', outcome: 'used' });
    const timing = caller.eventsOf('turn_timing')[0]!;
    expect(timing.speculation).toMatchObject({ used: true });
    expect(timing.prefillMs).toBe(0);
    expect(caller.eventsOf('response_done')[0]?.response.usage?.cached.audio).toBe(0);
    expect(caller.eventsOf('error')).toEqual([]);
  });

  it('answers typed questions too', async () => {
    const content = [{ type: 'input_text', text: 'what color is the star' }] as const;
    caller.conversation.intent({ k: 'item_create', role: 'user', content });
    caller.conversation.intent({ k: 'response_create' });
    await caller.until(() => caller.eventsOf('response_done').length === 1);
    expect(['completed', 'incomplete']).toContain(caller.eventsOf('response_done')[0]?.response.status);
    expect(caller.eventsOf('error')).toEqual([]);
  });
});

function sum(frames: readonly { tokens: number }[]): number {
  return frames.reduce((total, { tokens }) => total + tokens, 0);
}
