import {
  AV_CODEC_FLAG_LOW_DELAY,
  AV_CODEC_FLAG_OUTPUT_CORRUPT,
  AV_CODEC_ID_AV1,
  AV_CODEC_ID_GIF,
  AV_CODEC_ID_H264,
  AV_CODEC_ID_MJPEG,
  AV_CODEC_ID_PNG,
  AV_CODEC_ID_VP8,
  AV_CODEC_ID_VP9,
  AV_CODEC_ID_WEBP,
  AV_FRAME_FLAG_CORRUPT,
  AV_LOG_QUIET,
  AVERROR_EAGAIN,
  type AVCodecID,
} from 'node-av/constants';
import { Codec, CodecContext, Frame, Log, Packet } from 'node-av/lib';

import type { VideoCodec, Want } from '../../core/ports.js';
import { PictureScaler, type Picture } from './picture-scaler.js';

/** Strangers' streams make libav chatty on stderr; what matters here is counted by the caller. */
Log.setLevel(AV_LOG_QUIET);

const CODEC_IDS: Record<VideoCodec | 'png' | 'jpeg' | 'webp' | 'gif', AVCodecID> = {
  vp8: AV_CODEC_ID_VP8,
  h264: AV_CODEC_ID_H264,
  vp9: AV_CODEC_ID_VP9,
  av1: AV_CODEC_ID_AV1,
  png: AV_CODEC_ID_PNG,
  jpeg: AV_CODEC_ID_MJPEG,
  webp: AV_CODEC_ID_WEBP,
  gif: AV_CODEC_ID_GIF,
};

/**
 * H264 from the middle of a stream that refreshes bit by bit: libav marks its frames until a recovery point is reached. Where the
 * sender marks none, a series this long has refreshed the whole picture: cycles take one to eight seconds.
 */
const WHOLE_AFTER_FRAMES = 240;

/** Nothing was decodable (null), it was decoded without a picture (true), or the picture. */
export type DecodeResult = Picture | true | null;

/** One libav decoder with a scaler behind it. Runs in the decoder process: every call blocks for milliseconds. */
export class PictureDecoder {
  readonly #context = new CodecContext();
  readonly #packet = new Packet();
  readonly #frame = new Frame();
  readonly #scaler = new PictureScaler();
  /** Frames decoded since the start, or since one was refused. */
  #series = 0;

  /**
   * @param maxPixels libav refuses a frame that is larger, before it takes memory for it
   * @throws Error where libav lacks the codec
   */
  constructor(name: keyof typeof CODEC_IDS, maxPixels: number) {
    const codec = Codec.findDecoder(CODEC_IDS[name]);
    if (!codec) throw new Error(`libav has no ${name} decoder`);
    this.#context.allocContext3(codec);
    // One frame in, one frame out: threads and reordering would hold the picture back until more frames come.
    this.#context.threadCount = 1;
    this.#context.setFlags(AV_CODEC_FLAG_LOW_DELAY, AV_CODEC_FLAG_OUTPUT_CORRUPT);
    this.#context.setOption('max_pixels', maxPixels);
    const opened = this.#context.open2Sync(codec);
    if (opened < 0) throw new Error(`libav cannot open its ${name} decoder (${opened})`);
    this.#packet.alloc();
    this.#frame.alloc();
  }

  /**
   * Decodes one frame.
   * @param maxSide the picture is scaled down to fit a square of this side (pixels)
   * @param want `key`: a picture of this very frame, which refers to none before it; `reference`: none
   */
  decode(data: Uint8Array, maxSide: number, want: Want): DecodeResult {
    // To libav an empty packet is the end of the stream.
    if (data.length === 0) return null;
    // A key frame refers to nothing: whatever damaged frames left behind must not show in it, nor hold it back.
    if (want === 'key') this.#context.flushBuffers();
    if (this.#send(data) < 0) return this.#fail();
    let received = this.#context.receiveFrameSync(this.#frame);
    if (received === AVERROR_EAGAIN && want === 'key') received = this.#receiveHeld(data);
    // Taken, and nothing to show for it yet.
    if (received === AVERROR_EAGAIN) return true;
    if (received < 0) return this.#fail();
    this.#series += 1;
    const whole = !this.#frame.hasFlags(AV_FRAME_FLAG_CORRUPT) || this.#series >= WHOLE_AFTER_FRAMES;
    const result = want !== 'reference' && whole ? this.#scaler.scale(this.#frame, maxSide) : true;
    this.#frame.unref();
    return result;
  }

  close(): void {
    this.#scaler.close();
    this.#frame.free();
    this.#packet.free();
    this.#context.freeContext();
  }

  #send(data: Uint8Array): number {
    this.#packet.data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const sent = this.#context.sendPacketSync(this.#packet);
    this.#packet.unref();
    return sent;
  }

  /**
   * A stream with B frames, or one that says that it may have some, makes libav hold each frame back until others have come. Its
   * key frame is had by ending the stream after it, and decoded anew for those that refer to it.
   */
  #receiveHeld(data: Uint8Array): number {
    this.#context.sendPacketSync(null);
    const received = this.#context.receiveFrameSync(this.#frame);
    this.#context.flushBuffers();
    this.#send(data);
    return received;
  }

  #fail(): null {
    // A decoder that has refused a frame starts anew, so that nothing of it shows in the next picture.
    this.#context.flushBuffers();
    this.#series = 0;
    return null;
  }
}
