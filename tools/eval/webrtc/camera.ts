import type { VideoClip, VideoClipFrame } from '@vis-a-vis/client/node';
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
import type { RgbImage } from '#modules/contracts';

/** libvpx tells its version at each start. */
Log.setLevel(AV_LOG_ERROR);

export const WIDTH = 640;
export const HEIGHT = 480;
const FPS = 15;
/** Bits a second, of the time for which the encoder takes it: a picture is given as many as in a call that is sampled once a second. */
const BITRATE = 300_000;
/** Seconds of that time for which each picture is shown: two samples, so that the second is there to be dropped as a duplicate. */
export const SECONDS_SHOWN = 2;

/**
 * What a camera shows that looks at one picture after the other: 640×480 VP8 at 300 kbit/s with a key frame each second, as one that honours
 * the gateway's requests sends.
 * @param secondMs how long a second of it takes when it is played (ms): less than 1000 keeps the quality and saves time
 */
export async function film(pictures: readonly RgbImage[], secondMs: number): Promise<VideoClip> {
  const encoder = await Vp8Encoder.open();
  try {
    const frames: VideoClipFrame[] = [];
    for (const picture of pictures) {
      encoder.show(picture);
      for (let n = 0; n < SECONDS_SHOWN * FPS; n++) frames.push(...(await encoder.encode()));
    }
    frames.push(...(await encoder.end()));
    return {
      width: WIDTH,
      height: HEIGHT,
      frames: frames.map((frame) => ({ ...frame, ptsMs: (frame.ptsMs * secondMs) / FPS })),
      durationMs: (frames.length * secondMs) / FPS,
    };
  } finally {
    encoder.close();
  }
}

/** libvpx as a browser sets it: real time, constant rate. Its times are numbers of frames. */
class Vp8Encoder {
  readonly #context = new CodecContext();
  readonly #frame = new Frame();
  readonly #packet = new Packet();
  #next = 0n;

  /** @throws FFmpegError where libav has no such encoder */
  static async open(): Promise<Vp8Encoder> {
    const encoder = new Vp8Encoder();
    const codec = Codec.findEncoder(AV_CODEC_ID_VP8);
    if (!codec) throw new Error('libav has no VP8 encoder');
    const context = encoder.#context;
    context.allocContext3(codec);
    context.width = WIDTH;
    context.height = HEIGHT;
    context.pixelFormat = AV_PIX_FMT_YUV420P;
    context.timeBase = new Rational(1, FPS);
    context.framerate = new Rational(FPS, 1);
    context.bitRate = BigInt(BITRATE);
    context.rcMinRate = BigInt(BITRATE);
    context.rcMaxRate = BigInt(BITRATE);
    context.rcBufferSize = BITRATE;
    context.gopSize = FPS;
    context.threadCount = 1;
    const settings = Dictionary.fromObject({ deadline: 'realtime', 'cpu-used': 6, 'lag-in-frames': 0 });
    FFmpegError.throwIfError(await context.open2(codec, settings), 'VP8 encoder');
    encoder.#packet.alloc();
    encoder.#frame.alloc();
    encoder.#frame.format = AV_PIX_FMT_YUV420P;
    encoder.#frame.width = WIDTH;
    encoder.#frame.height = HEIGHT;
    FFmpegError.throwIfError(encoder.#frame.getBuffer(), 'picture buffer');
    return encoder;
  }

  /** The picture of the frames that follow, stretched to the camera's size. */
  show({ width, height, data }: RgbImage): void {
    FFmpegError.throwIfError(this.#frame.makeWritable(), 'picture buffer');
    const planes = this.#frame.data;
    if (!planes) throw new Error('libav gave no picture buffer');
    const scaler = new SoftwareScaleContext();
    scaler.getContext(width, height, AV_PIX_FMT_RGB24, WIDTH, HEIGHT, AV_PIX_FMT_YUV420P, SWS_BICUBIC);
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
