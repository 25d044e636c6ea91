import type { Replicas } from './replicas.js';
import type { KindCounts, RequestKind, RequestTally } from './tally.js';

/** What the operator sees of warming. `helps`: null where the server does not tell what it had cached. */
export interface WarmStats {
  readonly requests: number;
  readonly aborted: number;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly helps: boolean | null;
}

/** A server, as it is now. */
export interface ReplicaStats {
  /** Its URL, without what that may hold of a password. */
  readonly name: string;
  /** It gets requests. */
  readonly isUp: boolean;
  /** Frames are sent ahead to it; null: to none. */
  readonly warms: boolean | null;
  readonly sessions: number;
}

/** Counters since the start, and how things are now; the first seven as the local engine has them, a replica for a worker. */
export interface RemoteStats {
  readonly workers: number;
  readonly workersUp: number;
  readonly workersStuck: number;
  readonly lost: { readonly died: number; readonly stuck: number };
  readonly sessions: number;
  /** Answers that went on at another replica, or at the same after it had failed. */
  readonly sessionsRebuilt: number;
  readonly sessionsGivenUp: number;
  readonly requests: number;
  readonly retries: number;
  /** Sessions that were moved to another server. */
  readonly failovers: number;
  /** Tries that failed, by why; an abort is none. */
  readonly failures: ReadonlyMap<string, number>;
  readonly kinds: Readonly<Record<RequestKind, KindCounts>>;
  readonly replicas: readonly ReplicaStats[];
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly warm: WarmStats;
}

/** @param of.warms frames are sent ahead, where that helps */
export function statsOf(of: {
  readonly servers: number;
  readonly sessions: number;
  readonly replicas: Replicas | null;
  readonly tally: RequestTally;
  readonly warms: boolean;
  readonly nowMs: number;
}): RemoteStats {
  const { replicas, tally } = of;
  const { requests, promptTokens, cachedTokens } = tally.sum('answer', 'speculation', 'aside');
  const helps = replicas?.list.map(({ gate }) => gate.helps) ?? [];
  return {
    workers: of.servers,
    workersUp: replicas?.up ?? 0,
    workersStuck: 0,
    lost: { died: replicas?.lost ?? 0, stuck: 0 },
    sessions: of.sessions,
    sessionsRebuilt: replicas?.movedAnswers ?? 0,
    sessionsGivenUp: replicas?.givenUp ?? 0,
    requests,
    promptTokens,
    cachedTokens,
    retries: replicas?.retries ?? 0,
    failovers: replicas?.failovers ?? 0,
    failures: replicas?.failures ?? new Map(),
    kinds: tally.byKind,
    warm: {
      ...tally.sum('warm'),
      helps: helps.includes(false) ? false : helps.includes(true) ? true : null,
    },
    replicas: (replicas?.list ?? []).map(({ server, breaker, gate, sessions }) => ({
      name: server.name,
      isUp: !breaker.isOpen,
      warms: of.warms ? gate.isOpen(of.nowMs) : null,
      sessions,
    })),
  };
}
