import { randomInt } from 'node:crypto';
import type { VideoClipFrame } from '@vis-a-vis/client/node';
import type { GroupOfPictures } from './clip.js';
import { openBareLine, openLine, type Line } from './line.js';
import type { Microphone } from './microphone.js';
import { shapeAsked, UNSHAPED, type Obedience, type Shape } from './shape.js';

/** What a client of a shape sends. */
export interface Material {
  readonly camera: readonly GroupOfPictures[];
  readonly microphone: Microphone;
}

export interface CallerOptions {
  readonly url: string;
  /** Nobody answers, and nothing is asked for. */
  readonly bare: boolean;
  readonly obeys: Obedience;
  readonly materialOf: (shape: Shape) => Promise<Material>;
}

const AUDIO_MS = 20;
const REPORT_MS = 1000;
/** Packets of video that leave in a millisecond: browsers do not send a key frame in one burst. */
const PACE_PER_MS = 0.5;
/** Payload bytes of a packet, under a browser's MTU. */
const MOST_BYTES = 1100;

/** One call's microphone and camera, in real time. `tick` moves it on. */
export class Caller {
  sent = 0;
  keyFramesAsked = 0;
  readonly shape: Shape;
  readonly #line: Line;
  readonly #material: Material;
  readonly #originMs = performance.now();
  readonly #queue: Buffer[] = [];
  // Callers do not send in step.
  #audioAtMs = this.#originMs + Math.random() * AUDIO_MS;
  #reportAtMs = this.#originMs + Math.random() * REPORT_MS;
  #frameAtMs = this.#originMs;
  #pacedAtMs = this.#originMs;
  #said = 0;
  #group = 0;
  #frame = 0;
  #pictureId = randomInt(0x7fff);

  private constructor(line: Line, shape: Shape, material: Material) {
    this.#line = line;
    this.shape = shape;
    this.#material = material;
    this.#frameAtMs += (Math.random() * 1000) / shape.fps;
    this.#group = randomInt(material.camera.length);
  }

  static async connect({ url, bare, obeys, materialOf }: CallerOptions): Promise<Caller> {
    const opened: { caller: Caller | null } = { caller: null };
    const line = await (bare ? openBareLine(url) : openLine(url, () => opened.caller?.onKeyFrameAsked()));
    const shape = obeys === 'nothing' ? UNSHAPED : shapeAsked(line.answerSdp, obeys === 'all');
    opened.caller = new Caller(line, shape, await materialOf(shape));
    return opened.caller;
  }

  /** Goes on with the next group of pictures. */
  onKeyFrameAsked(): void {
    this.keyFramesAsked += 1;
    this.#group = (this.#group + 1) % this.#material.camera.length;
    this.#frame = 0;
  }

  /** Sends what is due. @returns by how much (ms) the latest of it was late */
  tick(nowMs: number): number {
    let lateMs = 0;
    const { microphone } = this.#material;
    for (; this.#audioAtMs <= nowMs; this.#audioAtMs += AUDIO_MS) {
      lateMs = Math.max(lateMs, nowMs - this.#audioAtMs);
      const payload = microphone[this.#said++ % microphone.length];
      const ticks = this.#ticks(this.#audioAtMs, 48);
      if (payload) this.#send(this.#line.audio.packet(payload, ticks, false));
    }
    for (; this.#frameAtMs <= nowMs; this.#frameAtMs += 1000 / this.shape.fps) this.#film(this.#frameAtMs);
    const due = Math.max(1, Math.round((nowMs - this.#pacedAtMs) * PACE_PER_MS));
    for (const bytes of this.#queue.splice(0, due)) this.#send(bytes);
    this.#pacedAtMs = nowMs;
    if (nowMs >= this.#reportAtMs) {
      this.#reportAtMs += REPORT_MS;
      this.#line.report(nowMs - this.#originMs);
    }
    return lateMs;
  }

  close(): Promise<void> {
    return this.#line.close();
  }

  #film(atMs: number): void {
    const frame = this.#nextFrame();
    if (!frame) return;
    this.#pictureId = (this.#pictureId + 1) & 0x7fff;
    const payloads = vp8Payloads(frame.data, this.#pictureId);
    const ticks = this.#ticks(atMs, 90);
    for (const [i, payload] of payloads.entries())
      this.#queue.push(this.#line.video.packet(payload, ticks, i === payloads.length - 1));
  }

  #nextFrame(): VideoClipFrame | undefined {
    const { camera } = this.#material;
    const frame = camera[this.#group]?.[this.#frame++];
    if (frame) return frame;
    this.#group = (this.#group + 1) % camera.length;
    this.#frame = 1;
    return camera[this.#group]?.[0];
  }

  #ticks(atMs: number, perMs: number): number {
    return Math.round((atMs - this.#originMs) * perMs);
  }

  #send(bytes: Buffer): void {
    this.sent += 1;
    this.#line.send(bytes);
  }
}

/** RFC 7741, with a picture id of 15 bits, as browsers send it. */
function vp8Payloads(frame: Uint8Array, pictureId: number): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  for (let at = 0; at < frame.length; at += MOST_BYTES) {
    const part = frame.subarray(at, at + MOST_BYTES);
    const payload = new Uint8Array(4 + part.length);
    payload.set([at === 0 ? 0x90 : 0x80, 0x80, 0x80 | ((pictureId >> 8) & 0x7f), pictureId & 0xff]);
    payload.set(part, 4);
    payloads.push(payload);
  }
  return payloads;
}
