import type { StringKey } from '../text/strings.js';
import type { Params } from '../text/language.js';

/** What a button beside a problem does. `table`: goes on with the built-in table, and without devices. */
export type Action = 'retry' | 'table' | 'key';

/** What is wrong, and what to do, in words. */
export interface Advice {
  readonly title: StringKey;
  readonly todo: StringKey;
  readonly params: Params;
  readonly actions: readonly Action[];
  /** When it is worth to try again (ms from now); null: at any time, or nobody knows. */
  readonly waitMs: number | null;
}

interface Told {
  readonly code: string;
  readonly message: string;
  readonly retryAfterMs: number | null;
}

type Problem = 'full' | 'quota' | 'restart';
/** What passes by itself: the gateway says when. */
const PASSING: Readonly<Record<string, Problem>> = {
  capacity: 'full',
  shed: 'full',
  rate_limit_exceeded: 'quota',
  insufficient_quota: 'quota',
  draining: 'restart',
  engine_restarting: 'restart',
  engine_failed: 'restart',
};
const SOON: Readonly<Record<Problem, readonly [when: StringKey, soon: StringKey]>> = {
  full: ['problem.full.do', 'problem.full.soon'],
  quota: ['problem.quota.do', 'problem.quota.soon'],
  restart: ['problem.soon.do', 'problem.soon.soon'],
};

type Known = Pick<Advice, 'title' | 'todo' | 'actions'>;
const known = (
  name:
    | 'key'
    | 'forbidden'
    | 'permission'
    | 'device'
    | 'busy'
    | 'insecure'
    | 'gone'
    | 'unreachable'
    | 'noWay'
    | 'lost'
    | 'over'
    | 'part'
    | 'voice',
  ...actions: Action[]
): Known => ({ title: `problem.${name}`, todo: `problem.${name}.do`, actions });

const KEY = known('key', 'key');
const FORBIDDEN = known('forbidden');
const LOST = known('lost', 'retry');
const OVER = known('over', 'retry');
const BY_CODE: Readonly<Record<string, Known>> = {
  missing_api_key: KEY,
  invalid_api_key: KEY,
  expired_api_key: KEY,
  insufficient_permissions: FORBIDDEN,
  origin_not_allowed: FORBIDDEN,
  permission_denied: known('permission', 'retry', 'table'),
  no_device: known('device', 'retry', 'table'),
  device_failed: known('device', 'retry', 'table'),
  device_busy: known('busy', 'retry', 'table'),
  not_supported: known('insecure', 'table'),
  track_ended: known('gone'),
  connect_failed: known('unreachable', 'retry'),
  connect_timeout: known('noWay', 'retry'),
  connection_lost: LOST,
  resume_expired: LOST,
  session_expired: OVER,
  part_lost: known('part'),
  voice_failed: known('voice'),
};

/** What to tell somebody of an error, by its code: the gateway's (docs/protocol.md), or one of the SDK's. */
export function adviceOf({ code, message, retryAfterMs }: Told): Advice {
  const passing = PASSING[code];
  if (passing !== undefined) {
    const [when, soon] = SOON[passing];
    const title: StringKey = `problem.${passing}`;
    const actions: Action[] = ['retry'];
    if (retryAfterMs === null) return { title, todo: soon, params: {}, actions, waitMs: null };
    return {
      title,
      todo: when,
      params: { s: Math.ceil(retryAfterMs / 1000) },
      actions,
      waitMs: retryAfterMs,
    };
  }
  const found = BY_CODE[code];
  if (found) return { ...found, params: {}, waitMs: retryAfterMs };
  return {
    title: 'problem.other',
    todo: 'problem.other.do',
    params: { message },
    actions: ['retry'],
    waitMs: retryAfterMs,
  };
}
