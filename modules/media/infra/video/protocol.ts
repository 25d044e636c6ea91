import type { VideoCodec, Want } from '../../core/ports.js';
import type { ImageHeader } from '../../core/image-header.js';

/** To the decoder process; `frame` and `image` carry the encoded bytes as their body. */
export type VideoRequest =
  | {
      readonly t: 'frame';
      readonly track: number;
      readonly codec: VideoCodec;
      readonly want: Want;
      /** Pixels. */
      readonly maxSide: number;
    }
  | { readonly t: 'image'; readonly format: ImageHeader['format']; readonly maxSide: number }
  | { readonly t: 'close'; readonly track: number };

/**
 * From the decoder process: `ready` once, then one `done` for each frame or image, in the order they came. A picture's
 * RGB bytes are the body of its `done`.
 */
export type VideoReply =
  | { readonly t: 'ready' }
  | {
      readonly t: 'done';
      /** False: the decoder refused it. */
      readonly ok: boolean;
      /** Pixels; 0 where there is no picture. */
      readonly width: number;
      readonly height: number;
      /** Time in the decoder, ms. */
      readonly decodeMs: number;
    };

/** File descriptor of the decoder process that its replies leave by: nothing that a library prints gets among them. */
export const REPLY_FD = 3;

/** Largest body of a message, bytes: far above any file or picture. More means that the other side is out of its mind. */
export const MAX_BODY_BYTES = 64 * 1024 * 1024;
const MAX_HEAD_BYTES = 1024;
const PREFIX_BYTES = 8;

/** A message as it is written: lengths of head and body (32 bit, little-endian), the head as JSON, the body. */
export function frameMessage(head: VideoRequest | VideoReply, body?: Uint8Array): Uint8Array[] {
  const json = Buffer.from(JSON.stringify(head));
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32LE(json.length, 0);
  prefix.writeUInt32LE(body?.length ?? 0, 4);
  const first = Buffer.concat([prefix, json]);
  return body && body.length > 0 ? [first, body] : [first];
}

export interface Message {
  /** Parsed, not checked. */
  readonly head: unknown;
  /** Its own memory. */
  readonly body: Uint8Array;
}

/** Cuts a byte stream into messages. A body is copied once, chunk by chunk, into the memory that it stays in. */
export class MessageReader {
  readonly #prefix = new Uint8Array(PREFIX_BYTES);
  /** What is being filled: prefix, head, body, in turn. */
  #part: { bytes: Uint8Array; filled: number } = { bytes: this.#prefix, filled: 0 };
  #head: Uint8Array | null = null;
  #bodyBytes = 0;

  /** @throws Error where the stream is no such stream; nothing sensible can be read from it any more */
  push(chunk: Uint8Array): Message[] {
    const messages: Message[] = [];
    let at = 0;
    while (at < chunk.length) {
      const part = this.#part;
      const piece = chunk.subarray(at, at + part.bytes.length - part.filled);
      part.bytes.set(piece, part.filled);
      part.filled += piece.length;
      at += piece.length;
      if (part.filled === part.bytes.length) this.#advance(messages);
    }
    return messages;
  }

  #advance(messages: Message[]): void {
    const { bytes } = this.#part;
    if (bytes === this.#prefix) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const headBytes = view.getUint32(0, true);
      this.#bodyBytes = view.getUint32(4, true);
      if (headBytes === 0 || headBytes > MAX_HEAD_BYTES || this.#bodyBytes > MAX_BODY_BYTES)
        throw new Error(`a message of ${headBytes} and ${this.#bodyBytes} bytes`);
      this.#part = { bytes: new Uint8Array(headBytes), filled: 0 };
      return;
    }
    if (this.#head === null) {
      this.#head = bytes;
      this.#part = { bytes: new Uint8Array(this.#bodyBytes), filled: 0 };
      if (this.#bodyBytes > 0) return;
    }
    const head: unknown = JSON.parse(Buffer.from(this.#head).toString());
    messages.push({ head, body: this.#part.bytes });
    this.#head = null;
    this.#part = { bytes: this.#prefix, filled: 0 };
  }
}

/** The reply in a message, or null where it is none: the process that sent it decodes strangers' bytes in native code. */
export function replyIn({ head, body }: Message): VideoReply | null {
  if (typeof head !== 'object' || head === null) return null;
  const { t, ok, width, height, decodeMs } = head as Record<string, unknown>;
  if (t === 'ready') return { t };
  const sizes = [width, height].every((v) => Number.isSafeInteger(v) && (v as number) >= 0);
  if (t !== 'done' || typeof ok !== 'boolean' || typeof decodeMs !== 'number' || !sizes) return null;
  const size = { width: width as number, height: height as number };
  return body.length === size.width * size.height * 3 ? { t, ok, ...size, decodeMs } : null;
}
