import type { Health, PartHealth, Troubles } from '../../health/health.service.js';

/**
 * The health of all gateways as one.
 * @param each by number; null: it is starting, or does not answer
 * @param lost how often each has ended unasked
 * @returns `ready` where one of them is: calls are taken. Parts are whole where they are in each gateway that runs; a gateway that does not
 *   run is a part, too
 */
export function healthOf(
  each: readonly (Health | null)[],
  lost: ReadonlyMap<number, number>,
  draining: boolean,
): Health {
  const running = each.flatMap((health, number) => (health ? [{ number, health }] : []));
  const parts: Record<string, PartHealth> = {};
  for (const { number, health } of running)
    for (const [name, part] of Object.entries(health.parts))
      if (!(parts[name]?.ok === false)) parts[name] = part.ok ? part : named(number, part);
  for (const [number, health] of each.entries())
    if (!health) parts[`gateway ${number}`] = { ok: false, reason: 'it does not run' };
  const ready = running.some(({ health }) => health.status === 'ready');
  return {
    status: draining ? 'draining' : ready ? 'ready' : 'not_ready',
    parts,
    calls: {
      open: sum(running.map(({ health }) => health.calls.open)),
      detached: sum(running.map(({ health }) => health.calls.detached)),
    },
    troubles: {
      ...added(running.map(({ health }) => health.troubles)),
      gateways_lost: Object.fromEntries([...lost].map(([number, count]) => [String(number), count])),
    },
  };
}

function named(number: number, { ok, reason }: PartHealth): PartHealth {
  return { ok, reason: `gateway ${number}: ${reason ?? 'it does not work'}` };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function added(all: readonly Troubles[]): Troubles {
  const total: Record<string, Record<string, number>> = {};
  for (const [kind, counts] of all.flatMap((troubles) => Object.entries(troubles))) {
    const ofKind = (total[kind] ??= {});
    for (const [label, count] of Object.entries(counts)) ofKind[label] = (ofKind[label] ?? 0) + count;
  }
  return total;
}
