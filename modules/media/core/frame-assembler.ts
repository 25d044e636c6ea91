import type { PayloadFormat } from './depacketize.js';
import type { RtpIn } from './rtp.js';

export interface EncodedFrame {
  readonly data: Uint8Array;
  readonly key: boolean;
  /** It holds parameter sets of H264. */
  readonly sets: boolean;
  /** It holds nothing that is shown: H264's parameter sets and the like, apart from the picture that they are for. */
  readonly bare: boolean;
  /** RTP time stamp, 32 bit. */
  readonly timestamp: number;
  /** False where packets were lost between the frame before and this one. */
  readonly continuous: boolean;
}

export type AssemblerDrop = 'malformed_payload' | 'damaged_frame' | 'oversized_frame';

interface Partial {
  readonly timestamp: number;
  readonly continuous: boolean;
  readonly chunks: Uint8Array[];
  bytes: number;
  key: boolean | null;
  sets: boolean;
  intact: boolean;
}

/**
 * Collects ordered RTP packets into whole frames; a frame ends at its marker, or where the next one begins with nothing lost
 * between them (H264's markers are a hint, RFC 6184). Frames that lost a packet are not passed on; only
 * key frames among them are reported, because nobody waits for the others.
 */
export class FrameAssembler {
  readonly #format: PayloadFormat;
  readonly #maxBytes: number;
  #frame: Partial | null = null;
  /** Something was lost since the last whole frame. */
  #gap = false;

  /** @param maxBytes size limit of one frame, bytes */
  constructor(format: PayloadFormat, maxBytes: number) {
    this.#format = format;
    this.#maxBytes = maxBytes;
  }

  /** The frame that ends because `packet` belongs to another one; call it before `push`. */
  endBefore(packet: RtpIn, lostBefore: number): EncodedFrame | null {
    const frame = this.#frame;
    const next = packet.payload.length > 0 && packet.timestamp !== frame?.timestamp;
    if (!frame?.intact || lostBefore > 0 || !next) return null;
    return this.#end(frame);
  }

  push(packet: RtpIn, lostBefore: number): EncodedFrame | AssemblerDrop | null {
    let drop: AssemblerDrop | null = null;
    const padding = packet.payload.length === 0;
    const other = !padding && this.#frame !== null && this.#frame.timestamp !== packet.timestamp;
    if (this.#frame && (other || lostBefore > 0)) {
      // A new time stamp after a loss: the old frame's end was lost.
      drop = this.#abandon(this.#frame);
      if (other) this.#frame = null;
    }
    if (lostBefore > 0) this.#gap = true;
    // Padding has its place in the numbering, and no part in any frame.
    if (padding) return drop;

    const part = this.#format.read(packet.payload);
    if (part === null) {
      if (this.#frame) this.#frame.intact = false;
      this.#gap = true;
      return 'malformed_payload';
    }
    this.#frame ??= {
      timestamp: packet.timestamp,
      continuous: !this.#gap,
      chunks: [],
      bytes: 0,
      key: null,
      sets: false,
      intact: part.begins,
    };
    const frame = this.#frame;
    frame.key ??= part.key;
    frame.sets ||= part.sets;
    if (frame.intact) drop = this.#append(frame, part.chunks) ?? drop;
    return packet.marker ? (this.#end(frame) ?? drop) : drop;
  }

  #end(frame: Partial): EncodedFrame | null {
    this.#frame = null;
    const bare = frame.key === null;
    // What a loss before it means, it means for the picture that follows.
    this.#gap = !frame.intact || (bare && !frame.continuous);
    if (!frame.intact) return null;
    const data = this.#format.join ? this.#format.join(frame.chunks) : join(frame.chunks, frame.bytes);
    if (!data) {
      this.#gap = true;
      return null;
    }
    return {
      data,
      key: frame.key === true,
      sets: frame.sets,
      bare,
      timestamp: frame.timestamp,
      continuous: frame.continuous,
    };
  }

  #append(frame: Partial, chunks: readonly Uint8Array[]): AssemblerDrop | null {
    for (const chunk of chunks) {
      frame.chunks.push(chunk);
      frame.bytes += chunk.length;
    }
    if (frame.bytes <= this.#maxBytes) return null;
    frame.intact = false;
    frame.chunks.length = 0;
    return 'oversized_frame';
  }

  #abandon(frame: Partial): AssemblerDrop | null {
    const wasIntact = frame.intact;
    frame.intact = false;
    frame.chunks.length = 0;
    this.#gap = true;
    return wasIntact && frame.key === true ? 'damaged_frame' : null;
  }
}

function join(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const data = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    data.set(chunk, at);
    at += chunk.length;
  }
  return data;
}
