import {
  AV_CODEC_FLAG_LOW_DELAY,
  AV_CODEC_ID_H264,
  AV_CODEC_ID_MJPEG,
  AV_CODEC_ID_PNG,
  AV_CODEC_ID_VP8,
  AV_LOG_QUIET,
  AV_PIX_FMT_RGB24,
  SWS_AREA,
  type AVCodecID,
  type AVPixelFormat,
} from 'node-av/constants';
import { Codec, CodecContext, Frame, Log, Packet, SoftwareScaleContext } from 'node-av/lib';

/** Strangers' streams make libav chatty on stderr; what matters here is counted by the caller. */
Log.setLevel(AV_LOG_QUIET);

const CODEC_IDS: Record<'vp8' | 'h264' | 'png' | 'jpeg', AVCodecID> = {
  vp8: AV_CODEC_ID_VP8,
  h264: AV_CODEC_ID_H264,
  png: AV_CODEC_ID_PNG,
  jpeg: AV_CODEC_ID_MJPEG,
};

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** One libav decoder with a scaler behind it. Runs in the video worker: every call blocks for milliseconds. */
export class PictureDecoder {
  readonly #context = new CodecContext();
  readonly #packet = new Packet();
  readonly #frame = new Frame();
  #scaler: { context: SoftwareScaleContext; key: string } | null = null;

  /** @throws Error where libav lacks the codec */
  constructor(name: keyof typeof CODEC_IDS) {
    const codec = Codec.findDecoder(CODEC_IDS[name]);
    if (!codec) throw new Error(`libav has no ${name} decoder`);
    this.#context.allocContext3(codec);
    // One frame in, one frame out: threads and reordering would hold the picture back until more frames come.
    this.#context.threadCount = 1;
    this.#context.flags = AV_CODEC_FLAG_LOW_DELAY;
    const opened = this.#context.open2Sync(codec);
    if (opened < 0) throw new Error(`libav cannot open its ${name} decoder (${opened})`);
    this.#packet.alloc();
    this.#frame.alloc();
  }

  /**
   * Decodes one frame.
   * @param maxSide the picture is scaled down to fit a square of this side (pixels)
   * @param picture false: the frame is decoded for reference only
   * @returns null where it cannot be decoded; true where it was, without a picture
   */
  decode(data: Uint8Array, maxSide: number, picture: boolean): Picture | true | null {
    this.#packet.data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const sent = this.#context.sendPacketSync(this.#packet);
    this.#packet.unref();
    if (sent < 0) return this.#fail();
    if (this.#context.receiveFrameSync(this.#frame) < 0) return this.#fail();
    const result = picture ? this.#scale(maxSide) : true;
    this.#frame.unref();
    return result;
  }

  close(): void {
    this.#scaler?.context.freeContext();
    this.#frame.free();
    this.#packet.free();
    this.#context.freeContext();
  }

  #fail(): null {
    // A decoder that has refused a frame starts anew, so that nothing of it shows in the next picture.
    this.#context.flushBuffers();
    return null;
  }

  #scale(maxSide: number): Picture | null {
    const { width, height, format } = this.#frame;
    const planes = this.#frame.data;
    if (!planes || width <= 0 || height <= 0) return null;
    const ratio = Math.min(1, maxSide / Math.max(width, height));
    const w = Math.max(1, Math.round(width * ratio));
    const h = Math.max(1, Math.round(height * ratio));
    const scaler = this.#scalerFor({ width, height, format: format as AVPixelFormat, w, h });
    const data = Buffer.alloc(w * h * 3);
    const rows = scaler.scaleSync(planes, this.#frame.linesize, 0, height, [data], [w * 3]);
    return rows === h
      ? { width: w, height: h, data: new Uint8Array(data.buffer, data.byteOffset, data.length) }
      : null;
  }

  #scalerFor(s: {
    width: number;
    height: number;
    format: AVPixelFormat;
    w: number;
    h: number;
  }): SoftwareScaleContext {
    const key = `${s.width}x${s.height}:${s.format}:${s.w}x${s.h}`;
    if (this.#scaler?.key === key) return this.#scaler.context;
    this.#scaler?.context.freeContext();
    const context = new SoftwareScaleContext();
    context.getContext(s.width, s.height, s.format, s.w, s.h, AV_PIX_FMT_RGB24, SWS_AREA);
    this.#scaler = { context, key };
    return context;
  }
}
