import type { SdpLine } from './lines.js';

/** Each candidate costs checks, which go wherever a stranger says: no more of an offer are looked at. */
export const MAX_CANDIDATES = 32;

const TYPES = new Set(['host', 'srflx', 'prflx', 'relay']);
const MAX_PRIORITY = 2 ** 32 - 1;

/**
 * The candidates (values of `a=candidate`) of an offer that can be tried, in one spelling, without those given twice: UDP before TCP,
 * at most `MAX_CANDIDATES`. Broken ones are left out, and those of RTCP's own component: the client's own checks reach us without any.
 */
export function readCandidates(lines: readonly SdpLine[]): string[] {
  const found = new Map<string, string>();
  for (const line of lines) {
    const candidate = readCandidate(line.value);
    if (!candidate) continue;
    const key = `${candidate.transport} ${candidate.address} ${candidate.port}`;
    if (!found.has(key)) found.set(key, candidate.text);
  }
  const isTcp = (key: string) => Number(key.startsWith('tcp '));
  return [...found]
    .toSorted(([a], [b]) => isTcp(a) - isTcp(b))
    .slice(0, MAX_CANDIDATES)
    .map(([, text]) => text);
}

/** A candidate that can be tried. */
export interface ReadCandidate {
  readonly transport: 'udp' | 'tcp';
  readonly priority: number;
  /** An address or a host name, in lower case. */
  readonly address: string;
  readonly port: number;
  /** The ICE session that it says it belongs to, if it says so. */
  readonly ufrag: string | null;
  /** The value of its `a=candidate`, in one spelling. */
  readonly text: string;
}

/** @returns null for what is no candidate, or cannot be tried */
export function readCandidate(value: string): ReadCandidate | null {
  // Some stacks write the attribute's name twice, because JavaScript's candidates begin with it.
  const fields = value.replace(/^(a=)?candidate:/i, '').split(/\s+/);
  const [foundation = '', component, transport = '', priority, address = '', port = '', typ, type = ''] =
    fields;
  const protocol = transport.toLowerCase();
  if (component !== '1' || (protocol !== 'udp' && protocol !== 'tcp')) return null;
  if (typ?.toLowerCase() !== 'typ' || !TYPES.has(type.toLowerCase())) return null;
  if (foundation === '' || !within(priority, 0, MAX_PRIORITY)) return null;
  if (!within(port, protocol === 'udp' ? 1 : 0, 65_535) || !isDestination(address)) return null;
  const tcpType = fieldAfter(fields, 'tcptype');
  if (protocol === 'tcp' && !/^(active|passive|so)$/.test(tcpType ?? '')) return null;
  const raddr = fieldAfter(fields, 'raddr');
  const rport = fieldAfter(fields, 'rport');
  const related =
    raddr && isAddress(raddr) && within(rport, 0, 65_535) ? ` raddr ${raddr} rport ${rport}` : '';
  return {
    transport: protocol,
    address: address.toLowerCase(),
    port: Number(port),
    priority: Number(priority),
    ufrag: fieldAfter(fields, 'ufrag') ?? null,
    text:
      `${foundation.replaceAll(/[^A-Za-z0-9+/]/g, '').slice(0, 32) || '0'} 1 ${protocol} ${Number(priority)} ${address} ${Number(port)} typ ${type.toLowerCase()}${related}` +
      (tcpType && protocol === 'tcp' ? ` tcptype ${tcpType}` : ''),
  };
}

function fieldAfter(fields: readonly string[], name: string): string | undefined {
  for (let i = 8; i + 1 < fields.length; i += 2) if (fields[i]?.toLowerCase() === name) return fields[i + 1];
  return undefined;
}

function within(text: string | undefined, low: number, high: number): boolean {
  return text !== undefined && /^\d{1,10}$/.test(text) && Number(text) >= low && Number(text) <= high;
}

/** An address that somebody can be at, or a host name (`….local`, RFC 8828). */
function isDestination(address: string): boolean {
  const v4 = readIPv4(address);
  // Nobody (0.0.0.0/8), groups, and everybody: checks are for one.
  if (v4) return v4[0] !== 0 && (v4[0] ?? 255) < 224;
  if (isIPv6(address)) return !/^([0:]+|ff.*)$/i.test(address);
  return isHostName(address);
}

function isAddress(address: string): boolean {
  return readIPv4(address) !== null || isIPv6(address) || isHostName(address);
}

function isHostName(name: string): boolean {
  if (name.length > 253 || !/^(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?$/i.test(name)) return false;
  // A last label of digits would be an IPv4 address, and a broken one.
  return !/(?:^|\.)\d+\.?$/.test(name);
}

function readIPv4(address: string): number[] | null {
  if (!/^(\d{1,3}\.){3}\d{1,3}$/.test(address)) return null;
  const bytes = address.split('.').map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : null;
}

/** Characters of the longest IPv6 address, the last of it in IPv4's form. */
const MAX_IPV6 = 45;

function isIPv6(address: string): boolean {
  if (address.length > MAX_IPV6) return false;
  const halves = address.split('::');
  if (!address.includes(':') || halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1) ?? '';
  const dotted = readIPv4(last) !== null && address.endsWith(last);
  const plain = dotted ? groups.slice(0, -1) : groups;
  if (!plain.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return false;
  const count = plain.length + (dotted ? 2 : 0);
  return halves.length === 2 ? count <= 7 : count === 8;
}
