/**
 * What orchestrators put into the environment of every container about the services beside it. A service called `visavis`, or
 * `visavis-metrics`, yields names that look like settings of ours: Kubernetes' service variables and Docker's links.
 */
const ADDRESS = /^(tcp|udp|sctp):\/\/[^\s/]+:\d+$/;
const NUMBER = /^\d+$/;
const SHAPES: readonly (readonly [name: RegExp, value: RegExp])[] = [
  [/_SERVICE_HOST$/, /^[^\s/]+$/],
  [/_SERVICE_PORT(_[A-Z0-9_]+)?$/, NUMBER],
  [/_PORT(_\d+_(TCP|UDP|SCTP)(_START|_END)?)?$/, ADDRESS],
  [/_PORT_\d+_(TCP|UDP|SCTP)_PORT(_START|_END)?$/, NUMBER],
  [/_PORT_\d+_(TCP|UDP|SCTP)_PROTO$/, /^(tcp|udp|sctp)$/],
  [/_PORT_\d+_(TCP|UDP|SCTP)_ADDR$/, /^[^\s/]+$/],
];

/** A link's own name, `/page/visavis`: by it, and by an address, a link is told from a mistyped setting. */
const LINK_NAME = /^\/[^\s/]+\/[^\s/]+$/;

/**
 * @param env an environment
 * @returns the names in it, of those that begin with `prefix`, that an orchestrator put there
 */
export function serviceLinks(
  env: Readonly<Record<string, string | undefined>>,
  prefix: string,
): ReadonlySet<string> {
  const names = Object.keys(env).filter((name) => name.startsWith(prefix));
  const aliases = names.filter((name) => name.endsWith('_NAME') && LINK_NAME.test(env[name]?.trim() ?? ''));
  const isOfLink = (name: string): boolean =>
    aliases.some((alias) => name === alias || name.startsWith(alias.replace(/NAME$/, 'ENV_')));
  const hasShape = (name: string): boolean =>
    SHAPES.some(([shape, value]) => shape.test(name) && value.test(env[name]?.trim() ?? ''));
  return new Set(names.filter((name) => hasShape(name) || isOfLink(name)));
}
