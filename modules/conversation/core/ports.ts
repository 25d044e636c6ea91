import type { AudioFrame, Clock, Guard, RgbImage, VideoFrame, VideoSource } from '#modules/contracts';
import type { Boundary, FrameSegment, Told } from './inputs.js';
import type { DetectionSettings } from './turn-rules/turn-detection.js';

/** Detects speech in one microphone. Times are ms on the media clock. */
export interface VadHandle {
  push(frame: AudioFrame): void;
  /** null: stop listening, and forget what was heard. */
  configure(settings: DetectionSettings | null): void;
  /** What lies before this is not spoken of any more: speech that goes on there begins anew. */
  startAnew(fromMs: number): void;
  /** What was heard last was not the caller. */
  disown(): void;
  /** Nothing has come, and it counts as silence up to here. */
  silenceUntil(ms: number): void;
  /** Audio that was pushed and is not judged yet (ms); 0 where it does not listen. */
  readonly unheardMs: number;
  close(): void;
}

/** Whom a detector tells. */
export interface VadListener {
  /** In the order of the audio. */
  readonly onBoundary: (boundary: Boundary) => void;
  /** There is no detector any more, and there will be none. Speech that had begun has been told to end. */
  readonly onLost: (why: string) => void;
  /** Stands before what timers and workers call. */
  readonly guard: Guard;
}

export interface VadPort {
  open(settings: DetectionSettings | null, listener: VadListener): VadHandle;
}

/** Judges the sounds of one microphone. */
export interface JudgeHandle {
  /** @param pcm 16 kHz mono; never rejects */
  judge(pcm: Float32Array, wanted: { turnEnd: boolean; speech: boolean }): Promise<Told>;
  close(): void;
}

export interface JudgePort {
  /** What it tells. */
  readonly tells: { readonly turnEnd: boolean; readonly speech: boolean };
  open(): JudgeHandle;
}

/** What became of a picture: a segment, or the reason why not. */
export type FrameVerdict =
  { readonly kept: true; readonly segment: FrameSegment } | { readonly kept: false; readonly reason: string };

/** Paces, sifts and resizes the pictures of one call's camera and screen. */
export interface FrameHandle {
  push(frame: VideoFrame): FrameVerdict;
  /** From the next picture on. @param intervalMs least time between two, of both together */
  share(intervalMs: number, size: { readonly width: number; readonly height: number }): void;
  /** The pictures kept so far are not in the context: the next one is news. @param source of this one; left out: of both */
  forget(source?: VideoSource): void;
  /** A single picture in the size that the engine takes. @throws VisavisError `bad_image` */
  fit(image: RgbImage): RgbImage;
}

export interface FramePort {
  open(size: { readonly width: number; readonly height: number }): FrameHandle;
}

/** Time for a session: the clock that its `atMs` are on, and timers. */
export interface Scheduler extends Clock {
  /** Calls once when the clock reaches `atMs`. @returns cancels it */
  at(atMs: number, call: () => void): () => void;
}
