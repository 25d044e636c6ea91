/**
 * Bytes are spelt as printable characters in a byte-level BPE vocabulary (the GPT-2 table): printable Latin-1 as itself,
 * the other 68 bytes as U+0100 onwards, in order.
 */
function byteTable(): Map<string, number> {
  const table = new Map<string, number>();
  let shifted = 0;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    table.set(String.fromCodePoint(printable ? byte : 256 + shifted), byte);
    if (!printable) shifted += 1;
  }
  return table;
}

const BYTES = byteTable();
const SPELLINGS = new Map([...BYTES].map(([char, byte]) => [byte, char]));

/** Bytes as a byte-level BPE vocabulary spells them. */
export function spellBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => SPELLINGS.get(byte) ?? '').join('');
}

/** Turns tokens into text as they come. A character whose bytes span tokens appears with its last token. */
export class Detokenizer {
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  /** @param token the vocabulary's spelling of the token. Returns the text that it completes, '' where none. */
  push(token: string): string {
    const bytes = new Uint8Array(token.length);
    let count = 0;
    for (const char of token) {
      const byte = BYTES.get(char);
      if (byte !== undefined) bytes[count++] = byte;
    }
    return this.decoder.decode(bytes.subarray(0, count), { stream: true });
  }
}
