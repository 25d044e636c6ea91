import type { IncomingMessage, Server } from 'node:http';
import type { Proxies } from './proxies.js';

/** The path below which the gateway is to be found from outside. */
export class Base {
  readonly #path: string | null;
  readonly #proxies: Proxies;

  /** @param path `VISAVIS_BASE_PATH` without a slash at its end; `''`: the root; null: not known */
  constructor(path: string | null, proxies: Proxies) {
    this.#path = path;
    this.#proxies = proxies;
  }

  /** Takes the base path off what is asked for: a proxy may have done so already, or not. Before all other listeners. */
  stripFrom(server: Server): void {
    const strip = (request: IncomingMessage): void => {
      if (request.url !== undefined) request.url = this.below(request.url);
    };
    server.prependListener('request', strip);
    server.prependListener('upgrade', strip);
  }

  /** @returns `url` without the base path, where it has it */
  below(url: string): string {
    const base = this.#path;
    return base !== null && base !== '' && url.startsWith(`${base}/`) ? url.slice(base.length) : url;
  }

  /** What is asked for is the base path itself, without the slash that relative links need. @param path without a query */
  isBare(path: string): boolean {
    return this.#path !== '' && path === this.#path;
  }

  /**
   * Where something is, for a `Location` or a `Link`. Where nothing says below which path the gateway is reached, a reference
   * relative to the request: a client resolves it to the right address whatever proxies stand between (RFC 9110, 10.2.2).
   * @param request its `url` is without the base path, as `stripFrom` leaves it
   * @param path from the gateway's root, beginning with a slash
   */
  placeOf(
    request: Pick<IncomingMessage, 'headers' | 'socket' | 'url'> & { originalUrl?: string },
    path: string,
  ): string {
    const { prefix } = this.#proxies.of(request);
    if (prefix !== null || this.#path !== null) return `${joined(prefix ?? '', this.#path ?? '')}${path}`;
    const from = (request.originalUrl ?? request.url ?? '/').split('?', 1)[0] ?? '/';
    const up = '../'.repeat(from.split('/').length - 2);
    return `${up === '' ? './' : up}${path.slice(1)}`;
  }

  /** The same for clients that follow no relative reference: from the root, unless a proxy shows itself that takes a prefix off. */
  rootedPlaceOf(request: Parameters<Base['placeOf']>[0], path: string): string {
    const place = this.placeOf(request, path);
    return place.startsWith('.') && !this.#proxies.of(request).passedOn ? path : place;
  }
}

/** A proxy may tell a prefix that it passes on, or that is known to us anyhow: that is one and the same, not one below the other. */
function joined(prefix: string, base: string): string {
  return prefix.endsWith(base) ? prefix : prefix + base;
}
