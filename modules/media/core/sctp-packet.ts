/** Types of chunks whose body is a list of parameters, and where in the body it begins (RFC 9260, RFC 6525). */
const PARAMETERS_FROM: ReadonlyMap<number, number> = new Map([
  [1, 16], // INIT
  [2, 16], // INIT ACK
  [4, 0], // HEARTBEAT
  [5, 0], // HEARTBEAT ACK
  [6, 0], // ABORT
  [9, 0], // ERROR
  [130, 0], // RE-CONFIG
]);
const SACK = 3;
const HEADER_BYTES = 12;
/** Of a chunk and of a parameter: type, flags and length; the length counts them. */
const FIELD_BYTES = 4;
/** TSNs that a SACK may tell of one by one: more than we ever have under way (a window of 1 MiB in packets of 1200 bytes). */
const MOST_GAP_TSNS = 4096;

/**
 * Whether every length in an SCTP packet leads forward and stays inside. werift's reader takes a chunk or a parameter of length 0
 * for one that is followed by itself, and never comes to an end; and it writes the TSNs of a SACK's gaps down one by one.
 * The checksum, the tag and what the chunks say are not looked at.
 */
export function isSoundSctp(packet: Uint8Array): boolean {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  if (packet.length < HEADER_BYTES) return false;
  return everyField(view, HEADER_BYTES, packet.length, (type, from, to) => {
    const parametersFrom = PARAMETERS_FROM.get(type);
    if (parametersFrom !== undefined) return everyField(view, from + parametersFrom, to, () => true);
    return type !== SACK || gapTsns(view, from, to) <= MOST_GAP_TSNS;
  });
}

/** Walks over fields of four bytes and a body that are padded to four bytes; what is left at the end is too short for one. */
function everyField(
  view: DataView,
  start: number,
  end: number,
  check: (type: number, from: number, to: number) => boolean,
): boolean {
  let at = start;
  while (at + FIELD_BYTES <= end) {
    const length = view.getUint16(at + 2);
    if (length < FIELD_BYTES || at + length > end) return false;
    // Chunks have a type of one byte. That of parameters is not asked for.
    if (!check(view.getUint8(at), at + FIELD_BYTES, at + length)) return false;
    at += (length + 3) & ~3;
  }
  return true;
}

/** How many TSNs the gap blocks of a SACK cover together; Infinity where they are not all there. */
function gapTsns(view: DataView, from: number, to: number): number {
  if (from + 12 > to) return Infinity;
  const blocks = view.getUint16(from + 8);
  const duplicates = view.getUint16(from + 10);
  if (from + 12 + FIELD_BYTES * (blocks + duplicates) > to) return Infinity;
  let tsns = 0;
  for (let block = 0; block < blocks; block += 1) {
    const at = from + 12 + FIELD_BYTES * block;
    tsns += Math.max(0, view.getUint16(at + 2) - view.getUint16(at) + 1);
  }
  return tsns;
}
