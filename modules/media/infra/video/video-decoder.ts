import { workerEntry, type RgbImage, type WorkerEntry } from '#modules/contracts';

import type { ImageHeader } from '../../core/image-header.js';
import type { DecodedFrame, VideoCodec, VideoTrackDecoder, Want } from '../../core/ports.js';
import { RestartPolicy } from '../../core/restart-policy.js';
import { DecoderProcess } from './decoder-process.js';
import type { VideoReply, VideoRequest } from './protocol.js';

type Job = Exclude<VideoRequest, { t: 'close' }>;

interface Waiting {
  readonly job: Job;
  readonly data: Uint8Array;
  readonly settle: (result: Result) => void;
}

/** What became of a job; `lost`: it was under way when its process ended, or there is no process any more. */
type Result = { readonly image: RgbImage | null; readonly decodeMs: number } | 'refused' | 'lost';

export interface VideoDecoderEvents {
  /** A process ended unasked; `willRestart` false: for good, pictures are not decoded any more. */
  onLost(why: string, willRestart: boolean): void;
}

export interface VideoDecoderLimits {
  /** A job may take this long (ms); then its process counts as hung and is replaced. Default 10000. */
  readonly jobMs?: number;
  /** A start may take this long, ms. Default 30000. */
  readonly startMs?: number;
}

const JOB_MS = 10_000;
const START_MS = 30_000;

/**
 * The one decoder process, shared by all peers, and the queue before it. One job is under way at a time, so that a crash
 * costs one job and the state of the live tracks, which ask for a key frame then. Live frames go before still images.
 */
export class VideoDecoder {
  readonly #events: VideoDecoderEvents;
  readonly #entry: WorkerEntry;
  readonly #limits: Required<VideoDecoderLimits>;
  readonly #policy = new RestartPolicy();
  #frames: Waiting[] = [];
  readonly #images: Waiting[] = [];
  #process: DecoderProcess | null = null;
  #ready = false;
  #underWay: Waiting | null = null;
  #timer: NodeJS.Timeout | null = null;
  #state: 'running' | 'waiting' | 'lost' = 'running';
  #nextTrack = 0;

  constructor(
    events: VideoDecoderEvents = { onLost: () => undefined },
    limits: VideoDecoderLimits = {},
    entry: WorkerEntry = workerEntry('./video-process', import.meta.url),
  ) {
    this.#events = events;
    this.#limits = { jobMs: JOB_MS, startMs: START_MS, ...limits };
    this.#entry = entry;
  }

  /** Process id of the decoder, where it runs. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Why nothing is decoded any more, or null where it is. */
  get lost(): boolean {
    return this.#state === 'lost';
  }

  /** Starts the process ahead of its first job: loading Node and libav takes some 100 ms. */
  warm(): void {
    if (!this.#process && this.#state === 'running') this.#start();
  }

  /**
   * @param maxSide pictures are scaled down to fit a square of this side, pixels
   * @param parameterSets of H264, from the offer
   */
  openTrack(
    codec: VideoCodec,
    maxSide: number,
    parameterSets: readonly Uint8Array[] = [],
  ): VideoTrackDecoder {
    const track = this.#nextTrack++;
    let pending = 0;
    const decode = async (data: Uint8Array, want: Want): Promise<DecodedFrame | 'undecodable'> => {
      pending += 1;
      const result = await this.#run({ t: 'frame', track, codec, want, maxSide }, data);
      pending -= 1;
      return typeof result === 'object' ? result : 'undecodable';
    };
    return {
      parameterSets,
      get pending() {
        return pending;
      },
      decode,
      close: () => {
        // A frame that was sent after it would open the track's decoder again.
        for (const waiting of this.#withdrawn(track)) waiting.settle('lost');
        if (this.#ready) this.#process?.send({ t: 'close', track });
      },
    };
  }

  /** Decodes a still image; `refused` where libav cannot, `lost` where nothing is decoded any more, or its process ended over it. */
  async decodeImage(
    file: Uint8Array,
    format: ImageHeader['format'],
    maxSide: number,
  ): Promise<RgbImage | 'refused' | 'lost'> {
    const result = await this.#run({ t: 'image', format, maxSide }, file);
    return typeof result === 'object' ? (result.image ?? 'refused') : result;
  }

  /** Ends the process; what was under way is lost. The next job starts another one. */
  async close(): Promise<void> {
    const ended = this.#process;
    this.#process = null;
    this.#ready = false;
    this.#clearTimer();
    if (this.#state === 'waiting') this.#state = 'running';
    this.#abandonAll();
    await ended?.close();
  }

  #run(job: Job, data: Uint8Array): Promise<Result> {
    if (this.#state === 'lost') return Promise.resolve('lost');
    return new Promise((settle) => {
      (job.t === 'frame' ? this.#frames : this.#images).push({ job, data, settle });
      this.warm();
      this.#next();
    });
  }

  /** What waits of a track is taken out. */
  #withdrawn(track: number): Waiting[] {
    const ofTrack = this.#frames.filter(({ job }) => job.t === 'frame' && job.track === track);
    this.#frames = this.#frames.filter((waiting) => !ofTrack.includes(waiting));
    return ofTrack;
  }

  #next(): void {
    if (!this.#process || !this.#ready || this.#underWay) return;
    const waiting = this.#frames.shift() ?? this.#images.shift();
    // Only work keeps the gateway's process alive.
    if (!waiting) return this.#process.unref();
    this.#process.ref();
    this.#underWay = waiting;
    this.#process.send(waiting.job, waiting.data);
    this.#limit(this.#limits.jobMs, 'a picture took too long');
  }

  #start(): void {
    const started = new DecoderProcess(this.#entry, {
      onReply: (reply, body) => {
        if (this.#process === started) this.#onReply(reply, body);
      },
      onEnd: (why) => {
        if (this.#process === started) this.#onEnd(why);
      },
    });
    this.#process = started;
    this.#ready = false;
    started.ref();
    this.#limit(this.#limits.startMs, 'it did not come up');
  }

  #onReply(reply: VideoReply, body: Uint8Array): void {
    this.#clearTimer();
    if (reply.t === 'ready') {
      this.#ready = true;
      this.#policy.onReady();
    } else {
      const { ok, width, height, decodeMs } = reply;
      const image = width > 0 && height > 0 ? { width, height, data: body } : null;
      const job = this.#underWay;
      this.#underWay = null;
      job?.settle(ok ? { image, decodeMs } : 'refused');
    }
    this.#next();
  }

  #onEnd(why: string): void {
    const wasReady = this.#ready;
    this.#process = null;
    this.#ready = false;
    this.#clearTimer();
    const waitMs = this.#policy.onEnd(wasReady, performance.now());
    const job = this.#underWay;
    this.#underWay = null;
    if (waitMs === null) {
      this.#state = 'lost';
      this.#abandonAll();
    } else {
      this.#state = 'waiting';
      this.#timer = setTimeout(() => {
        this.#state = 'running';
        this.#start();
      }, waitMs);
    }
    job?.settle('lost');
    this.#events.onLost(why, waitMs !== null);
  }

  #limit(ms: number, why: string): void {
    this.#clearTimer();
    this.#timer = setTimeout(() => this.#process?.kill(why), ms);
    this.#timer.unref();
  }

  #clearTimer(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #abandonAll(): void {
    const jobs = [this.#underWay, ...this.#frames.splice(0), ...this.#images.splice(0)];
    this.#underWay = null;
    for (const job of jobs) job?.settle('lost');
  }
}
