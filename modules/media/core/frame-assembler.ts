import type { PayloadReader } from './depacketize.js';
import type { RtpIn } from './rtp.js';

export interface EncodedFrame {
  readonly data: Uint8Array;
  readonly key: boolean;
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
  intact: boolean;
}

/**
 * Collects ordered RTP packets into whole frames; a frame ends at its marker. Frames that lost a packet are not passed on; only
 * key frames among them are reported, because nobody waits for the others.
 */
export class FrameAssembler {
  readonly #read: PayloadReader;
  readonly #maxBytes: number;
  #frame: Partial | null = null;
  /** Something was lost since the last whole frame. */
  #gap = false;

  /** @param maxBytes size limit of one frame, bytes */
  constructor(read: PayloadReader, maxBytes: number) {
    this.#read = read;
    this.#maxBytes = maxBytes;
  }

  push(packet: RtpIn, lostBefore: number): EncodedFrame | AssemblerDrop | null {
    let drop: AssemblerDrop | null = null;
    if (this.#frame && (this.#frame.timestamp !== packet.timestamp || lostBefore > 0)) {
      // A new time stamp without a marker: the old frame's end was lost.
      drop = this.#abandon(this.#frame);
      if (this.#frame.timestamp !== packet.timestamp) this.#frame = null;
    }
    if (lostBefore > 0) this.#gap = true;

    const part = this.#read(packet.payload);
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
      intact: part.begins,
    };
    const frame = this.#frame;
    frame.key ??= part.key;
    if (frame.intact) drop = this.#append(frame, part.chunks) ?? drop;
    if (!packet.marker) return drop;

    this.#frame = null;
    if (!frame.intact) {
      this.#gap = true;
      return drop;
    }
    this.#gap = false;
    return {
      data: join(frame.chunks, frame.bytes),
      key: frame.key === true,
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
