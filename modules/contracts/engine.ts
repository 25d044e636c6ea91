import type { VisavisError } from './errors.js';
import type { RgbImage, VideoSource } from './media.js';

/** What an engine can do; the conversation adapts to it. */
export interface EngineCaps {
  readonly kind: 'local-kv' | 'remote-prefix' | 'remote-stream';
  readonly rollback: 'exact' | 'replay' | 'none';
  /** generate() may start before the turn is confirmed. */
  readonly speculative: boolean;
  /** Audio is encoded before it is final. */
  readonly incrementalAudio: boolean;
  /** Tokens: local 1, vLLM 16. */
  readonly reuseGranularity: number;
  readonly maxContextTokens: number;
  readonly maxSessions: number;
  /**
   * The picture size the vision encoder takes; the frame module resizes to it. `keepsRatio`: with bars where a picture's ratio is another
   * one; left out: squashed.
   */
  readonly frameSize: { readonly width: number; readonly height: number; readonly keepsRatio?: boolean };
  /** Pictures may also be smaller, and cost less then. Left out: they may not. */
  readonly smallerFrames?: boolean;
  readonly tokensPerFrame: number;
  /** Audio tokens a second of speech. */
  readonly audioTokensPerSecond: number;
  /** False: `instructions` are not part of what the model was trained on and are not put in its context. */
  readonly instructions: boolean;
  readonly modelId: string;
  /** The model predicts ends of turns: receipts of audio carry `turnEnd`. Left out: false. */
  readonly turnEnd?: boolean;
  /** What else the model tells of a sound: receipts of audio carry these. Left out: none of them. */
  readonly heads?: readonly EarHead[];
  /** Answers may call tools; calls and their results are part of the context. Left out: false, and there are neither. */
  readonly tools?: boolean;
  /**
   * The words that, behind an utterance and in the same turn, have the model write down what was said, by language
   * (ISO 639-1); the first are those for any other. Left out: the model writes nothing down.
   */
  readonly writeDown?: Readonly<Record<string, string>>;
  /** False: the model sees nothing, and frames are refused with `bad_image`. Left out: true. */
  readonly vision?: boolean;
  /** False: the model itself hears nothing. Left out: true. */
  readonly audio?: boolean;
  /** Of a model that hears nothing: what is said is written down for it. Else spoken turns are refused with `bad_audio`. */
  readonly transcripts?: boolean;
  /** Languages (ISO 639-1) in which it may be spoken to. Left out: not known. */
  readonly languages?: readonly string[];
}

/** What a model may tell of a sound beside its words. */
export type EarHead = 'turnEnd' | 'notForMe' | 'interrupts';

/** What was told of a sound, each 0..1 and decided at 0.5; left out: the model has no such head, or was not asked. */
export interface EarTold {
  /** Probability that the turn ends where this sound does. */
  readonly turnEnd?: number;
  /** Probability that nothing in the utterance so far is to be answered: no question, no words for the model. */
  readonly notForMe?: number;
  /** Probability that the utterance so far is meant to interrupt an answer. */
  readonly interrupts?: number;
}

/** A tool that an answer may call. */
export interface Tool {
  readonly name: string;
  readonly description?: string;
  /** A JSON schema of its arguments, as the client gave it. */
  readonly parameters?: unknown;
}

/** `required`: some tool is to be called; a name: this one. */
export type ToolChoice = 'none' | 'auto' | 'required' | { readonly name: string };

export type Role = 'system' | 'user' | 'assistant';

/** One piece of a conversation, in the order in which it enters the context. */
export type Segment =
  | { readonly k: 'turn'; readonly id: string; readonly role: Role; readonly edge: 'open' | 'close' }
  | { readonly k: 'text'; readonly id: string; readonly text: string }
  | {
      readonly k: 'frame';
      readonly id: string;
      readonly ptsMs: number;
      readonly image: RgbImage;
      /** Of live video: what it is of. Left out: a picture in a message. */
      readonly source?: VideoSource;
      readonly maxTiles?: number;
    }
  | {
      readonly k: 'audio';
      readonly id: string;
      readonly ptsMs: number;
      /** 16 kHz mono. */
      readonly pcm: Float32Array;
      /** The last block of its utterance: only then is the utterance attended. */
      readonly final: boolean;
      /**
       * Blocks of one utterance share this, each with an `id` of its own. A block of another utterance begins anew: what
       * came of one that never became final is forgotten. Left out: every block up to a final one is one utterance.
       */
      readonly utterance?: string;
      /** Have what the ear tells in the receipt, also of a block that is not final: it costs a run of the encoder. */
      readonly predict?: boolean;
    }
  /** A call of a tool that no answer of this session made: of a conversation that is taken up again. */
  | {
      readonly k: 'call';
      readonly id: string;
      readonly callId: string;
      readonly name: string;
      /** JSON, as the model wrote it: it may be broken. */
      readonly arguments: string;
    }
  /** What a tool gave back. It may come long after its call; an engine whose format wants it there puts it there. */
  | { readonly k: 'result'; readonly id: string; readonly callId: string; readonly output: string };

