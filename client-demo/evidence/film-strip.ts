import type { FrameAttendedEvent } from '@vis-a-vis/protocol';
import { filmOf, nearest, whenOf, type Film, type Frame, type Reference } from '../core/film.js';
import { element, make } from '../dom.js';
import type { Words } from '../text/words.js';

/** Between two pictures kept (ms), and how long they are kept: longer than a frame takes to be attended. */
const EVERY_MS = 200;
const KEEP_MS = 6000;
/** Encoding, network and decoding: about this long before the gateway sees a picture, it was taken (ms). */
const TRANSIT_MS = 120;
/** Twice what a call has in its context: answers can be looked into later. */
const MAX_HELD = 96;

type Picture = HTMLVideoElement | HTMLCanvasElement;

/** The pictures that an answer had before it; until there is one, those that the model takes in. */
export class FilmStrip {
  readonly #list = element('saw', HTMLElement);
  readonly #title = element('saw-title', HTMLElement);
  readonly #when = element('saw-when', HTMLElement);
  readonly #words: Words;
  readonly #held = new Map<string, { readonly frame: Frame; readonly picture: HTMLCanvasElement }>();
  #recent: { readonly atMs: number; readonly picture: HTMLCanvasElement }[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  /** What is shown of an answer; null: what the model takes in, as it does. */
  #answer: { readonly receipt: readonly Frame[]; readonly reference: Reference } | null = null;

  constructor(words: Words) {
    this.#words = words;
    this.#list.addEventListener('keydown', (event) => this.#handleKey(event));
  }

  /** @param source what the camera shows now */
  start(source: () => Picture): void {
    this.stop();
    this.#held.clear();
    this.live();
    this.#keep(source());
    this.#timer = setInterval(() => this.#keep(source()), EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#recent = [];
  }

  /** The model has taken a picture in: it is found among those that were kept. */
  attended(event: FrameAttendedEvent): void {
    const taken = nearest(this.#recent, performance.now() - (event.age_ms ?? 0) - TRANSIT_MS);
    if (taken === null) return;
    const frame = { itemId: event.item_id, rtpMs: event.rtp_ms };
    this.#held.set(event.item_id, { frame, picture: copyOf(taken.picture) });
    const [oldest] = this.#held.keys();
    if (this.#held.size > MAX_HELD && oldest !== undefined) this.#held.delete(oldest);
    if (this.#answer === null) this.live();
  }

  /** What the model was made to forget is not shown any more, either. */
  forget(itemIds: readonly string[]): void {
    for (const id of itemIds) this.#held.delete(id);
    if (this.#answer === null) this.live();
    else this.show(this.#answer.receipt, this.#answer.reference);
  }

  /** Shows what the model takes in, as it does. */
  live(): void {
    this.#answer = null;
    this.#words.put(this.#title, 'film.live');
    const frames = [...this.#held.values()].map(({ frame }) => frame);
    this.#show({ frames, missing: 0 }, null);
    if (frames.length === 0) this.#words.put(this.#when, 'film.empty');
  }

  /** Shows what an answer had before it. */
  show(receipt: readonly Frame[], reference: Reference): void {
    this.#answer = { receipt, reference };
    this.#words.put(this.#title, 'film.title');
    this.#show(filmOf(receipt, new Set(this.#held.keys())), reference);
  }

  #show({ frames, missing }: Film, reference: Reference): void {
    const hadFocus = this.#list.contains(document.activeElement);
    const buttons = frames.map((frame, n) =>
      this.#button(frame, { n: n + 1, all: frames.length }, reference),
    );
    this.#list.replaceChildren(...buttons.map((button) => make('li', '', button)));
    const last = buttons.at(-1);
    if (last) last.tabIndex = 0;
    if (hadFocus) last?.focus({ preventScroll: true });
    this.#list.scrollTo({ left: this.#list.scrollWidth });
    if (missing > 0) this.#words.put(this.#when, 'film.more', { n: missing });
    else if (last) this.#tell(frames.at(-1) ?? null, reference);
    else this.#words.put(this.#when, 'film.none');
  }

  #button(
    frame: Frame,
    place: { readonly n: number; readonly all: number },
    reference: Reference,
  ): HTMLButtonElement {
    const button = make('button');
    button.type = 'button';
    button.tabIndex = -1;
    const held = this.#held.get(frame.itemId);
    if (held) button.append(copyOf(held.picture));
    const { key, params } = whenOf(frame.rtpMs, reference);
    this.#words.put(button, 'film.frame', { ...place, ...params, when: `=${key}` }, 'label');
    for (const type of ['pointerenter', 'focus'])
      button.addEventListener(type, () => this.#tell(frame, reference));
    return button;
  }

  #tell(frame: Frame | null, reference: Reference): void {
    if (frame === null) return;
    const { key, params } = whenOf(frame.rtpMs, reference);
    this.#words.put(this.#when, key, params);
  }

  /** One stop for Tab; arrows go from picture to picture. */
  #handleKey(event: KeyboardEvent): void {
    const buttons = [...this.#list.querySelectorAll('button')];
    const at = buttons.findIndex((button) => button === document.activeElement);
    const ways: Readonly<Record<string, number>> = {
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      Home: 0,
      End: buttons.length - 1,
    };
    const next = at < 0 ? undefined : buttons[ways[event.key] ?? -1];
    if (!next) return;
    event.preventDefault();
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
  }

  #keep(source: Picture): void {
    const nowMs = performance.now();
    this.#recent = this.#recent.filter((one) => one.atMs > nowMs - KEEP_MS);
    this.#recent.push({ atMs: nowMs, picture: copyOf(source) });
  }
}

function copyOf(source: Picture): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = 160;
  canvas.height = 120;
  canvas.getContext('2d')?.drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}
