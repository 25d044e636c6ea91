import type { AgentPorts } from './agent-ports.js';
import { candidatePriority, type Pair, type Transaction } from './pair.js';

const RTO_MS = 500;
const RTO_MAX_MS = 1600;
const TRIES = 7;
/** That are remembered for a late answer. */
const REMEMBERED = 64;

/** The checks that an agent has sent, each until it is answered or given up (RFC 8489, 6.2.1). */
export class Transactions {
  readonly #ports: Pick<AgentPorts, 'check' | 'newId'>;
  readonly #open = new Map<string, Transaction>();

  constructor(ports: Pick<AgentPorts, 'check' | 'newId'>) {
    this.#ports = ports;
  }

  get(id: string): Transaction | undefined {
    return this.#open.get(id);
  }

  /** One of them is to nominate its pair. */
  get nominating(): boolean {
    return [...this.#open.values()].some(({ nominates }) => nominates);
  }

  /** Checks a pair. `once`: it is not repeated, and the one of the pair that is goes on. */
  begin(pair: Pair, how: Pick<Transaction, 'once' | 'nominates' | 'controlling'>, nowMs: number): void {
    if (pair.check && !how.once) this.forget(pair.check);
    const check: Transaction = { id: this.#ports.newId(), pair, ...how, tries: 0, againAtMs: nowMs };
    this.#open.set(check.id, check);
    if (this.#open.size > REMEMBERED) {
      const [oldest] = this.#open.values();
      if (oldest) this.forget(oldest);
    }
    if (!how.once) {
      pair.check = check;
      if (pair.state !== 'valid') pair.state = 'checking';
    }
    this.send(check, nowMs);
  }

  /** Sends the pair's check again where that is due, or gives it up. */
  repeat(pair: Pair, nowMs: number): void {
    const { check } = pair;
    if (!check || check.once || nowMs < check.againAtMs) return;
    if (check.tries < TRIES) return this.send(check, nowMs);
    this.forget(check);
    if (pair.state === 'checking') pair.state = 'failed';
  }

  send(check: Transaction, nowMs: number): void {
    check.againAtMs = nowMs + rto(check.tries + 1);
    check.tries += 1;
    this.#ports.check(check.pair.path, {
      id: check.id,
      priority: candidatePriority('prflx', check.pair.path.local),
      nominates: check.nominates,
      controlling: check.controlling,
    });
  }

  forget(transaction: Transaction): void {
    this.#open.delete(transaction.id);
    if (transaction.pair.check === transaction) transaction.pair.check = null;
  }
}

export function lastSentAtMs(check: Transaction): number {
  return check.againAtMs - rto(check.tries);
}

function rto(tries: number): number {
  return Math.min(RTO_MAX_MS, RTO_MS * 2 ** Math.max(0, tries - 1));
}