/**
 * A point in a session's context. `stale_checkpoint` once an `evict` or `redact` has begun another epoch, a rollback has
 * undone it, or 256 operations have followed it.
 */
export interface Checkpoint {
  readonly seq: number;
  readonly epoch: number;
  readonly tokens: number;
}

/**
 * What the ear told comes with audio that is final or is to `predict`; other blocks may have it as well. Left out: the model has
 * no such head, or the segment was in the context already.
 */
export interface AppendReceipt extends EarTold {
  /** Right behind the segment: every frame and every utterance is a point to go back to. */
  readonly at: Checkpoint;
  /** Tokens that this segment added to the context (0 for an audio block that is not final). */
  readonly tokens: number;
  readonly ms: { readonly queue: number; readonly encode: number; readonly prefill: number };
}

/**
 * Why a background append was shed: an answer is being made or waits to be accepted, or too many frames wait already, of
 * this session or of all that share its worker.
 */
export type ShedReason = 'answering' | 'session_backlog' | 'worker_backlog';

export type GenEvent =
  | { readonly t: 'start'; readonly genId: string; readonly base: Checkpoint }
  | {
      readonly t: 'token';
      readonly id: number;
      readonly text: string;
      readonly tMs: number;
      /** Probability that the model gave it, told of an answer's first token; left out: nobody says. */
      readonly probability?: number;
    }
  /** The answer begins to call a tool. `index`: of its calls, from 0; a model may make several, one inside of another. */
  | {
      readonly t: 'call';
      readonly index: number;
      readonly callId: string;
      readonly name: string;
      readonly tMs: number;
    }
  /** The next piece of a call's arguments; the call is whole when the answer ends by `stop`. */
  | { readonly t: 'arguments'; readonly index: number; readonly delta: string; readonly tMs: number }
  | {
      readonly t: 'end';
      readonly reason: 'stop' | 'length' | 'aborted' | 'error';
      readonly usage: { readonly prompt: number; readonly cached: number; readonly out: number };
    };

export interface GenerateOptions {
  readonly maxTokens: number;
  /** 0 (default) is greedy. */
  readonly temperature?: number;
  readonly seed?: number;
  readonly speculative?: boolean;
  readonly signal?: AbortSignal;
  /** What the answer may call; only where caps say `tools`. Default: nothing. */
  readonly tools?: readonly Tool[];
  /** Default `auto`. */
  readonly toolChoice?: ToolChoice;
}

/** Something that an {@link EngineSession.aside} reads: a segment, or the frame or utterance of this id in the context. */
export type AsideSegment = Segment | { readonly k: 'known'; readonly id: string };

export interface AsideOptions extends Omit<GenerateOptions, 'speculative'> {
  /** In the grammar of a context: whole turns. */
  readonly segments: readonly AsideSegment[];
  /** Default: the session's. */
  readonly system?: string;
  /** Nobody waits for it: others go first, and where there is too much to do it is rejected with `shed`. Default false. */
  readonly idle?: boolean;
}

/** What an eviction is to leave. */
export interface EvictOptions {
  /** Frames that stay at most: the newest. */
  readonly keepFrames: number;
  /** Tokens that stay at most, if that can be. */
  readonly targetTokens: number;
  /** The user's next turn is about to be opened: the newest exchange is over, and may go as those before it. Default false. */
  readonly opening?: boolean;
}

/** What an eviction or a redaction took out of the context. */
export interface Removal {
  readonly epoch: number;
  /** Tokens. */
  readonly freed: number;
  /** Ids of the segments and accepted answers (`genId`) that are gone, in their order; of an utterance its last block's. */
  readonly dropped: readonly string[];
}

export interface OmniEngine {
  readonly caps: EngineCaps;
  load(signal?: AbortSignal): Promise<void>;
  open(o: { system: string; tenant: string; budgetTokens?: number }): Promise<EngineSession>;
  close(o: { drainMs: number }): Promise<void>;
}

