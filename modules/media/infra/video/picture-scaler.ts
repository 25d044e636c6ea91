import {
  AV_FRAME_FLAG_INTERLACED,
  AV_PIX_FMT_RGB24,
  AV_PIX_FMT_RGBA,
  AVCOL_PRI_UNSPECIFIED,
  AVCOL_SPC_BT709,
  AVCOL_SPC_RGB,
  AVCOL_SPC_UNSPECIFIED,
  AVCOL_TRC_UNSPECIFIED,
  type AVPixelFormat,
} from 'node-av/constants';
import { avGetPixFmtName, Frame, SoftwareScaleContext } from 'node-av/lib';

import { putOntoWhite } from '../../core/pixels.js';

/** RGB, row by row, without padding. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Pixel formats with an alpha channel, or with a palette that may have one. */
const MAY_BE_TRANSPARENT = /^(pal8|ya\d|yuva|gbrap|rgba|bgra|argb|abgr)/;

/**
 * Turns decoded frames of any pixel format into RGB that fits a square. It hands whole frames to libav's scaler, never their
 * planes: a palette, the range and the matrix of the colours travel with the frame, and the scaler sets itself up anew
 * where a stream changes its size.
 */
export class PictureScaler {
  readonly #context = scaleContext();

  /** @returns null where libav cannot convert the frame */
  scale(frame: Frame, maxSide: number): Picture | null {
    const { width, height } = frame;
    if (width <= 0 || height <= 0) return null;
    makePlain(frame);
    const ratio = Math.min(1, maxSide / Math.max(width, height));
    const w = Math.max(1, Math.round(width * ratio));
    const h = Math.max(1, Math.round(height * ratio));
    if (!MAY_BE_TRANSPARENT.test(avGetPixFmtName(frame.format as AVPixelFormat) ?? '')) {
      return this.#toRgb(frame, w, h);
    }
    const opaque = onWhite(frame);
    if (!opaque) return null;
    try {
      return this.#toRgb(opaque, w, h);
    } finally {
      opaque.free();
    }
  }

  close(): void {
    this.#context.freeContext();
  }

  #toRgb(frame: Frame, width: number, height: number): Picture | null {
    const out = convert(this.#context, frame, { width, height, format: AV_PIX_FMT_RGB24 });
    if (!out) return null;
    try {
      return { width, height, data: out.toBuffer() };
    } finally {
      out.free();
    }
  }
}

/**
 * Takes off what a stream says of itself and the scaler would refuse or spend time on: fields, transfer curves and
 * primaries. Of the matrices only BT.709 is told apart from the usual one: that is what senders of RTP write.
 */
function makePlain(frame: Frame): void {
  frame.clearFlags(AV_FRAME_FLAG_INTERLACED);
  frame.colorPrimaries = AVCOL_PRI_UNSPECIFIED;
  frame.colorTrc = AVCOL_TRC_UNSPECIFIED;
  const { colorSpace } = frame;
  if (colorSpace !== AVCOL_SPC_BT709 && colorSpace !== AVCOL_SPC_RGB)
    frame.colorSpace = AVCOL_SPC_UNSPECIFIED;
}

function scaleContext(): SoftwareScaleContext {
  const context = new SoftwareScaleContext();
  context.allocContext();
  context.setOption('sws_flags', 'area');
  return context;
}

/** The frame in RGBA at its own size, put onto white. Before it is scaled: else what is hidden shines through at the edges. */
function onWhite(frame: Frame): Frame | null {
  const context = scaleContext();
  const { width, height } = frame;
  const out = convert(context, frame, { width, height, format: AV_PIX_FMT_RGBA });
  context.freeContext();
  const plane = out?.data?.[0];
  const stride = out?.linesize[0] ?? 0;
  if (!out || !plane || plane.length < stride * (height - 1) + width * 4) {
    out?.free();
    return null;
  }
  for (let y = 0; y < height; y += 1) putOntoWhite(plane.subarray(y * stride, y * stride + width * 4));
  return out;
}

function convert(
  context: SoftwareScaleContext,
  frame: Frame,
  to: { width: number; height: number; format: AVPixelFormat },
): Frame | null {
  const out = new Frame();
  out.alloc();
  Object.assign(out, to);
  if (out.getBuffer() >= 0 && context.scaleFrameSync(out, frame) >= 0) return out;
  out.free();
  return null;
}
