import { Guard, VisavisError } from '#modules/contracts';
import { Pace } from '../core/remote/patience.js';
import { systemClock } from './clock.js';
import { DEFAULT_REMOTE, DEFAULT_TIMEOUTS, type RemoteOptions } from './options.js';

export type Settings = ReturnType<typeof settingsOf>;

/** Without a slash at its end, and without `/v1`. */
export const baseOf = (url: string): string => url.replace(/\/+$/, '').replace(/\/v1$/, '');

/** The options, whole. @throws VisavisError `bad_config` where there is no URL */
export function settingsOf(options: RemoteOptions) {
  const { random = Math.random, guard = new Guard(() => undefined) } = options;
  const process = idOf(random);
  if (options.urls.length === 0)
    throw new VisavisError('bad_config', 'a remote engine needs one URL at least');
  return {
    ...DEFAULT_REMOTE,
    ...withoutUndefined(options),
    urls: options.urls.map(baseOf),
    model: options.model,
    key: options.key,
    sessionHeader: options.sessionHeader,
    contextTokens: options.contextTokens,
    timeouts: { ...DEFAULT_TIMEOUTS, ...withoutUndefined(options.timeouts ?? {}) },
    salt: options.salt ?? idOf(random),
    transcriptions: options.transcriptions,
    ear: options.ear ?? (() => Promise.resolve(null)),
    trace: options.trace ?? (() => null),
    clock: options.clock ?? systemClock,
    log: options.log ?? (() => undefined),
    random,
    guard,
    pace: new Pace(),
    /** Of this process: what it names is named by no other. */
    process,
  };
}

function withoutUndefined<T extends object>(o: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(o).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

/** 48 bits. */
export function idOf(random: () => number): string {
  return Array.from({ length: 12 }, () => Math.floor(random() * 16).toString(16)).join('');
}
