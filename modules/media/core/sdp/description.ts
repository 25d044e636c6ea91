import { badSdp, readLines, type SdpLine } from './lines.js';

/** Attributes (`a=`) by their names in lower case, in the order of the description. */
export type Attributes = ReadonlyMap<string, readonly SdpLine[]>;

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** One `m=` section, as it is written. */
export interface Section {
  readonly line: SdpLine;
  /** In lower case. */
  readonly kind: string;
  /** 0: rejected, or offered as bundle-only. */
  readonly port: number;
  readonly protocol: string;
  readonly formats: readonly string[];
  readonly mid: string | null;
  /** Its own, else that of the session, else `sendrecv` (RFC 8866, 6.7). */
  readonly direction: Direction;
  readonly attributes: Attributes;
}

export interface Description {
  readonly session: Attributes;
  /** The `m=` sections in order; at least one. */
  readonly sections: readonly Section[];
  /** The mids of each `a=group:BUNDLE`, in its order. */
  readonly bundles: readonly ReadonlySet<string>[];
}

/** As much as a request may bring; an offer has some kilobytes. */
const MAX_CHARS = 256 * 1024;
/** Bounds the answer, which has a section for each of the offer's. */
const MAX_SECTIONS = 256;
/** Bounds the work that a stranger's offer makes: more lines of one attribute in one section are not looked at. */
const MAX_ALIKE = 512;
const DIRECTIONS = ['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const;

/**
 * Reads the structure of an offer. What is not understood is left out; only the `m=` lines must be readable, because an answer
 * repeats them one for one (RFC 3264, 6).
 * @throws VisavisError `bad_sdp`
 */
export function readDescription(sdp: string): Description {
  const lines = readLines(sdp.slice(0, MAX_CHARS));
  const [first] = lines;
  if (!first) throw badSdp({ number: 1, text: '', type: '', name: '', value: '' }, 'the offer is empty');
  const last = lines.at(-1) ?? first;
  if (sdp.length > MAX_CHARS) throw badSdp(last, `the offer is longer than ${MAX_CHARS} characters`);
  if (lines.length === 1 && /\\[rn]/.test(first.text)) {
    throw badSdp(first, 'its line ends are written in letters (\\r\\n)');
  }
  const strange = lines.find((line) => line.type === 'v' && Number.parseInt(line.value, 10) > 0);
  if (strange) throw badSdp(strange, 'only version 0 of SDP is known');
  const starts = lines.flatMap((line, index) => (line.type === 'm' ? [index] : []));
  if (starts.length === 0) throw badSdp(last, 'the offer ends without a media section (m=)');
  const beyond = lines[starts[MAX_SECTIONS] ?? -1];
  if (beyond) throw badSdp(beyond, `more than ${MAX_SECTIONS} media sections are not taken`);

  const session = attributesOf(lines.slice(0, starts[0]));
  const inherited = directionOf(session) ?? 'sendrecv';
  const sections = starts.map((start, n) => readSection(lines.slice(start, starts[n + 1]), inherited));
  return { session, sections, bundles: bundlesOf(session) };
}

function readSection([line, ...rest]: readonly SdpLine[], inherited: Direction): Section {
  if (!line) throw new Error('a section begins with its m= line');
  const [kind, port, protocol, ...formats] = line.value.split(/\s+/);
  if (!kind || !port || !protocol || !/^\d+(\/\d+)?$/.test(port)) {
    throw badSdp(line, 'a media line has a kind, a port, a protocol and formats');
  }
  const attributes = attributesOf(rest);
  return {
    line,
    kind: kind.toLowerCase(),
    port: Number.parseInt(port, 10),
    protocol,
    formats: [...new Set(formats)],
    mid: first(attributes, 'mid')?.value.split(/\s/, 1)[0] || null,
    direction: directionOf(attributes) ?? inherited,
    attributes,
  };
}

function attributesOf(lines: readonly SdpLine[]): Attributes {
  const byName = new Map<string, SdpLine[]>();
  for (const line of lines) {
    if (line.type !== 'a') continue;
    const same = byName.get(line.name);
    if (!same) byName.set(line.name, [line]);
    else if (same.length < MAX_ALIKE) same.push(line);
  }
  return byName;
}

function directionOf(attributes: Attributes): Direction | null {
  const found = DIRECTIONS.flatMap((name) => {
    const line = first(attributes, name);
    return line ? [{ name, number: line.number }] : [];
  });
  return found.toSorted((a, b) => a.number - b.number)[0]?.name ?? null;
}

function bundlesOf(session: Attributes): Set<string>[] {
  return all(session, 'group').flatMap((line) => {
    const [semantics, ...mids] = line.value.split(/\s+/);
    return semantics?.toUpperCase() === 'BUNDLE' ? [new Set(mids)] : [];
  });
}

export function all(attributes: Attributes, name: string): readonly SdpLine[] {
  return attributes.get(name) ?? [];
}

export function first(attributes: Attributes, name: string): SdpLine | undefined {
  return attributes.get(name)?.[0];
}
