import {
  VisavisError,
  type Guard,
  type AudioFrame,
  type EngineSession,
  type VideoFrame,
} from '#modules/contracts';
import type { Command } from './core/commands.js';
import type {
  CameraShare,
  Conversation,
  ConversationLoad,
  ConversationSnapshot,
} from './core/conversation.js';
import { EngineLag } from './core/engine-lag.js';
import type { SessionEvent } from './core/events.js';
import type { Boundary, MachineInput, Told } from './core/inputs.js';
import type { ClientIntent, NewContent } from './core/intents.js';
import { ConversationMachine } from './core/machine.js';
import { PcmBuffer } from './core/hearing/pcm-buffer.js';
import type {
  FrameHandle,
  FramePort,
  JudgeHandle,
  JudgePort,
  Scheduler,
  VadHandle,
  VadPort,
} from './core/ports.js';
import type { SessionOptions } from './core/session.js';
import { EngineExecutor } from './engine-executor.js';

/** Of a longer sound (ms) its newest part is judged. */
const MOST_JUDGED_MS = 8000;

export interface LiveOptions extends SessionOptions {
  readonly engine: EngineSession;
  readonly vad: VadPort;
  readonly frames: FramePort;
  /** Default: none; sounds are judged by the engine's ear alone. */
  readonly judges?: JudgePort | undefined;
  readonly scheduler: Scheduler;
  readonly onEvent: (event: SessionEvent) => void;
  /** An error that no code foresaw; the conversation goes on. */
  readonly onBug: (error: unknown) => void;
  /** Stands before every callback of the conversation: what they throw leaves the machine in no known state. */
  readonly guard: Guard;
}

