import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { VisavisError } from '#modules/contracts';

/** Who asks, and by which way, as far as it can be believed. */
export interface RequestOrigin {
  /** Of the client; of the last proxy where that one is not trusted. */
  readonly address: string;
  /** Host and port that the client wrote, or null. */
  readonly host: string | null;
  /** The path prefix that a trusted proxy took off, without a slash at its end; null: it names none. */
  readonly prefix: string | null;
  /** A proxy that is not trusted says that it passes the request on for somebody else. */
  readonly passedOn: boolean;
}

const LOOPBACK = ['127.0.0.0/8', '::1'];
const PREFIX = /^(\/[\w.~-]+)+$/;
const SAYS_PROXY = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/** The proxies whose `X-Forwarded-*` headers are believed. Nobody else's are: any client can write them. */
export class Proxies {
  readonly #trusted = new BlockList();

  /**
   * @param list addresses, networks (`10.0.0.0/8`), or `loopback`
   * @throws VisavisError `bad_config`
   */
  constructor(list: readonly string[] = []) {
    for (const one of list.flatMap((entry) => (entry === 'loopback' ? LOOPBACK : [entry]))) this.add(one);
  }

  of(request: Pick<IncomingMessage, 'headers' | 'socket'>): RequestOrigin {
    const { headers, socket } = request;
    const peer = bare(socket.remoteAddress ?? '');
    const host = headers.host ?? null;
    if (!this.trusts(peer)) {
      const passedOn = SAYS_PROXY.some((name) => headers[name] !== undefined);
      return { address: peer, host, prefix: null, passedOn };
    }
    const prefix = first(headers['x-forwarded-prefix'])?.replace(/\/+$/, '') ?? null;
    return {
      address: this.clientOf(peer, headers['x-forwarded-for']),
      host: first(headers['x-forwarded-host']) ?? host,
      prefix: prefix !== null && PREFIX.test(prefix) && !/\/\.\.?(\/|$)/.test(prefix) ? prefix : null,
      passedOn: false,
    };
  }

  /** From the last proxy back: the first address that is no trusted proxy's. What stands before it anybody may have written. */
  private clientOf(peer: string, forwardedFor: string | string[] | undefined): string {
    const hops = String(forwardedFor ?? '')
      .split(',')
      .map((hop) => bare(hop.trim()))
      .filter((hop) => hop !== '');
    let client = peer;
    while (hops.length > 0 && this.trusts(client)) client = hops.pop() ?? client;
    return client;
  }

  private trusts(address: string): boolean {
    const family = isIP(address);
    return family !== 0 && this.#trusted.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }

  private add(one: string): void {
    const [address = '', bits] = one.split('/', 2);
    const family = isIP(address);
    const type = family === 6 ? 'ipv6' : 'ipv4';
    const most = family === 6 ? 128 : 32;
    const prefix = bits === undefined ? most : Number(bits);
    if (family === 0 || !(Number.isInteger(prefix) && prefix >= 0 && prefix <= most) || bits === '')
      throw new VisavisError(
        'bad_config',
        `VISAVIS_TRUSTED_PROXIES: ${one} is no address, network or "loopback"`,
      );
    this.#trusted.addSubnet(address, prefix, type);
  }
}

/** The header of the outermost proxy, where several have added to it. */
function first(header: string | string[] | undefined): string | undefined {
  const value = String(header ?? '')
    .split(',', 1)[0]
    ?.trim();
  return value === '' ? undefined : value;
}

/** An IPv4 address that came by an IPv6 socket is that address; a port or brackets are no part of it. */
function bare(address: string): string {
  const plain = address.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^::ffff:(?=\d+\.)/i, '');
  return /^\d+\.\d+\.\d+\.\d+:\d+$/.test(plain) ? plain.slice(0, plain.indexOf(':')) : plain;
}
