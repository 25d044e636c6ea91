import type { VideoClipFrame } from '@vis-a-vis/client/node';
import {
  AV_CODEC_ID_VP8,
  AV_LOG_ERROR,
  AV_PIX_FMT_RGB24,
  AV_PIX_FMT_YUV420P,
  SWS_BICUBIC,
} from 'node-av/constants';
import {
  Codec,
  CodecContext,
  Dictionary,
  FFmpegError,
  Frame,
  Log,
  Packet,
  Rational,
  SoftwareScaleContext,
} from 'node-av/lib';

/** libvpx tells its version at each start. */
Log.setLevel(AV_LOG_ERROR);

/** RGB, row by row, without padding. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export interface Vp8Settings {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly bitsPerSecond: number;
  /** A key frame each so many frames. */
  readonly keyEvery: number;
}

/** libvpx as a browser sets it: real time, constant rate. Its times are numbers of frames. */
export class Vp8Encoder {
  readonly #size: Pick<Vp8Settings, 'width' | 'height'>;
  readonly #context = new CodecContext();
  readonly #frame = new Frame();
  readonly #packet = new Packet();
  #next = 0n;

  private constructor(size: Pick<Vp8Settings, 'width' | 'height'>) {
    this.#size = size;
  }

  /** @throws FFmpegError where libav has no such encoder */
  static async open(settings: Vp8Settings): Promise<Vp8Encoder> {
    const { width, height, fps, bitsPerSecond, keyEvery } = settings;
    const encoder = new Vp8Encoder(settings);
    const codec = Codec.findEncoder(AV_CODEC_ID_VP8);
    if (!codec) throw new Error('libav has no VP8 encoder');
    const context = encoder.#context;
    context.allocContext3(codec);
    context.width = width;
    context.height = height;
    context.pixelFormat = AV_PIX_FMT_YUV420P;
    context.timeBase = new Rational(1, fps);
    context.framerate = new Rational(fps, 1);
    context.bitRate = BigInt(bitsPerSecond);
    context.rcMinRate = BigInt(bitsPerSecond);
    context.rcMaxRate = BigInt(bitsPerSecond);
    context.rcBufferSize = bitsPerSecond;
    context.gopSize = keyEvery;
    context.threadCount = 1;
    const options = Dictionary.fromObject({ deadline: 'realtime', 'cpu-used': 6, 'lag-in-frames': 0 });
    FFmpegError.throwIfError(await context.open2(codec, options), 'VP8 encoder');
    encoder.#packet.alloc();
    encoder.#frame.alloc();
    encoder.#frame.format = AV_PIX_FMT_YUV420P;
    encoder.#frame.width = width;
    encoder.#frame.height = height;
    FFmpegError.throwIfError(encoder.#frame.getBuffer(), 'picture buffer');
    return encoder;
  }

  /** The picture of the frames that follow, stretched to the camera's size. */
  show({ width, height, data }: Picture): void {
    FFmpegError.throwIfError(this.#frame.makeWritable(), 'picture buffer');
    const planes = this.#frame.data;
    if (!planes) throw new Error('libav gave no picture buffer');
    const scaler = new SoftwareScaleContext();
    const to = this.#size;
    scaler.getContext(width, height, AV_PIX_FMT_RGB24, to.width, to.height, AV_PIX_FMT_YUV420P, SWS_BICUBIC);
    const source = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    scaler.scaleSync([source], [width * 3], 0, height, planes, this.#frame.linesize);
    scaler.freeContext();
  }

  async encode(): Promise<VideoClipFrame[]> {
    this.#frame.pts = this.#next++;
    FFmpegError.throwIfError(await this.#context.sendFrame(this.#frame), 'VP8 encoder');
    return this.#encoded();
  }

  async end(): Promise<VideoClipFrame[]> {
    FFmpegError.throwIfError(await this.#context.sendFrame(null), 'VP8 encoder');
    return this.#encoded();
  }

  close(): void {
    this.#frame.free();
    this.#packet.free();
    this.#context.freeContext();
  }

  /** What the encoder has ready. */
  async #encoded(): Promise<VideoClipFrame[]> {
    const frames: VideoClipFrame[] = [];
    // Negative: nothing more now, or ever.
    while ((await this.#context.receivePacket(this.#packet)) >= 0) {
      const { data, isKeyframe: key, pts } = this.#packet;
      // A copy: the packet's memory is the next one's.
      if (data) frames.push({ data: Uint8Array.from(data), key, ptsMs: Number(pts) });
      this.#packet.unref();
    }
    return frames;
  }
}
