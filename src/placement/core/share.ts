import { join } from 'node:path';
import type { Config } from '../../config/config.js';

/**
 * What of the settings is one gateway's, where several share the machine. Ports are apart. What is of the machine or of servers (calls, KV
 * tokens, memory, a remote engine's sessions, the room for captures) is divided; what is of a process (engine workers, the local engine's
 * sessions) is each one's own.
 * @param number from 0 to `config.gateways - 1`
 */
export function shareOf(config: Config, number: number): Config {
  const part = (whole: number): number => partOf(whole, number, config.gateways);
  const { budgets, iceUdpPort, icePortRange, capture, remoteEngine, tracing } = config;
  return {
    ...config,
    // Behind a parent any port will do.
    port: 0,
    iceUdpPort: iceUdpPort === null ? null : iceUdpPort + number,
    icePortRange: icePortRange && rangeOf(icePortRange, number, config.gateways),
    engineSessions: remoteEngine ? part(config.engineSessions) : config.engineSessions,
    remoteEngine: remoteEngine && { ...remoteEngine, maxSessions: part(remoteEngine.maxSessions) },
    budgets: {
      ...budgets,
      maxCalls: budgets.maxCalls && part(budgets.maxCalls),
      maxKvTokens: budgets.maxKvTokens && part(budgets.maxKvTokens),
      maxMemoryBytes: budgets.maxMemoryBytes && part(budgets.maxMemoryBytes),
    },
    capture: capture && {
      ...capture,
      dir: join(capture.dir, `gateway-${number}`),
      folderBytes: part(capture.folderBytes),
    },
    tracing: tracing && {
      ...tracing,
      resource: { 'service.instance.id': `gateway-${number}`, ...tracing.resource },
    },
  };
}

/** The parts differ by one at the most, and make up the whole. */
function partOf(whole: number, number: number, count: number): number {
  return Math.floor(whole / count) + (number < Math.floor(whole) % count ? 1 : 0);
}

function rangeOf([min, max]: readonly [number, number], number: number, count: number): [number, number] {
  const size = Math.floor((max - min + 1) / count);
  const from = min + number * size;
  return [from, number === count - 1 ? max : from + size - 1];
}
