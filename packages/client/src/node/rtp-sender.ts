import type { RtpPacket } from 'werift';
import type { AudioClip } from './audio-clip.js';
import type { VideoClip, VideoClipFrame } from './ivf.js';
import { Pacer } from './pacer.js';
import { PacketStream, vp8Payloads } from './rtp-packets.js';

const TICKS_PER_MS = { audio: 48, video: 90 };

type Send = (packet: RtpPacket) => void;

/**
 * When an utterance's packets were due, on this process's monotonic clock (`performance.now()`), ms: a microphone's clock does
 * not wait for a process that is late to send them.
 */
export interface Spoken {
  readonly firstPacketAtMs: number;
  readonly lastPacketAtMs: number;
}

interface Utterance {
  readonly clip: AudioClip;
  readonly resolve: (spoken: Spoken) => void;
  readonly reject: (error: Error) => void;
  readonly askedAtMs: number;
  next: number;
  firstPacketAtMs: number;
}

/** Sends Opus in real time, as a browser does: silence, one packet each 20 ms, and an utterance in it when there is one. */
export class AudioSender {
  readonly #send: Send;
  readonly #quiet: AudioClip;
  readonly #stream = new PacketStream();
  readonly #queue: Utterance[] = [];
  readonly #pacer: Pacer;
  #ticks = 0;
  #quietAt = 0;
  #muted = false;
  #silent = false;

  /** @param quiet what is sent between utterances, over and over */
  constructor(send: Send, quiet: AudioClip) {
    this.#send = send;
    this.#quiet = quiet;
    this.#pacer = new Pacer((dueMs) => this.#next(dueMs));
  }

  /** Speaks after what is already queued. @returns when it was sent; rejects where the call ends first */
  speak(clip: AudioClip): Promise<Spoken> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ clip, resolve, reject, askedAtMs: performance.now(), next: 0, firstPacketAtMs: 0 });
    });
  }

  /** Says what is left of what another one was given. */
  takeOver(from: AudioSender): void {
    this.#queue.push(...from.#queue.splice(0));
  }

  /** Stops sending packets while time goes on, as discontinuous transmission does. */
  mute(muted: boolean): void {
    this.#muted = muted;
  }

  /** Whatever is said is silence from now on; time goes on as if it were heard. */
  silence(silent: boolean): void {
    this.#silent = silent;
  }

  stop(): void {
    this.#pacer.stop();
    for (const { reject } of this.#queue.splice(0))
      reject(new Error('the call ended before the utterance was sent'));
  }

  /** Sends one packet. @returns its duration, ms */
  #next(dueMs: number): number {
    const [first] = this.#queue;
    // What a busy process has to catch up with was silence: nobody speaks before being asked to.
    const utterance = first && first.askedAtMs <= dueMs ? first : null;
    const { packet, ticks } = utterance ? this.#spoken(utterance, dueMs) : this.#quietPacket();
    if (!this.#muted || utterance) this.#send(this.#stream.packet(packet, this.#ticks, false));
    this.#ticks += ticks;
    return ticks / TICKS_PER_MS.audio;
  }

  #spoken(utterance: Utterance, dueMs: number): { packet: Uint8Array; ticks: number } {
    const { clip } = utterance;
    const index = utterance.next++;
    if (index === 0) utterance.firstPacketAtMs = dueMs;
    if (index >= clip.packets.length - 1) {
      this.#queue.shift();
      utterance.resolve({ firstPacketAtMs: utterance.firstPacketAtMs, lastPacketAtMs: dueMs });
    }
    const said = packetOf(clip, index);
    return this.#silent ? { ...this.#quietPacket(), ticks: said.ticks } : said;
  }

  #quietPacket(): { packet: Uint8Array; ticks: number } {
    return packetOf(this.#quiet, this.#quietAt++ % this.#quiet.packets.length);
  }
}

function packetOf(clip: AudioClip, index: number): { packet: Uint8Array; ticks: number } {
  const packet = clip.packets[index];
  const ticks = clip.ticks[index];
  if (!packet || !ticks) throw new RangeError('an audio clip needs at least one packet');
  return { packet, ticks };
}

export interface PlayOptions {
  /** Start again at the end. Default true; otherwise the last picture stays. */
  readonly loop?: boolean;
}

/** Sends VP8 in real time. */
export class VideoSender {
  readonly #send: Send;
  readonly #stream = new PacketStream();
  #clip: VideoClip;
  #loop: boolean;
  #index = 0;
  #wantKey = false;
  #pictureId = 0;
  #pacer: Pacer;

  constructor(send: Send, clip: VideoClip, options: PlayOptions = {}) {
    this.#send = send;
    this.#clip = clip;
    this.#loop = options.loop ?? true;
    this.#pacer = new Pacer((dueMs) => this.#next(dueMs));
  }

  /** Goes on with another video, from its start. */
  play(clip: VideoClip, options: PlayOptions = {}): void {
    this.#clip = clip;
    this.#loop = options.loop ?? true;
    this.#index = 0;
    this.#pacer.stop();
    this.#pacer = new Pacer((dueMs) => this.#next(dueMs));
  }

  /** Shows nothing, until something is played. */
  pause(): void {
    this.#pacer.stop();
  }

  /** The receiver asks for a key frame: until the next one of the video, nothing else is of use to it. */
  requestKeyFrame(): void {
    this.#wantKey = true;
  }

  stop(): void {
    this.#pacer.stop();
  }

  /** Sends one frame. @returns the time until the next one, ms */
  #next(dueMs: number): number {
    const { frames, durationMs } = this.#clip;
    const frame = frames[this.#index];
    if (!frame) throw new RangeError('a video clip needs at least one frame');
    if (!this.#wantKey || frame.key) this.#transmit(frame, dueMs);
    const following = frames[this.#index + 1];
    if (following) {
      this.#index += 1;
      return following.ptsMs - frame.ptsMs;
    }
    // The last picture stays by its own key frame being sent again: a camera does not stop either.
    this.#index = this.#loop ? 0 : frames.findLastIndex((f) => f.key);
    return durationMs - frame.ptsMs;
  }

  #transmit(frame: VideoClipFrame, dueMs: number): void {
    this.#wantKey = false;
    this.#pictureId = (this.#pictureId + 1) & 0x7fff;
    const payloads = vp8Payloads(frame.data, this.#pictureId);
    payloads.forEach((payload, i) => {
      this.#send(this.#stream.packet(payload, dueMs * TICKS_PER_MS.video, i === payloads.length - 1));
    });
  }
}
