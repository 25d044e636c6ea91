import { randomUUID } from 'node:crypto';
import {
  DataPacket,
  DataStream_Chunk,
  DataStream_CompressionType,
  DataStream_Header,
  DataStream_TextHeader,
  DataStream_Trailer,
  Encryption_Type,
} from '@livekit/protocol';

/** What people write in LiveKit's chat goes by this topic. */
export const CHAT = 'lk.chat';
/** What agents say is written down by this one. */
export const TRANSCRIPTION = 'lk.transcription';
/** What LiveKit's own clients send in a packet. */
const CHUNK_BYTES = 15_000;
/** Of one text that is read; what is longer is no question. */
const LONGEST_BYTES = 64 * 1024;
/** Texts that one participant has begun and not finished; of more, the oldest are forgotten. */
const MOST_OPEN = 8;

export interface OutgoingText {
  readonly topic: string;
  /** Identities of who is to read it; none: all. */
  readonly to: readonly string[];
}

/** The packets of a text, in order. */
export function textPackets(text: string, { topic, to }: OutgoingText): Uint8Array[] {
  const streamId = randomUUID();
  const content = new TextEncoder().encode(text);
  const header = new DataStream_Header({
    streamId,
    topic,
    timestamp: BigInt(Date.now()),
    mimeType: 'text/plain',
    totalLength: BigInt(content.length),
    contentHeader: { case: 'textHeader', value: new DataStream_TextHeader({ generated: true }) },
    // Of a transcription: it is whole, and of nobody's microphone.
    ...(topic === TRANSCRIPTION && {
      attributes: { 'lk.transcription_final': 'true', 'lk.segment_id': streamId },
    }),
  });
  const packet = (value: DataPacket['value']) =>
    new DataPacket({ value, destinationIdentities: [...to] }).toBinary();
  const packets = [packet({ case: 'streamHeader', value: header })];
  for (let at = 0, index = 0n; at < content.length; at += CHUNK_BYTES, index += 1n) {
    const chunk = { streamId, chunkIndex: index, content: content.subarray(at, at + CHUNK_BYTES) };
    packets.push(packet({ case: 'streamChunk', value: new DataStream_Chunk(chunk) }));
  }
  packets.push(packet({ case: 'streamTrailer', value: new DataStream_Trailer({ streamId }) }));
  return packets;
}

interface Begun {
  readonly chunks: Uint8Array[];
  bytes: number;
}

export interface ReadText {
  readonly identity: string;
  readonly text: string;
}

/** Puts texts together of the packets that they come in. Bounded by participant: what one leaves unfinished costs the others nothing. */
export class TextReader {
  readonly #topics: readonly string[];
  readonly #begun = new Map<string, Map<string, Begun>>();

  constructor(topics: readonly string[]) {
    this.#topics = topics;
  }

  /** @returns a text that is whole now; null: none is */
  take({ participantIdentity: identity, value: { case: kind, value } }: DataPacket): ReadText | null {
    switch (kind) {
      case 'streamHeader':
        return this.#begin(identity, value);
      case 'streamChunk':
        this.#go(identity, value);
        return null;
      case 'streamTrailer':
        return this.#end(identity, value.streamId);
      case 'chatMessage': // the chat of older clients
        if (value.deleted || value.editTimestamp !== undefined || value.message.length > LONGEST_BYTES)
          return null;
        return { identity, text: value.message };
      default:
        return null;
    }
  }

  /** Somebody is gone, with what they began. */
  forget(identity: string): void {
    this.#begun.delete(identity);
  }

  #begin(identity: string, header: DataStream_Header): ReadText | null {
    const { streamId, topic, contentHeader, encryptionType, compression, inlineContent } = header;
    if (contentHeader.case !== 'textHeader' || !this.#topics.includes(topic)) return null;
    // Nobody is to send these to who does not say that they can read them.
    if (encryptionType !== Encryption_Type.NONE || compression !== DataStream_CompressionType.NONE)
      return null;
    if (inlineContent) return { identity, text: textOf([inlineContent]) };
    const open = this.#begun.get(identity) ?? new Map<string, Begun>();
    this.#begun.set(identity, open);
    open.set(streamId, { chunks: [], bytes: 0 });
    for (const oldest of open.keys()) {
      if (open.size <= MOST_OPEN) break;
      open.delete(oldest);
    }
    return null;
  }

  #go(identity: string, { streamId, content }: DataStream_Chunk): void {
    const open = this.#begun.get(identity);
    const text = open?.get(streamId);
    if (!text) return;
    text.bytes += content.length;
    if (text.bytes > LONGEST_BYTES) open?.delete(streamId);
    else text.chunks.push(content);
  }

  #end(identity: string, streamId: string): ReadText | null {
    const open = this.#begun.get(identity);
    const text = open?.get(streamId);
    if (!text) return null;
    open?.delete(streamId);
    if (open?.size === 0) this.#begun.delete(identity);
    return { identity, text: textOf(text.chunks) };
  }
}

function textOf(chunks: readonly Uint8Array[]): string {
  return Buffer.concat(chunks).toString('utf8');
}
