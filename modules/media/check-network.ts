import { VisavisError } from '#modules/contracts';

import { resolveMediaOptions, type MediaOptions } from './core/options.js';
import { echoOf } from './infra/ice/echo.js';
import { PrivatePorts } from './infra/ice/private-ports.js';
import { SharedPort } from './infra/ice/shared-port.js';
import { listeningFor } from './infra/ice/udp.js';
import { iceHosts } from './infra/werift/peer-config.js';
import { allocate, type TurnAccount } from './infra/werift/turn-check.js';

export type { TurnAccount } from './infra/werift/turn-check.js';

/** What was tried, and what came of it. `unknown`: it cannot be told from here. */
export interface NetworkFinding {
  readonly state: 'ok' | 'fail' | 'unknown';
  readonly what: string;
}

/** Tries what calls need of the network: ports, addresses, and TURN servers, if there are any. No gateway may have the ports meanwhile. */
export async function checkNetwork(
  options: MediaOptions,
  turn: readonly TurnAccount[],
): Promise<readonly NetworkFinding[]> {
  return [...(await checkPorts(options)), ...(await Promise.all(turn.map(checkTurn)))];
}

async function checkPorts(options: MediaOptions): Promise<NetworkFinding[]> {
  const resolved = resolveMediaOptions(options);
  const hosts = () => iceHosts(resolved);
  const told: NetworkFinding = { state: 'ok', what: `clients are told of ${hosts().join(', ')}` };
  const { iceUdpPort: port, icePortRange: range } = resolved;
  if (port === undefined)
    return [told, ...(await checkEchoes(new PrivatePorts(hosts, range ?? null), hosts()))];
  const shared = new SharedPort({
    port,
    hosts,
    onBug: (error) => {
      throw error;
    },
  });
  try {
    const missing = await shared.start();
    const unbound = missing.map(({ listening, why }): NetworkFinding => ({
      state: 'fail',
      what: `UDP port ${port} of ${listening.bind} cannot be had (${why})`,
    }));
    return [told, ...unbound, ...(await checkEchoes(shared, hosts()))];
  } catch (error) {
    if (!(error instanceof VisavisError)) throw error;
    return [told, { state: 'fail', what: `${error.message}: is a gateway running?` }];
  } finally {
    await shared.close();
  }
}

async function checkEchoes(
  source: PrivatePorts | SharedPort,
  hosts: readonly string[],
): Promise<NetworkFinding[]> {
  const echoes = await echoOf(source, () => performance.now());
  if (echoes.length === 0) return [{ state: 'fail', what: 'no UDP port is free' }];
  const own = new Set(
    listeningFor(hosts)
      .filter(({ bind, told }) => told.includes(bind))
      .map(({ bind }) => bind),
  );
  return echoes.map(({ address: { host, port }, tookMs }) => {
    const where = `UDP ${host.includes(':') ? `[${host}]` : host}:${port}`;
    if (tookMs !== null) return { state: 'ok', what: `${where} answers (${tookMs.toFixed(1)} ms)` };
    if (own.has(host))
      return { state: 'fail', what: `${where} does not answer: a firewall of this machine?` };
    // Many routers do not pass on what comes from inside and is meant for their own outer address.
    return { state: 'unknown', what: `${where} does not answer from here; try it from outside` };
  });
}

async function checkTurn(account: TurnAccount): Promise<NetworkFinding> {
  try {
    const fromMs = performance.now();
    const relayed = await allocate(account);
    const tookMs = Math.round(performance.now() - fromMs);
    return { state: 'ok', what: `${account.url} relays by ${relayed} (${tookMs} ms)` };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { state: 'fail', what: `${account.url} does not relay: ${why}` };
  }
}
