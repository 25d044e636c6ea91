import { setImmediate } from 'node:timers/promises';
import {
  SAMPLE_RATE,
  type EngineSession,
  type GenerateOptions,
  type GenEvent,
  type OmniEngine,
  type RgbImage,
} from '#modules/contracts';
import {
  ConversationService,
  type Conversation,
  type SessionConfig,
  type SessionEvent,
} from '#modules/conversation';
import type { JudgeService, Vad, VadService } from '#modules/vad';
import { JudgeAdapter } from '../../modules/conversation/adapters/judge.adapter.js';
import { VadAdapter } from '../../modules/conversation/adapters/vad.adapter.js';
import { VirtualClock } from './virtual-clock.js';
import type { Answer, Heard } from './judge.js';

type Ports = ConstructorParameters<typeof ConversationService>[0];

const PACKET_MS = 20;
const PACKET = (PACKET_MS * SAMPLE_RATE) / 1000;
/** Quiet (ms) before anything is said: as long as a detector needs to know the room. */
const SETTLE_MS = 1000;
/** The clip begins this long (ms) after the first word of the answer that it falls into. */
const INTO_ANSWER_MS = 500;
/** A token of an answer that is spoken into takes as long (ms) as its words take to be read aloud. */
const READ_TOKEN_MS = 150;
/** Longest wait (ms) for the first word of such an answer. */
const FIRST_WORD_MS = 5000;

export interface PlayedParts {
  readonly engine: OmniEngine;
  readonly vad: VadService;
  readonly judge: JudgeService;
  /** What the camera shows. */
  readonly picture: RgbImage;
}

export interface PlayOptions {
  readonly turnDetection: SessionConfig['turnDetection'];
  /** 16 kHz mono. */
  readonly pcm: Float32Array;
  /** Typed before; the clip is played while it is answered. */
  readonly during?: string | undefined;
  /** Quiet (ms) behind the clip, in which what it led to shows itself. */
  readonly waitMs: number;
}

/**
 * Plays a clip as the microphone of one call, through the real detector, conversation and engine, in virtual time: the
 * media clock moves on when all that was asked for is done, so that nothing depends on what else the machine does.
 */
export async function play(parts: PlayedParts, options: PlayOptions): Promise<Heard> {
  const call = new PlayedCall(parts, options.during === undefined ? 0 : READ_TOKEN_MS);
  await call.open(options.turnDetection);
  try {
    await call.listen(new Float32Array((SETTLE_MS * SAMPLE_RATE) / 1000));
    if (options.during !== undefined) await call.type(options.during);
    call.begin();
    await call.listen(options.pcm);
    await call.listen(new Float32Array((options.waitMs * SAMPLE_RATE) / 1000));
    return call.heard();
  } finally {
    await call.close();
  }
}

class PlayedCall {
  readonly #parts: PlayedParts;
  readonly #clock = new VirtualClock();
  readonly #tokenMs: number;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #answers = new Map<
    string,
    { text: string; status: Answer['status'] | null; firstTextMs: number | null }
  >();
  #committed: number[] = [];
  #windows = { pushedMs: 0, judgedMs: 0 };
  #conversation: Conversation | null = null;
  #beganAtMs = 0;
  #typedId: string | null = null;

  constructor(parts: PlayedParts, tokenMs: number) {
    this.#parts = parts;
    this.#tokenMs = tokenMs;
  }

