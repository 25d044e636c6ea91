import type { ChatMessage, Json } from './messages.js';

/** JSON in UTF-8, in pieces that are sent one after the other. */
export type RequestBody = readonly Uint8Array[];

/** Shorter ones are copied into their neighbours (bytes). */
const SHORT = 2048;

/** Puts a request together of what is text, and of media that were written before: those are taken as they are, and not copied. */
export class BodyWriter {
  private readonly pieces: Uint8Array[] = [];
  private text = '';

  put(text: string): this {
    this.text += text;
    return this;
  }

  json(part: Json): this {
    if (part.bytes.length < SHORT) return this.put(part.text);
    this.flush();
    this.pieces.push(part.bytes);
    return this;
  }

  /** A list of messages. */
  messages(messages: readonly ChatMessage[]): this {
    this.put('[');
    for (const [index, message] of messages.entries()) this.put(index > 0 ? ',' : '').message(message);
    return this.put(']');
  }

  end(): RequestBody {
    this.flush();
    return this.pieces;
  }

  private message(message: ChatMessage): void {
    if (message.role !== 'user') return void this.put(JSON.stringify(message));
    this.put('{"role":"user","content":[');
    for (const [index, part] of message.content.entries()) this.put(index > 0 ? ',' : '').json(part);
    this.put(']}');
  }

  private flush(): void {
    if (this.text !== '') this.pieces.push(new TextEncoder().encode(this.text));
    this.text = '';
  }
}