/**
 * One conversation's context. Operations are performed in the order in which they are called; one that fails changes
 * nothing. Segment ids are unique within a session (each audio block has its own), and an append with an `id` that is in
 * the context is a no-op, so that it may be retried. Frames, audio and text belong into a user turn that is open; calls and
 * results between turns, and after a result an answer may follow without a user turn.
 *
 * An answer (`generate`) lies on top of the context: the assistant turn is opened by `generate`, once the user's is
 * closed, and closed by `accept`. The next operation that is not its `accept` ends the answer and takes it off again.
 * A background append is no such operation: while there is an unaccepted answer, it is rejected with `shed`.
 *
 * A session outlives the loss of what computes it. Operations then wait for a while, and fail with `engine_restarting`
 * (nothing has changed, and it may be tried again) where that takes too long; an answer that had begun fails so, and can
 * still be accepted as far as it was told. `session_closed` where the session cannot be kept.
 */
export interface EngineSession {
  /** After the last operation that has been answered. */
  readonly head: Checkpoint;
  /**
   * Pixels and samples are copied: they stay the caller's.
   * @throws `shed` (`param` is the {@link ShedReason}), `aborted` (by the signal, or undone by a later rollback), `bad_image`, `bad_audio`, `bad_request`,
   * `context_full`
   */
  append(
    s: Segment,
    o?: { priority?: 'commit' | 'background'; signal?: AbortSignal },
  ): Promise<AppendReceipt>;
  /**
   * O(1); covers KV length, audio-encoder state and segment log, after everything that has been called so far, answered
   * or not (`tokens` and `epoch` are those of `head`).
   */
  mark(): Checkpoint;
  /** Cancels what was called after `to` and undoes what is done; may be repeated. @throws `stale_checkpoint` */
  rollback(to: Checkpoint): Promise<void>;
  /**
   * Begins at once, read or not; ends by its signal, by leaving the generator, or by the next operation.
   * Leaves `head` unchanged until `accept`. `tMs` counts from the call.
   */
  generate(o: GenerateOptions): AsyncGenerator<GenEvent>;
  /**
   * Makes a generation part of the context, and ends it if it has not ended.
   * @param o of its text the first `keepTokens` tokens, of its calls the first `keepCalls`; default: all, that is all calls
   * if it ended by itself and else none
   */
  accept(genId: string, o?: { keepTokens?: number; keepCalls?: number }): Promise<Checkpoint>;
  /**
   * Answers in a context of its own, as if it were the only thing in the session: nothing of what it reads or says is known
   * to the session later. Begins when what was called before has been done, holds nothing up, and may run beside an answer;
   * several may run at once. There is nothing to accept.
   * @throws `bad_request` (`param`: the id) where it names what the context does not hold; what `append` throws
   */
  aside(o: AsideOptions): AsyncGenerator<GenEvent>;
  /**
   * Shortens the text of an accepted answer to its first `keepTokens` tokens; what is behind is computed anew, as by
   * {@link redact}. An id of none, or of one that is as short, changes nothing. Checkpoints taken before are void from then on.
   */
  cut(genId: string, o: { keepTokens: number }): Promise<Removal>;
  /**
   * Takes out all frames but the newest `keepFrames`; then, while more than `targetTokens` tokens are left, the oldest whole
   * exchanges without a kept frame, then further frames. What stays still knows of what went, and keeps its positions. The
   * system prompt stays, and so does the newest exchange, unless another is about to begin. Checkpoints taken before are
   * void from then on.
   */
  evict(o: EvictOptions): Promise<Removal>;
  /**
   * Takes out the segments and accepted answers of these ids (of an utterance its name, or its last block's id) and all
   * that was computed from them: what is behind them is computed anew, in the background, and before anything called
   * later is answered. From then on the session is what one is that never had them, nor what was evicted from behind
   * them. An id that the context does not hold may be that of something evicted: then all that knows of anything evicted
   * is computed anew. Edges of turns are named like content: both of a closed turn, with all that is between them, or
   * neither. Checkpoints taken before are void from then on.
   */
  redact(ids: readonly string[]): Promise<Removal>;
  /**
   * What the ear tells of a sound by itself, beside the context and beside an answer that is made. Left out: it cannot.
   * @param pcm 16 kHz mono, 8 s at most; it is copied
   * @throws `aborted`, `engine_restarting`, `bad_audio`
   */
  judge?(pcm: Float32Array): Promise<EarTold>;
  /**
   * Tells once where the session is lost for good: no operation will succeed any more. An engine whose sessions cannot be
   * lost has no such thing.
   */
  onLost?(listener: (why: VisavisError) => void): void;
  /**
   * Resolves when nothing is computed for the session any more, in idle time neither: what comes next finds the same state however fast
   * the machine is. Left out: there is no such work.
   */
  settled?(): Promise<void>;
  close(): Promise<void>;
}