/** Drives one machine: feeds it media, intents and results, performs its commands, and keeps its one timer. */
export class LiveConversation implements Conversation {
  readonly #machine: ConversationMachine;
  readonly #executor: EngineExecutor;
  readonly #vad: VadHandle;
  readonly #frames: FrameHandle;
  readonly #scheduler: Scheduler;
  readonly #onEvent: (event: SessionEvent) => void;
  readonly #onBug: (error: unknown) => void;
  readonly #guard: Guard;
  readonly #judge: JudgeHandle | null;
  readonly #ear: Pick<EngineSession, 'judge'>;
  readonly #pcm = new PcmBuffer();
  readonly #inputs: { input: MachineInput; atMs: number }[] = [];
  readonly #frameLag = new EngineLag();
  readonly #answerLag = new EngineLag();
  #handling = false;
  #timer: { atMs: number; cancel: () => void } | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: LiveOptions) {
    const { judges } = options;
    this.#machine = new ConversationMachine({ ...options, ...(judges && { judge: judges.tells }) });
    this.#judge = judges?.open() ?? null;
    this.#ear = options.engine;
    this.#scheduler = options.scheduler;
    this.#onEvent = options.onEvent;
    this.#onBug = options.onBug;
    this.#guard = options.guard;
    this.#frames = options.frames.open(options.caps.frameSize);
    this.#executor = new EngineExecutor(options.engine, {
      onResult: this.#guard.wrap('conversation.result', (input) => {
        this.#noteResult(input);
        this.#handle(input);
      }),
      onBug: (error) => this.#onBug(error),
      guard: this.#guard,
    });
    this.#vad = options.vad.open(this.#machine.detection, {
      onBoundary: (boundary) => this.#onBoundary(boundary),
      onLost: (why) => this.#emit({ type: 'part_lost', part: 'hearing', why }),
      guard: this.#guard,
    });
    options.engine.onLost?.(
      this.#guard.wrap('conversation.engine', (why) => {
        if (!this.#closing) this.#emit({ type: 'part_lost', part: 'engine', why: why.message });
      }),
    );
  }

  pushAudio(frame: AudioFrame): void {
    if (this.#closing) return;
    const { startMs, endMs } = this.#pcm.push(frame);
    this.#vad.push(frame);
    this.#handle({ t: 'audio', startMs, endMs }, frame.arrivedAtMs);
    this.#pcm.trimBefore(this.#machine.audioNeededFromMs);
  }

  get unheardMs(): number {
    return this.#closing ? 0 : this.#vad.unheardMs;
  }

  pushVideo(frame: VideoFrame): void {
    if (this.#closing) return;
    const verdict = this.#frames.push(frame);
    if (verdict.kept) this.#handle({ t: 'frame', segment: verdict.segment });
    else {
      const { ptsMs, source } = frame;
      this.#handle({ t: 'frame_skipped', ptsMs, source, reason: verdict.reason });
    }
  }

  intent(intent: ClientIntent): void {
    try {
      this.#handle({ t: 'intent', intent: this.#fitted(intent) });
    } catch (error) {
      if (!(error instanceof VisavisError)) throw error;
      const { code, message, param } = error;
      this.#onEvent({
        type: 'error',
        error: { code, message, param, clientEventId: intent.clientEventId ?? null },
      });
    }
  }

  snapshot(): ConversationSnapshot {
    return this.#machine.snapshot();
  }

  load(): ConversationLoad {
    const nowMs = this.#scheduler.nowMs();
    return {
      frameLagMs: this.#frameLag.at(nowMs),
      answerLagMs: this.#answerLag.at(nowMs),
      tokens: this.#closing ? 0 : this.#machine.tokens,
    };
  }

  share({ frameIntervalMs, frameSize, maxFrames }: CameraShare): void {
    this.#frames.share(frameIntervalMs, frameSize);
    this.#handle({ t: 'window', maxFrames });
  }

  close(): Promise<void> {
    if (!this.#closing) {
      try {
        this.#handle({ t: 'close' });
      } finally {
        // A machine that has thrown may throw again: what it held is given back all the same.
        this.#timer?.cancel();
        this.#vad.close();
        this.#judge?.close();
        this.#closing = this.#executor.close();
      }
    }
    return this.#closing;
  }

  /** Pictures in messages come in any size. */
  #fitted(intent: ClientIntent): ClientIntent {
    const fit = (part: NewContent): NewContent =>
      part.type === 'input_image' ? { ...part, image: this.#frames.fit(part.image) } : part;
    if (intent.k === 'item_create') return { ...intent, content: intent.content.map(fit) };
    if (intent.k !== 'response_create' || !intent.input) return intent;
    const input = intent.input.map((item) =>
      item.type === 'message' ? { ...item, content: item.content.map(fit) } : item,
    );
    return { ...intent, input };
  }

  #onBoundary(boundary: Boundary): void {
    const lastSpeechPacketAtMs =
      boundary.t === 'speech_end' ? this.#pcm.arrivalOf(boundary.speechEndMs) : null;
    this.#handle({ t: 'boundary', boundary, lastSpeechPacketAtMs });
  }

  /** What a command or a listener leads to waits until the input before it is done with. */
  #handle(input: MachineInput, atMs = this.#scheduler.nowMs()): void {
    this.#inputs.push({ input, atMs });
    if (this.#handling) return;
    this.#handling = true;
    try {
      for (let next = this.#inputs.shift(); next; next = this.#inputs.shift()) {
        for (const command of this.#machine.handle(next.input, next.atMs)) this.#perform(command);
      }
    } finally {
      this.#handling = false;
    }
    this.#schedule();
  }

  #perform(command: Command): void {
    switch (command.c) {
      case 'emit':
        // A picture that was kept and then not taken in is none that the next one could be a duplicate of.
        if (command.event.type === 'frame_dropped' && command.event.reason === 'video_off')
          this.#frames.forget(command.event.source);
        return this.#emit(command.event);
      case 'append':
        if (command.segment.k === 'frame') this.#frameLag.asked(command.ref, this.#scheduler.nowMs());
        return this.#executor.append(command.ref, command.segment, command.priority);
      case 'append_audio':
        return this.#appendAudio(command);
      case 'mark':
        return this.#executor.mark(command.key);
      case 'rollback':
        return this.#executor.rollback(command.key);
      case 'generate':
        if (!command.speculative) this.#answerLag.asked(command.responseId, this.#scheduler.nowMs());
        return this.#executor.generate(command);
      case 'aside':
        return this.#executor.aside(command);
      case 'cut':
        return this.#executor.cut(command.responseId, command.keepTokens);
      case 'abort':
        return this.#executor.abort(command.responseId);
      case 'accept':
        return this.#executor.accept(command.responseId, command.keepTokens);
      case 'evict': {
        const { c: _, ...options } = command;
        return this.#executor.evict(options);
      }
      case 'redact':
        this.#frames.forget();
        return this.#executor.redact(command.ids);
      case 'detect':
        return this.#vad.configure(command.settings);
      case 'detect_anew':
        return this.#vad.startAnew(command.fromMs);
      case 'judge':
        return this.#haveJudged(command);
      case 'disown':
        return this.#vad.disown();
      case 'assume_silence':
        return this.#vad.silenceUntil(command.untilMs);
      case 'close':
        return;
    }
  }

  /** How long the engine took. */
  #noteResult(input: MachineInput): void {
    const nowMs = this.#scheduler.nowMs();
    if (input.t === 'appended') this.#frameLag.done(input.ref, nowMs);
    else if (input.t === 'append_failed') this.#frameLag.dropped(input.ref);
    else if (input.t === 'generation_failed') this.#answerLag.dropped(input.responseId);
    else if (input.t === 'generation' && input.event.t === 'end') this.#answerLag.dropped(input.responseId);
    else if (input.t === 'generation' && input.event.t !== 'start')
      this.#answerLag.done(input.responseId, nowMs);
  }

  #appendAudio(command: Command & { c: 'append_audio' }): void {
    const { ref, utterance, fromMs, toMs, final, predict = false, priority } = command;
    const pcm = this.#pcm.cut(fromMs, toMs);
    const segment = { k: 'audio', id: ref, ptsMs: fromMs, pcm, final, predict, utterance } as const;
    this.#executor.append(ref, segment, priority);
  }

  #haveJudged({ ref, fromMs, toMs, ear, turnEnd }: Command & { c: 'judge' }): void {
    const pcm = this.#pcm.cut(Math.max(fromMs, toMs - MOST_JUDGED_MS), toMs);
    const tell = (told: Told): void => {
      if (!this.#closing) this.#handle({ t: 'judged', ref, told });
    };
    const guard = this.#guard;
    if (this.#judge)
      guard.watch('conversation.judge', this.#judge.judge(pcm, { turnEnd, speech: true }).then(tell));
    if (ear && this.#ear.judge) {
      // Where it cannot tell now, the rules do without.
      const told = this.#ear.judge(pcm).catch((error: unknown): Told => {
        if (!(error instanceof VisavisError)) this.#onBug(error);
        return {};
      });
      guard.watch('conversation.judge', told.then(tell));
    }
  }

  /** A listener's error is the listener's: it must not cost the conversation a command. */
  #emit(event: SessionEvent): void {
    try {
      this.#onEvent(event);
    } catch (error) {
      this.#onBug(error);
    }
  }

  /** One timer: it is moved only to an earlier time, and where it comes too early it is set again. */
  #schedule(): void {
    const atMs = this.#machine.nextDeadlineMs;
    if (atMs === null || (this.#timer && this.#timer.atMs <= atMs)) return;
    this.#timer?.cancel();
    const tick = this.#guard.wrap('conversation.tick', () => {
      this.#timer = null;
      this.#handle({ t: 'tick' });
    });
    const cancel = this.#scheduler.at(atMs, tick);
    this.#timer = { atMs, cancel };
  }
}
