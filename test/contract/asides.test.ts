import { Logger } from '@nestjs/common';
import {
  ConversationService,
  type Conversation,
  type SessionConfig,
  type SessionEvent,
} from '#modules/conversation';
import { DecoderService } from '#modules/decoder';
import { FrameService } from '#modules/frame';
import { FrameAdapter } from '../../modules/conversation/adapters/frame.adapter.js';
import { ScriptedVad, CountingIds, VirtualScheduler } from '../../modules/conversation/testing/index.js';
import { readWav } from '../../modules/vad/testing/speech-timeline.js';
import { TEST_MODEL } from '../support/model-folder.js';

// Real: the conversation, the engine in its worker with the shipped model. Made up: the clock, and who commits the turns.

Logger.overrideLogger(false);

const QUESTION = readWav(new URL('../fixtures/speech/color-of-star.wav', import.meta.url));
const CONFIG: SessionConfig = { instructions: '', maxOutputTokens: 48, turnDetection: null };
const PACKET_MS = 20;

class Caller {
  readonly events: SessionEvent[] = [];
  readonly clock = new VirtualScheduler();
  conversation!: Conversation;

  async dial(engine: DecoderService, config: Partial<SessionConfig> = {}): Promise<this> {
    const ids = new CountingIds();
    const frames = new FrameAdapter(new FrameService({ intervalMs: 1000 }), ids);
    const ports = { engine, vad: new ScriptedVad(), frames, scheduler: this.clock, ids };
    this.conversation = await new ConversationService(ports, {}).open({
      config: { ...CONFIG, ...config },
      onEvent: (event) => void this.events.push(event),
    });
    return this;
  }

  eventsOf<T extends SessionEvent['type']>(type: T): Extract<SessionEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<SessionEvent, { type: T }> => event.type === type);
  }

  see(seed: number): void {
    const data = new Uint8Array(320 * 240 * 3).map((_, i) => (i * seed * 7 + ((i >> 9) % 5) * 40) % 256);
    const image = { width: 320, height: 240, data };
    this.conversation.pushVideo({ source: 'camera', image, ptsMs: this.clock.nowMs(), arrivedAtMs: 0 });
  }

  speak(pcm: Float32Array): void {
    for (let at = 0; at < pcm.length; at += PACKET_MS * 16) {
      const ptsMs = this.clock.nowMs();
      this.clock.advance(ptsMs + PACKET_MS);
      const frame = {
        pcm: pcm.subarray(at, at + PACKET_MS * 16),
        ptsMs,
        arrivedAtMs: ptsMs,
        concealed: false,
      };
      this.conversation.pushAudio(frame);
    }
    this.conversation.intent({ k: 'audio_commit' });
  }

  /** @returns what the response says, and its usage */
  async response(wishes: object = {}) {
    const done = this.eventsOf('response_done').length;
    this.conversation.intent({ k: 'response_create', ...wishes });
    await until(() => this.eventsOf('response_done').length > done);
    const { response } = this.eventsOf('response_done')[done]!;
    const [item] = response.output;
    const part = item?.type === 'message' ? item.content[0] : undefined;
    return { ...response, text: part?.type === 'output_text' ? part.text : '' };
  }

  type(text: string): void {
    this.conversation.intent({ k: 'item_create', role: 'user', content: [{ type: 'input_text', text }] });
  }
}

async function until(holds: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 20_000;
  while (!holds()) {
    if (performance.now() > giveUpAt) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const message = (text: string) => ({
  type: 'message',
  role: 'user',
  content: [{ type: 'input_text', text }],
});

describe('beside a conversation, over the shipped model', () => {
  const engine = new DecoderService({ modelFolder: TEST_MODEL });
  beforeAll(() => engine.load(), 120_000);
  afterAll(() => engine.close({ drainMs: 1000 }));
  const callers: Caller[] = [];
  const dial = async (config?: Partial<SessionConfig>) => {
    const caller = await new Caller().dial(engine, config);
    callers.push(caller);
    return caller;
  };
  afterEach(() => Promise.all(callers.splice(0).map(({ conversation }) => conversation.close('test'))));

  it('writes down what was said, after the answer, and leaves the context as it was', async () => {
    const [caller, plain] = [await dial({ transcription: { language: 'en' } }), await dial()];
    for (const one of [caller, plain]) {
      one.speak(QUESTION);
      await one.response();
    }
    await until(() => caller.events.some(({ type }) => /transcript_(completed|failed)/.test(type)));
    const [written] = caller.eventsOf('transcript_completed');
    expect(written?.transcript).toBe('what color is the star');
    expect(
      caller
        .eventsOf('transcript_delta')
        .map(({ delta }) => delta)
        .join('')
        .trim(),
    ).toBe(written?.transcript);
    expect(written?.usage.audio).toBeGreaterThan(10);
    const items = caller.conversation.snapshot().items;
    expect(items[0]).toMatchObject({ content: [{ transcript: 'what color is the star' }] });
    const next = [];
    for (const one of [caller, plain]) {
      one.type('how many circles are there');
      next.push(await one.response());
    }
    expect(next[0]?.text).toBe(next[1]?.text);
    expect(next[0]?.usage?.input).toEqual(next[1]?.usage?.input);
  });

  it('answers an input of its own as an empty conversation would, and the conversation goes on as without it', async () => {
    const [caller, plain, empty] = [await dial(), await dial(), await dial()];
    for (const one of [caller, plain]) {
      one.see(3);
      one.speak(QUESTION);
      await one.response();
    }
    // The camera is the session's, not the conversation's.
    empty.see(3);
    empty.type('say good morning in chinese');
    const expected = await empty.response();
    const input = [message('say good morning in chinese')];
    const side = await caller.response({ conversation: 'none', input });
    expect(side).toMatchObject({ conversationId: null, text: expected.text, status: 'completed' });
    expect(side.usage?.input).toEqual({ ...expected.usage?.input });
    const spoken = { type: 'item_reference', itemId: caller.conversation.snapshot().items[0]!.id };
    const again = await caller.response({ conversation: 'none', input: [spoken] });
    expect(again.usage?.input.audio).toBeGreaterThan(10);
    const onTop = await caller.response({ conversation: 'none', metadata: { about: 'all of it' } });
    expect(onTop.conversationId).toBeNull();
    const next = [];
    for (const one of [caller, plain]) {
      one.type('what color is the star');
      next.push(await one.response());
    }
    expect(next[0]?.text).toBe(next[1]?.text);
    expect(caller.eventsOf('error')).toEqual([]);
  });

  it('forgets of an answer what nobody heard', async () => {
    const caller = await dial();
    caller.see(5);
    caller.type('describe the table');
    const answer = await caller.response();
    const { itemId } = caller.eventsOf('text_done')[0]!;
    caller.conversation.intent({ k: 'item_truncate', itemId, contentIndex: 0, audioEndMs: 0, characters: 5 });
    const [item] = caller.conversation.snapshot().items.slice(-1);
    const kept =
      item?.type === 'message' && item.content[0]?.type === 'output_text' ? item.content[0].text : '';
    expect(kept.length).toBeLessThanOrEqual(5);
    expect(answer.text.startsWith(kept)).toBe(true);
    caller.type('what color is the star');
    const next = await caller.response();
    const held = answer.usage!.input.text + answer.usage!.output;
    expect(next.usage!.input.text).toBeLessThan(held + 20 - answer.usage!.output / 2);
    expect(caller.eventsOf('error')).toEqual([]);
  });
});
