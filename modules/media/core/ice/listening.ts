import { canonicalHost } from './address.js';

/** A socket to open, and the addresses that clients are told for it. */
export interface Listening {
  readonly bind: string;
  readonly ipv6: boolean;
  readonly told: readonly string[];
}

/**
 * Which addresses to listen on, all with one port number: each offered address alone where all of its family are this machine's own. One
 * that a router forwards to us (1:1 NAT, a container's host) cannot be bound: there, all of the family's addresses are listened on, by
 * one socket, for no other could have the same port beside it.
 * @param hosts the addresses to offer, in the order of preference
 * @param own this machine's
 */
export function planListening(hosts: readonly string[], own: readonly string[]): readonly Listening[] {
  const mine = new Set(own.map((host) => canonicalHost(host)));
  const isOwn = (host: string): boolean => mine.has(canonicalHost(host));
  const seen = new Set<string | null>();
  const offered = hosts.filter((host) => {
    const one = canonicalHost(host);
    return one !== null && !seen.has(one) && seen.add(one);
  });
  const plan: Listening[] = [];
  const everywhere = new Set<boolean>();
  for (const host of offered) {
    const ipv6 = host.includes(':');
    const family = offered.filter((other) => other.includes(':') === ipv6);
    if (family.every(isOwn)) plan.push({ bind: host, ipv6, told: [host] });
    else if (!everywhere.has(ipv6)) {
      everywhere.add(ipv6);
      plan.push({ bind: ipv6 ? '::' : '0.0.0.0', ipv6, told: family });
    }
  }
  return plan;
}
