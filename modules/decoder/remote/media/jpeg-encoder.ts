import { AV_CODEC_ID_MJPEG, AV_LOG_QUIET, AV_PIX_FMT_RGB24, AV_PIX_FMT_YUVJ420P } from 'node-av/constants';
import { Codec, CodecContext, Frame, Log, Packet, Rational, SoftwareScaleContext } from 'node-av/lib';

/** libav notes that the format is an old one: it is the one that its encoder takes. */
Log.setLevel(AV_LOG_QUIET);

/** libav's own scale for the quality of JPEG: 2 is the best, 31 the worst. */
const BEST = 2;
const WORST = 31;

/** Encodes RGB pictures of one size as JPEG (libav), a few milliseconds each: it runs in a thread of its own. */
export class JpegEncoder {
  private readonly width: number;
  private readonly height: number;
  private readonly context = new CodecContext();
  private readonly scaler = new SoftwareScaleContext();
  private readonly packet = new Packet();
  private readonly rgb = new Frame();
  private readonly yuv = new Frame();

  /** @param quality 1..100 @throws Error where libav lacks the encoder */
  constructor(width: number, height: number, quality: number) {
    this.width = width;
    this.height = height;
    const codec = Codec.findEncoder(AV_CODEC_ID_MJPEG);
    if (!codec) throw new Error('libav has no JPEG encoder');
    const q = Math.round(BEST + ((100 - quality) / 100) * (WORST - BEST));
    this.context.allocContext3(codec);
    Object.assign(this.context, { width, height, pixelFormat: AV_PIX_FMT_YUVJ420P, threadCount: 1 });
    this.context.timeBase = new Rational(1, 1);
    this.context.setOption('qmin', q);
    this.context.setOption('qmax', q);
    check(this.context.open2Sync(codec), 'open');
    this.scaler.allocContext();
    this.packet.alloc();
    for (const [frame, format] of [
      [this.rgb, AV_PIX_FMT_RGB24],
      [this.yuv, AV_PIX_FMT_YUVJ420P],
    ] as const) {
      frame.alloc();
      Object.assign(frame, { width, height, format });
      check(frame.getBuffer(), 'getBuffer');
    }
  }

  /** @param data RGB24, row-major */
  encode(data: Uint8Array): Uint8Array {
    const { width, height, rgb, yuv, packet } = this;
    check(rgb.makeWritable(), 'makeWritable');
    check(yuv.makeWritable(), 'makeWritable');
    const plane = rgb.data?.[0];
    const stride = rgb.linesize[0] ?? 0;
    if (!plane) throw new Error('libav gave no plane');
    for (let y = 0; y < height; y++) plane.set(data.subarray(y * width * 3, (y + 1) * width * 3), y * stride);
    check(this.scaler.scaleFrameSync(yuv, rgb), 'scale');
    check(this.context.sendFrameSync(yuv), 'send');
    check(this.context.receivePacketSync(packet), 'receive');
    const jpeg = Uint8Array.from(packet.data ?? []);
    packet.unref();
    return jpeg;
  }

  close(): void {
    this.packet.free();
    this.rgb.free();
    this.yuv.free();
    this.scaler.freeContext();
    this.context.freeContext();
  }
}

function check(status: number, what: string): void {
  if (status < 0) throw new Error(`libav: ${what} failed (${status})`);
}
