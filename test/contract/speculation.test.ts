import { Logger } from '@nestjs/common';
import type { EngineSession, GenEvent, GenerateOptions, RgbImage } from '#modules/contracts';
import { ConversationService, type SessionEvent } from '#modules/conversation';
import { DecoderService } from '#modules/decoder';
import { FrameService } from '#modules/frame';
import { FrameAdapter } from '../../modules/conversation/adapters/frame.adapter.js';
import {
  CountingIds,
  ScriptedVad,
  SERVER_VAD,
  VirtualScheduler,
} from '../../modules/conversation/testing/index.js';
import { readWav } from '../../modules/vad/testing/speech-timeline.js';
import { TEST_MODEL } from '../support/model-folder.js';

// Real: the conversation, the engine in its worker with the shipped model. Made up: when the detector says what, the clock.

Logger.overrideLogger(false);

const PACKET_MS = 20;
const SPEECH = [
  readWav(new URL('../fixtures/speech/color-of-star.wav', import.meta.url)),
  readWav(new URL('../fixtures/speech/how-many-circles.wav', import.meta.url)),
];

/** Pauses of each question (ms from its beginning), after which the user goes on. */
type Script = readonly (readonly number[])[];

/** One conversation, whose engine is watched: how much it has generated since the last look. */
class Caller {
  readonly events: SessionEvent[] = [];
  readonly #vad = new ScriptedVad();
  readonly #clock = new VirtualScheduler();
  #generated = 0;
  #pictures = 0;

  constructor(
    readonly engine: DecoderService,
    readonly speculation: boolean,
  ) {}

  eventsOf<T extends SessionEvent['type']>(type: T): Extract<SessionEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<SessionEvent, { type: T }> => event.type === type);
  }

  async ask(script: Script): Promise<string[]> {
    const { engine, speculation } = this;
    const ids = new CountingIds();
    const frames = new FrameAdapter(new FrameService({ intervalMs: 1000 }), ids);
    const ports = { engine, vad: this.#vad, frames, scheduler: this.#clock, ids };
    const session = await engine.open({ system: '', tenant: 'test' });
    const conversation = await new ConversationService(ports, {}).open({
      config: {
        instructions: '',
        maxOutputTokens: 24,
        turnDetection: SERVER_VAD,
        turnTaking: { speculation },
      },
      onEvent: (event) => void this.events.push(event),
      engineSession: this.#watched(session),
    });
    const hear = (pcm: Float32Array, ms: number) => {
      const ptsMs = this.#clock.nowMs();
      this.#clock.advance(ptsMs + ms);
      const frame = { pcm, ptsMs, arrivedAtMs: ptsMs + ms, concealed: false };
      conversation.pushAudio(frame);
    };
    for (const [turn, pauses] of script.entries()) {
      const speech = SPEECH[turn % SPEECH.length]!;
      conversation.pushVideo({
        source: 'camera',
        image: picture(++this.#pictures),
        ptsMs: this.#clock.nowMs(),
        arrivedAtMs: 0,
      });
      hear(new Float32Array(400 * 16), 400);
      const startMs = this.#clock.nowMs();
      this.#vad.say({ t: 'speech_start', atMs: startMs, startMs });
      for (let at = 0; at < speech.length; at += PACKET_MS * 16) {
        hear(speech.subarray(at, at + PACKET_MS * 16), PACKET_MS);
        if (!pauses.includes(at / 16)) continue;
        await this.#pause();
        for (let ms = 0; ms < 200; ms += PACKET_MS) hear(new Float32Array(PACKET_MS * 16), PACKET_MS);
        this.#vad.say({ t: 'resume', atMs: this.#clock.nowMs() });
      }
      const speechEndMs = this.#clock.nowMs() - 100;
      await this.#pause();
      this.#vad.say({ t: 'speech_end', atMs: this.#clock.nowMs(), speechEndMs });
      await until(() => this.eventsOf('turn_timing').length === turn + 1);
    }
    await conversation.close('test');
    return this.eventsOf('response_done').map(({ response }) => {
      const [item] = response.output;
      const part = item?.type === 'message' ? item.content[0] : undefined;
      return part?.type === 'output_text' ? part.text : '';
    });
  }

  /** Where answers are begun ahead, the engine has got some way into one. */
  async #pause(): Promise<void> {
    const atMs = this.#clock.nowMs();
    this.#generated = 0;
    this.#vad.say({ t: 'tentative_pause', atMs, speechEndMs: atMs - 100 });
    if (this.speculation) await until(() => this.#generated > 0);
  }

  #watched(session: EngineSession): EngineSession {
    const generate = session.generate.bind(session);
    const count = () => (this.#generated += 1);
    session.generate = async function* (options: GenerateOptions): AsyncGenerator<GenEvent> {
      for await (const event of generate(options)) {
        if (event.t !== 'start') count();
        yield event;
      }
    };
    return session;
  }
}

function picture(seed: number): RgbImage {
  const data = new Uint8Array(320 * 240 * 3).map((_, i) => (i * seed * 7 + ((i >> 9) % 5) * 40) % 256);
  return { width: 320, height: 240, data };
}

async function until(holds: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 20_000;
  while (!holds()) {
    if (performance.now() > giveUpAt) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('an answer begun ahead, over the shipped model', () => {
  const engine = new DecoderService({ modelFolder: TEST_MODEL });
  beforeAll(() => engine.load(), 120_000);
  afterAll(() => engine.close({ drainMs: 1000 }));

  it('leaves nothing behind when the user goes on: all answers are those without', async () => {
    const script: Script = [[300, 700], [500], [900]];
    const [ahead, plain] = [new Caller(engine, true), new Caller(engine, false)];
    const answers = await ahead.ask(script);
    expect(answers).toEqual(await plain.ask(script));
    expect(answers.join('').length).toBeGreaterThan(0);

    const outcomes = ahead.eventsOf('speculation_ended').map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['resumed', 'resumed', 'used', 'resumed', 'used', 'resumed', 'used']);
    expect(plain.eventsOf('speculation_ended')).toEqual([]);
    const [contexts, plainly] = [ahead, plain].map((caller) =>
      caller.eventsOf('context_receipt').map(({ tokens, audio }) => ({ tokens, spans: audio.map(spanOf) })),
    );
    expect(contexts).toEqual(plainly);
    for (const caller of [ahead, plain]) expect(caller.eventsOf('error')).toEqual([]);
  }, 120_000);
});

function spanOf({ startMs, endMs }: { startMs: number; endMs: number }): [number, number] {
  return [startMs, endMs];
}
