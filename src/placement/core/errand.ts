import { numberIn, numberOf } from './tags.js';

/** What a request is about, as far as placing it goes. */
export type Errand =
  /** A call or session that is one gateway's. */
  | { readonly k: 'of'; readonly number: number }
  /** It opens a call, unless its body names one that is open already. */
  | { readonly k: 'offer'; readonly body: 'openai' | 'rtvi' }
  /** It opens a call. */
  | { readonly k: 'call' }
  /** It says that a call is about to be opened where it goes to. */
  | { readonly k: 'start' }
  /** Each gateway can do it. */
  | { readonly k: 'any' }
  /** To be told of all of them together. */
  | { readonly k: 'metrics' | 'health' };

export interface Asked {
  readonly method: string;
  /** Path and query, below the base path. */
  readonly url: string;
  /** It asks for a WebSocket. */
  readonly upgrade: boolean;
}

const ANY: Errand = { k: 'any' };
/** Routes are told apart as Express does: in either case, with a slash at the end or without. */
const OF_ONE = /^\/(?:v1\/realtime\/calls|whip|sessions)\/([^/]+)(?:\/|$)/i;
const EVENTS = /^\/whip\/events\/([\w-])/i;
const OPENAI_OFFER = /^\/v1\/realtime(?:\/calls)?\/?$/i;
const RTVI_OFFER = /^\/api\/offer\/?$/i;

/** Where a request belongs, by its first line. */
export function errandOf({ method, url, upgrade }: Asked): Errand {
  // What a client asks for need not be a URL: then no gateway knows it, and any of them says so.
  const asked = URL.parse(url, 'http://gateway');
  if (asked === null) return ANY;
  if (upgrade) return of(named(asked.searchParams)) ?? { k: 'call' };
  const path = asked.pathname;
  if (/^\/health\/?$/i.test(path) && isRead(method)) return { k: 'health' };
  if (/^\/metrics\/?$/i.test(path) && isRead(method)) return { k: 'metrics' };
  const event = EVENTS.exec(path);
  if (event) return of(numberOf(event[1])) ?? ANY;
  const one = OF_ONE.exec(path);
  if (one) return of(numberIn(one[1] ?? '')) ?? ANY;
  if (RTVI_OFFER.test(path) && (method === 'POST' || method === 'PATCH')) return { k: 'offer', body: 'rtvi' };
  if (method !== 'POST') return ANY;
  if (OPENAI_OFFER.test(path)) return { k: 'offer', body: 'openai' };
  if (/^\/whip\/?$/i.test(path)) return { k: 'call' };
  return /^\/start\/?$/i.test(path) ? { k: 'start' } : ANY;
}

function named(query: URLSearchParams): number | null {
  return numberIn(query.get('resume') ?? query.get('call_id') ?? '');
}

function of(number: number | null): Errand | null {
  return number === null ? null : { k: 'of', number };
}

function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}
