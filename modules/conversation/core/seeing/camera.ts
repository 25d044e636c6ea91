import { VIDEO_SOURCES, type VideoSource } from '#modules/contracts';
import { DEFAULT_VIDEO, type VideoConfig } from '../config.js';
import type { ContextWriter } from '../context/context-writer.js';
import type { FrameSegment } from '../inputs.js';
import type { Session } from '../session.js';

/**
 * The live camera and the screen beside it: what of them is taken in, and what becomes of that when one goes off. It is off when the
 * client says so, and when no picture of it has come for a while: a track that is stopped says nothing else.
 */
export class Camera {
  readonly #session: Session;
  readonly #writer: ContextWriter;
  /** When a picture of it came last (gateway clock), of those that are on. */
  readonly #seenAtMs = new Map<VideoSource, number>();

  constructor(session: Session, writer: ContextWriter) {
    this.#session = session;
    this.#writer = writer;
  }

  /** When silence of one means that it is off; null: it means nothing. */
  get deadlineMs(): number | null {
    if (this.#seenAtMs.size === 0 || this.#config.whenOff === 'keep') return null;
    return Math.min(...this.#seenAtMs.values()) + this.#session.settings.cameraTimeoutMs;
  }

  frame(segment: FrameSegment, atMs: number): void {
    const { ptsMs, source = 'camera' } = segment;
    if (!this.#shows(source)) return this.skipped({ ptsMs, source, reason: 'video_off' }, atMs);
    if (this.#session.caps.vision === false)
      return this.skipped({ ptsMs, source, reason: 'no_vision' }, atMs);
    this.#seenAtMs.set(source, atMs);
    this.#writer.write({ k: 'frame', segment, itemId: segment.id, requested: false });
  }

  /** A picture that is not taken in still shows that its camera is on. */
  skipped(frame: { ptsMs: number; source?: VideoSource; reason: string }, atMs: number): void {
    const { ptsMs, source = 'camera', reason } = frame;
    if (this.#shows(source)) this.#seenAtMs.set(source, atMs);
    this.#session.out.emit({ type: 'frame_dropped', ptsMs, reason, source });
  }

  /** The session's configuration has changed. */
  configured(): void {
    for (const source of VIDEO_SOURCES) if (!this.#shows(source)) this.#off(source);
  }

  tick(atMs: number): void {
    const { deadlineMs } = this;
    if (deadlineMs === null || atMs < deadlineMs) return;
    const { cameraTimeoutMs } = this.#session.settings;
    for (const [source, seenAtMs] of this.#seenAtMs)
      if (atMs >= seenAtMs + cameraTimeoutMs) this.#off(source);
  }

  #off(source: VideoSource): void {
    this.#seenAtMs.delete(source);
    if (this.#config.whenOff === 'redact') this.#writer.redactVideo(source);
  }

  #shows(source: VideoSource): boolean {
    return this.#config.shown.includes(source);
  }

  get #config(): VideoConfig {
    return this.#session.config.video ?? DEFAULT_VIDEO;
  }
}
