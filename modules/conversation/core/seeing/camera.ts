import { DEFAULT_VIDEO, type VideoConfig } from '../config.js';
import type { ContextWriter } from '../context/context-writer.js';
import type { FrameSegment } from '../inputs.js';
import type { Session } from '../session.js';

/**
 * The live camera: what of it is taken in, and what becomes of that when it goes off. It is off when the client says so,
 * and when no picture has come for a while: a track that is stopped says nothing else.
 */
export class Camera {
  readonly #session: Session;
  readonly #writer: ContextWriter;
  /** Gateway clock; null while it is off. */
  #seenAtMs: number | null = null;

  constructor(session: Session, writer: ContextWriter) {
    this.#session = session;
    this.#writer = writer;
  }

  /** When silence of the camera means that it is off; null: it means nothing. */
  get deadlineMs(): number | null {
    if (this.#seenAtMs === null || this.#config.whenOff === 'keep') return null;
    return this.#seenAtMs + this.#session.settings.cameraTimeoutMs;
  }

  frame(segment: FrameSegment, atMs: number): void {
    if (!this.#config.enabled) return this.skipped(segment.ptsMs, 'video_off', atMs);
    if (this.#session.caps.vision === false) return this.skipped(segment.ptsMs, 'no_vision', atMs);
    this.#seenAtMs = atMs;
    this.#writer.write({ k: 'frame', segment, itemId: segment.id, requested: false });
  }

  /** A picture that is not taken in still shows that the camera is on. */
  skipped(ptsMs: number, reason: string, atMs: number): void {
    if (this.#config.enabled) this.#seenAtMs = atMs;
    this.#session.out.emit({ type: 'frame_dropped', ptsMs, reason });
  }

  /** The session's configuration has changed. */
  configured(): void {
    if (!this.#config.enabled) this.#off();
  }

  tick(atMs: number): void {
    const { deadlineMs } = this;
    if (deadlineMs !== null && atMs >= deadlineMs) this.#off();
  }

  #off(): void {
    this.#seenAtMs = null;
    if (this.#config.whenOff === 'redact') this.#writer.redactCamera();
  }

  get #config(): VideoConfig {
    return this.#session.config.video ?? DEFAULT_VIDEO;
  }
}
