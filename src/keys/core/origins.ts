/** Which pages may use the gateway, by the `Origin` that their browser tells. */
export interface OriginRules {
  /** `https://app.example`, or `*` for all. */
  readonly listed: readonly string[];
  /** Pages of this machine: a gateway that only this machine reaches takes them. */
  readonly loopback: boolean;
  /**
   * The gateway's own pages. Not where a gateway trusts whoever reaches it: a stranger's name can be made to mean 127.0.0.1
   * (DNS rebinding), and then the stranger's page is of "the same" origin.
   */
  readonly same: boolean;
}

/**
 * @param origin as the browser tells it
 * @param host of the request, as its client wrote it; null: it names none
 */
export function originAllowed(rules: OriginRules, origin: string, host: string | null): boolean {
  if (isListed(rules.listed, origin)) return true;
  if (!URL.canParse(origin)) return false;
  const { protocol, host: from, hostname } = new URL(origin);
  if (protocol !== 'http:' && protocol !== 'https:') return false;
  if (rules.loopback && isLoopback(hostname)) return true;
  if (!rules.same || host === null) return false;
  // Parsed by the origin's own scheme, which knows its default port; what the gateway itself speaks says nothing behind a proxy.
  const asked = `${protocol}//${host}`;
  return URL.canParse(asked) && new URL(asked).host === from;
}

/** @returns whether a list of origins names this one; it may say `*` */
export function isListed(listed: readonly string[], origin: string): boolean {
  return listed.includes('*') || listed.some((one) => one.toLowerCase() === origin.toLowerCase());
}

/** @param host a name or an address, without port; IPv6 with or without brackets */
export function isLoopback(host: string): boolean {
  const bare = host.toLowerCase().replace(/^\[|\]$/g, '');
  return (
    bare === 'localhost' ||
    bare.endsWith('.localhost') ||
    bare === '::1' ||
    /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(bare)
  );
}
