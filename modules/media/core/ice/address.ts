/** An IP address and a UDP port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** The bytes of an IP address (4 or 16), or null for anything else, a host name above all. */
export function addressBytes(host: string): number[] | null {
  return host.includes(':') ? ipv6Bytes(host) : ipv4Bytes(host);
}

/** One spelling for each address, so that two spellings of it compare as equal; null for what is no address. */
export function canonicalHost(host: string): string | null {
  const bytes = addressBytes(host);
  if (!bytes) return null;
  // A socket for both families tells IPv4 addresses in IPv6's form.
  const mapped = bytes.length === 16 && bytes.slice(0, 10).every((b) => b === 0) && bytes[10] === 0xff;
  if (mapped && bytes[11] === 0xff) return bytes.slice(12).join('.');
  return bytes.length === 4 ? bytes.join('.') : ipv6Text(bytes);
}

/** What one can send to: no wildcard, no multicast, no broadcast. */
export function isUnicast({ host, port }: Address): boolean {
  const bytes = addressBytes(host);
  if (!bytes || !Number.isInteger(port) || port < 1 || port > 65_535) return false;
  if (bytes.every((b) => b === 0)) return false;
  if (bytes.length === 16) return bytes[0] !== 0xff;
  // 0.0.0.0/8 names "this network", 224/4 multicast, 240/4 what is reserved, the broadcast address in it.
  return bytes[0] !== 0 && (bytes[0] ?? 0) < 224;
}

function ipv4Bytes(host: string): number[] | null {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(host)) return null;
  const bytes = host.split('.').map(Number);
  return bytes.every((b) => b <= 255) ? bytes : null;
}

function ipv6Bytes(host: string): number[] | null {
  const [address = '', ...zone] = host.split('%');
  if (zone.length > 1) return null;
  const halves = address.split('::');
  if (halves.length > 2) return null;
  const parts = halves.map((half) => groupsOf(half));
  const [head, tail] = parts;
  if (!head || tail === null) return null;
  if (tail === undefined) return head.length === 16 ? head : null;
  const missing = 16 - head.length - tail.length;
  return missing >= 2 ? [...head, ...Array.from({ length: missing }, () => 0), ...tail] : null;
}

/** The bytes of colon-separated groups; the last may be an IPv4 address. */
function groupsOf(text: string): number[] | null {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [i, group] of groups.entries()) {
    const last = i === groups.length - 1 ? ipv4Bytes(group) : null;
    if (last) bytes.push(...last);
    else if (/^[0-9a-f]{1,4}$/i.test(group)) bytes.push(parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff);
    else return null;
  }
  return bytes.length <= 16 ? bytes : null;
}

function ipv6Text(bytes: readonly number[]): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0));
  return groups.map((g) => g.toString(16)).join(':');
}