  async open(turnDetection: SessionConfig['turnDetection']): Promise<void> {
    const { engine, picture } = this.#parts;
    const service = new ConversationService(this.#ports(engine), {});
    this.#conversation = await service.open({
      config: { instructions: '', maxOutputTokens: 128, turnDetection },
      engineSession: this.#watched(await engine.open({ system: '', tenant: 'bench' })),
      onEvent: (event) => this.#onEvent(event),
    });
    this.#conversation.pushVideo({ source: 'camera', image: picture, ptsMs: 0, arrivedAtMs: 0 });
    await this.#idle();
  }

  /** A sound goes by, packet after packet. */
  async listen(pcm: Float32Array): Promise<void> {
    for (let at = 0; at < pcm.length; at += PACKET) {
      const packet = new Float32Array(PACKET);
      packet.set(pcm.subarray(at, at + PACKET));
      const ptsMs = this.#clock.nowMs();
      this.#clock.advance(ptsMs + PACKET_MS);
      this.#conversation?.pushAudio({
        pcm: packet,
        ptsMs,
        arrivedAtMs: this.#clock.nowMs(),
        concealed: false,
      });
      await this.#idle();
    }
  }

  /** Asks in writing, and waits until the answer has begun. @throws RangeError where it does not */
  async type(text: string): Promise<void> {
    this.#conversation?.intent({ k: 'item_create', role: 'user', content: [{ type: 'input_text', text }] });
    this.#conversation?.intent({ k: 'response_create' });
    const begun = () => [...this.#answers].find(([, { firstTextMs }]) => firstTextMs !== null);
    for (let ms = 0; !begun(); ms += PACKET_MS) {
      if (ms > FIRST_WORD_MS) throw new RangeError(`'${text}' is not answered`);
      await this.listen(new Float32Array(PACKET));
    }
    this.#typedId = begun()?.[0] ?? null;
    await this.listen(new Float32Array((INTO_ANSWER_MS * SAMPLE_RATE) / 1000));
  }

  /** What comes from now on is the clip's. */
  begin(): void {
    this.#beganAtMs = this.#clock.nowMs();
    this.#committed = [];
  }

  heard(): Heard {
    const typed = this.#typedId === null ? null : (this.#answers.get(this.#typedId)?.status ?? null);
    return {
      committed: this.#committed.map((atMs) => atMs - this.#beganAtMs),
      answers: [...this.#answers]
        .filter(([id]) => id !== this.#typedId)
        .map(([, { text, status, firstTextMs }]) => ({
          text,
          status: status ?? 'cancelled',
          firstTextMs: firstTextMs === null ? null : firstTextMs - this.#beganAtMs,
        })),
      underWay: typed,
    };
  }

  async close(): Promise<void> {
    const closing = this.#conversation?.close('the clip is over');
    this.#clock.advance(Infinity);
    await closing;
  }

  #onEvent(event: SessionEvent): void {
    const atMs = this.#clock.nowMs();
    switch (event.type) {
      case 'audio_committed':
        this.#committed.push(atMs);
        return;
      case 'response_created':
        this.#answers.set(event.response.id, { text: '', status: null, firstTextMs: null });
        return;
      case 'text_delta': {
        const answer = this.#answers.get(event.responseId);
        if (!answer) return;
        answer.text += event.delta;
        answer.firstTextMs ??= atMs;
        return;
      }
      case 'response_done': {
        const answer = this.#answers.get(event.response.id);
        if (answer) answer.status = event.response.status === 'completed' ? 'completed' : 'cancelled';
        return;
      }
      default:
        return;
    }
  }

  /** All that was asked of the detector and of the engine is done. */
  async #idle(): Promise<void> {
    do {
      await Promise.allSettled(this.#underWay);
      await setImmediate();
    } while (this.#underWay.size > 0 || this.#windows.judgedMs < this.#windows.pushedMs);
  }

  #track<T>(work: Promise<T>): Promise<T> {
    const noted: Promise<unknown> = work.catch(() => undefined).finally(() => this.#underWay.delete(noted));
    this.#underWay.add(noted);
    return work;
  }

  /** Notes what is under way in an engine session, whatever its operations are called. */
  #watched(session: EngineSession): EngineSession {
    return new Proxy(session, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== 'function') return value;
        if (key === 'generate') {
          return (options: GenerateOptions) => this.#read(target.generate(options), options.signal);
        }
        return (...args: unknown[]): unknown => {
          const result: unknown = Reflect.apply(value, target, args);
          return result instanceof Promise && key !== 'close' ? this.#track(result) : result;
        };
      },
    });
  }

  /** An answer at the pace at which it is read. */
  async *#read(answer: AsyncGenerator<GenEvent>, signal?: AbortSignal): AsyncGenerator<GenEvent> {
    let dueMs = 0;
    const aborted = new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
    try {
      for (;;) {
        const next = await this.#track(answer.next());
        if (next.done === true) return;
        if (next.value.t === 'token' && this.#tokenMs > 0) {
          dueMs = Math.max(dueMs, this.#clock.nowMs()) + this.#tokenMs;
          await Promise.race([this.#clock.until(dueMs), aborted]);
        }
        yield next.value;
      }
    } finally {
      await answer.return(undefined);
    }
  }

  #ports(engine: OmniEngine): Ports {
    let ids = 0;
    return {
      engine,
      ids: { next: (prefix) => `${prefix}_${++ids}` },
      scheduler: this.#clock,
      vad: new VadAdapter(this.#counted(this.#parts.vad), this.#clock),
      judges: new JudgeAdapter(this.#judged(this.#parts.judge)),
      frames: {
        open: () => ({
          push: ({ image, ptsMs }) => ({
            kept: true,
            segment: { k: 'frame', id: `frame_${ptsMs}`, ptsMs, image },
          }),
          share: () => undefined,
          forget: () => undefined,
          fit: (image) => image,
        }),
      },
    };
  }

  /** The judge of sounds, in another thread: its judgements are waited for. */
  #judged(service: JudgeService): Pick<JudgeService, 'models' | 'open'> {
    return {
      models: service.models,
      open: () => {
        const judge = service.open();
        return {
          judge: (pcm, wanted) => this.#track(judge.judge(pcm, wanted)),
          close: () => judge.close(),
        };
      },
    };
  }

  /** The detector, and how far it is behind: a window is judged in another thread. */
  #counted(vad: Vad): Vad {
    return {
      open: (handlers) => {
        let pushed = 0;
        const stream = vad.open({
          ...handlers,
          onProbability: (result) => {
            this.#windows.judgedMs += result.windowMs;
            handlers.onProbability(result);
          },
        });
        return {
          windowMs: stream.windowMs,
          get pending() {
            return stream.pending;
          },
          push: (pcm, ptsMs) => {
            pushed += (pcm.length * 1000) / SAMPLE_RATE;
            this.#windows.pushedMs = Math.floor(pushed / stream.windowMs) * stream.windowMs;
            stream.push(pcm, ptsMs);
          },
          close: () => stream.close(),
        };
      },
    };
  }
}
