import { VIDEO_SOURCES, type VideoFrame, type VideoSource } from '#modules/contracts';

import type { DropHandler } from '../drops.js';
import type { AgreedVideo, OpenVideoDecoder, VideoCodec } from '../ports.js';
import { ReceptionStats } from '../receiver-report.js';
import { TrackClock, type MediaClock } from '../rtp-clock.js';
import type { RtpIn } from '../rtp.js';
import type { Source } from '../source.js';
import { VideoReceiver, type VideoCounts } from '../video-receiver.js';
import { VideoRouter } from './video-router.js';

const VIDEO_CLOCK_RATE = 90_000;
/** A video's stream that was silent for this long may be replaced by another SSRC. */
const REPLACE_AFTER_MS = 1000;
const NONE: readonly number[] = [];

export interface LiveVideosDeps {
  readonly codecOf: (payloadType: number) => VideoCodec;
  readonly openDecoder: OpenVideoDecoder;
  readonly session: MediaClock;
  /** One picture an interval of each, ms. */
  readonly intervalMs: number;
  readonly onVideo: (frame: VideoFrame) => void;
  readonly onDrop: DropHandler;
  /** Of both, counted into. */
  readonly counts: VideoCounts;
}

type VideoStream = Source<VideoReceiver>;

/** The camera and the screen of one call: one stream of each at the most is played. */
export class LiveVideos {
  readonly #deps: LiveVideosDeps;
  readonly #router = new VideoRouter();
  #camera: VideoStream | null = null;
  #screen: VideoStream | null = null;

  constructor(deps: LiveVideosDeps) {
    this.#deps = deps;
  }

  /** The streams that are played. */
  get streams(): VideoStream[] {
    return [this.#camera, this.#screen].filter((stream) => stream !== null);
  }

  /** What the client may send from now on; what is played of anything else is over. */
  agree(videos: readonly AgreedVideo[]): void {
    const playing = new Map(
      VIDEO_SOURCES.flatMap((source) => {
        const ssrc = this.#of(source)?.ssrc;
        return ssrc === undefined ? [] : [[ssrc, source] as const];
      }),
    );
    this.#router.agree(videos, playing);
    for (const [ssrc, source] of playing) {
      const [payloadType = -1] = videos.find((video) => video.source === source)?.payloadTypes ?? [];
      if (this.#router.sourceOf({ ssrc, payloadType }) !== source) this.#close(source);
    }
  }

  asksMid(ssrc: number): boolean {
    return this.#router.asksMid(ssrc);
  }

  /** The stream of this SSRC that is played. */
  playing(ssrc: number): VideoStream | null {
    if (this.#camera?.ssrc === ssrc) return this.#camera;
    return this.#screen?.ssrc === ssrc ? this.#screen : null;
  }

  /** The stream that a packet of video is of; it is begun where it is new. @returns null: it is to be dropped */
  streamOf(packet: RtpIn, nowMs: number): VideoStream | null {
    const playing = this.playing(packet.ssrc);
    if (playing && !this.#router.asksMid(packet.ssrc)) return playing;
    const source = this.#router.sourceOf(packet);
    if (source === null) return null;
    const current = this.#of(source);
    if (current?.ssrc === packet.ssrc) return current;
    // It was taken for the other one before it told its mid.
    const other = source === 'camera' ? 'screen' : 'camera';
    if (this.#of(other)?.ssrc === packet.ssrc) this.#close(other);
    if (current && nowMs - current.lastAtMs < REPLACE_AFTER_MS) return null;
    return this.#open(source, packet.ssrc, nowMs);
  }

  /** Moves time on. @returns SSRCs of which a key frame is to be requested now */
  tick(nowMs: number): readonly number[] {
    const ofCamera = this.#camera?.receiver.tick(nowMs) === true;
    const ofScreen = this.#screen?.receiver.tick(nowMs) === true;
    if (!ofCamera && !ofScreen) return NONE;
    return [
      ...(ofCamera && this.#camera ? [this.#camera.ssrc] : []),
      ...(ofScreen && this.#screen ? [this.#screen.ssrc] : []),
    ];
  }

  close(): void {
    this.#close('camera');
    this.#close('screen');
  }

  #of(source: VideoSource): VideoStream | null {
    return source === 'camera' ? this.#camera : this.#screen;
  }

  #set(source: VideoSource, stream: VideoStream | null): void {
    if (source === 'camera') this.#camera = stream;
    else this.#screen = stream;
  }

  #close(source: VideoSource): void {
    this.#of(source)?.receiver.close();
    this.#set(source, null);
  }

  #open(source: VideoSource, ssrc: number, nowMs: number): VideoStream {
    this.#close(source);
    const clock = new TrackClock(VIDEO_CLOCK_RATE);
    const receiver = new VideoReceiver({ ...this.#deps, source, clock });
    const stats = new ReceptionStats(ssrc, VIDEO_CLOCK_RATE);
    const stream = { ssrc, stats, clock, receiver, lastAtMs: nowMs };
    this.#set(source, stream);
    return stream;
  }
}
