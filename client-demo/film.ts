import type { FrameAttendedEvent } from '@vis-a-vis/protocol';

/** Between two pictures kept (ms), and how long they are kept: longer than a frame takes to be attended. */
const EVERY_MS = 200;
const KEEP_MS = 6000;
/** Encoding, network and decoding: about this long before the gateway sees a picture, it was taken (ms). */
const TRANSIT_MS = 120;
const MAX_SHOWN = 48;

/** "What the model saw": keeps recent pictures of the camera, and shows those that the gateway says it attended. */
export class Film {
  private recent: { readonly atMs: number; readonly picture: HTMLCanvasElement }[] = [];
  private timer: ReturnType<typeof setInterval> | null = null;
  private readonly shown = new Map<string, HTMLLIElement>();

  constructor(private readonly list: HTMLElement) {}

  start(source: HTMLVideoElement | HTMLCanvasElement): void {
    this.shown.clear();
    this.list.replaceChildren();
    this.keep(source);
    this.timer = setInterval(() => this.keep(source), EVERY_MS);
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.recent = [];
  }

  attended(frame: FrameAttendedEvent): void {
    const takenAtMs = performance.now() - (frame.age_ms ?? 0) - TRANSIT_MS;
    const nearest = this.recent.reduce<(typeof this.recent)[number] | null>(
      (best, one) =>
        best !== null && Math.abs(best.atMs - takenAtMs) <= Math.abs(one.atMs - takenAtMs) ? best : one,
      null,
    );
    if (nearest === null) return;
    const item = document.createElement('li');
    item.append(copyOf(nearest.picture), `${(Math.max(0, frame.rtp_ms) / 1000).toFixed(1)} s`);
    this.list.append(item);
    this.shown.set(frame.item_id, item);
    const [oldest] = this.shown.keys();
    if (this.shown.size > MAX_SHOWN && oldest !== undefined) {
      this.shown.get(oldest)?.remove();
      this.shown.delete(oldest);
    }
    this.list.scrollTo({ left: this.list.scrollWidth });
  }

  /** Marks the pictures that were in the context of the newest answer. */
  used(frameIds: readonly string[]): void {
    for (const [id, item] of this.shown) item.classList.toggle('used', frameIds.includes(id));
  }

  private keep(source: HTMLVideoElement | HTMLCanvasElement): void {
    const nowMs = performance.now();
    this.recent = this.recent.filter((one) => one.atMs > nowMs - KEEP_MS);
    this.recent.push({ atMs: nowMs, picture: copyOf(source) });
  }
}

function copyOf(source: HTMLVideoElement | HTMLCanvasElement): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = 160;
  canvas.height = 120;
  canvas.getContext('2d')?.drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}
