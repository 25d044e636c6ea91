import { candidatePriority, rankOf, type Pair, type Path, type Transaction } from './pair.js';
import type { AgentOptions, Check } from './agent-ports.js';
import { PairTable } from './pair-table.js';
import { lastSentAtMs, Transactions } from './transactions.js';
import { Watch } from './watch.js';

/** Between two new checks (RFC 8445, Ta). */
const PACE_MS = 50;
/** RFC 7675. */
const CONSENT_MS = 5000;
const CONSENT_LOST_MS = 30_000;
/** An address answered this long ago may be somebody else's by now: it is checked again before it is used. */
const VALID_MS = 30_000;
/** A repeated check of the client's is no reason to repeat ours sooner than this. */
const TRIGGER_AGAIN_MS = 200;

/**
 * One component's ICE agent (RFC 8445), for the side that answers an offer: controlled, or controlling where the other is lite.
 * It never gives up by itself before a pair was selected: the client's own checks can come at any time, and how long a call may
 * take to connect is decided elsewhere. Addresses are learned from the client's checks, so what its offer lists only helps.
 * Time is an argument; `tick` moves it on.
 */
export class IceAgent {
  controlling = false;
  readonly #o: AgentOptions;
  readonly #pairs = new PairTable();
  readonly #transactions: Transactions;
  readonly #watch: Watch;
  #selected: Pair | null = null;
  #checked = false;
  #started = false;
  #retired = false;
  #nextCheckAtMs = 0;
  #consentAtMs = 0;
  #consentedAtMs = 0;

  constructor(options: AgentOptions) {
    this.#o = options;
    this.#transactions = new Transactions(options.ports);
    this.#watch = new Watch({
      probe: (pair, nowMs) => this.#send(pair, nowMs, { once: true, nominates: false }),
      move: (pair, nowMs) => this.#select(pair, nowMs),
    });
  }

  /** Where to send what is not ICE's, or null. */
  get selected(): Path | null {
    return this.#selected?.path ?? null;
  }

  /** From now on checks may be sent: the client's credentials are known. */
  start(): void {
    this.#started = true;
  }

  /** Another agent has taken over: the client's checks are still answered and its data counts, but nothing is asked any more. */
  retire(): void {
    this.#retired = true;
  }

  /** An address of the client's offer, for one of our sockets. */
  addCandidate(path: Path, priority: number, nowMs: number): void {
    this.#pairs.add(path, this.#rank(path, priority), nowMs);
  }

  /** A check of the client's; an address that is new becomes a peer-reflexive candidate (RFC 8445, 7.3.1.3). */
  onCheck(path: Path, check: Check, nowMs: number): void {
    if (!this.#started || !this.#settleRoles(path, check)) return;
    this.#o.ports.accept(path, check.id);
    if (this.#retired) return;
    const pair = this.#pairs.get(path) ?? this.#pairs.add(path, this.#rank(path, check.priority), nowMs);
    if (!pair) return;
    pair.checkedAtMs = nowMs;
    pair.heardAtMs = nowMs;
    if (!this.#checked) {
      this.#checked = true;
      this.#o.ports.onChecked();
    }
    this.#checkBack(pair, nowMs);
    if (check.useCandidate && !this.controlling) this.#nominate(pair, check.id, nowMs);
  }

  /**
   * An answer to a check of ours, authenticated with the client's password.
   * @returns it proves that the client is at this address
   */
  onAnswer(path: Path, id: string, nowMs: number): boolean {
    const transaction = this.#transactions.get(id);
    if (!transaction || this.#retired) return false;
    const { pair } = transaction;
    // From elsewhere than it went to, it proves nothing (7.2.5.2.1).
    if (pair.path.local !== path.local || pair.path.host !== path.host || pair.path.port !== path.port)
      return false;
    this.#transactions.forget(transaction);
    pair.state = 'valid';
    pair.validAtMs = nowMs;
    pair.heardAtMs = nowMs;
    if (pair === this.#selected) this.#consentedAtMs = nowMs;
    else if (this.controlling) this.#lead(pair, transaction, nowMs);
    else if (this.#isNewestNomination(pair)) this.#select(pair, nowMs);
    else this.#watch.onAlternative(pair, this.#selected, nowMs);
    return true;
  }

  /** An error answer to a check of ours, authenticated. */
  onRefusal(id: string, code: number, nowMs: number): void {
    const transaction = this.#transactions.get(id);
    if (!transaction || this.#retired) return;
    this.#transactions.forget(transaction);
    const { pair } = transaction;
    if (code === 487) {
      // Of several that were refused at once, the first changes the role (7.2.5.1).
      this.controlling = !transaction.controlling;
      this.#send(pair, nowMs, { once: false, nominates: false });
    } else if (pair.state === 'checking') {
      pair.state = 'failed';
    }
  }

  /**
   * Something that is not STUN.
   * @returns it counts: it comes from where the client was seen to be. Before a pair is selected, that is where an authenticated check
   *   came from; afterwards, an address that has answered us, because a check can be recorded and sent again from anywhere.
   */
  onDatagram(path: Path, nowMs: number): boolean {
    const pair = this.#pairs.get(path);
    const counts = pair !== null && (this.#selected ? this.#isValid(pair, nowMs) : pair.checkedAtMs !== null);
    if (this.#retired) return counts;
    if (counts && pair) {
      pair.heardAtMs = nowMs;
      this.#watch.onAlternative(pair, this.#selected, nowMs);
      return true;
    }
    this.#watch.onStranger(this.#selected, nowMs, () => pair ?? this.#pairs.add(path, 0, nowMs));
    return false;
  }

  /** Moves time on; call it every 20 ms or so. */
  tick(nowMs: number): void {
    if (!this.#started || this.#retired) return;
    for (const pair of this.#pairs) this.#transactions.repeat(pair, nowMs);
    if (this.#selected) this.#keep(this.#selected, nowMs);
    else if (nowMs >= this.#nextCheckAtMs) {
      const next = this.#pairs.nextToCheck();
      if (!next) return;
      this.#nextCheckAtMs = nowMs + PACE_MS;
      this.#send(next, nowMs, { once: false, nominates: false });
    }
  }

  #keep(selected: Pair, nowMs: number): void {
    this.#watch.tick(selected, nowMs);
    if (nowMs - this.#consentedAtMs >= CONSENT_LOST_MS) {
      this.#selected = null;
      this.#started = false;
      this.#o.ports.onLost();
    } else if (nowMs >= this.#consentAtMs) {
      this.#consentAtMs = nowMs + CONSENT_MS * (0.8 + 0.4 * this.#o.ports.random());
      this.#send(selected, nowMs, { once: true, nominates: this.controlling });
    }
  }

  /** Who controls is settled by the numbers where both sides claim the same (7.3.1.1). */
  #settleRoles(path: Path, check: Check): boolean {
    const clash = check.role !== null && (check.role === 'controlling') === this.controlling;
    if (!clash) return true;
    const weWin = this.#o.tieBreaker >= check.tieBreaker;
    // The larger number controls: it refuses the other's claim, or takes back its own modesty.
    if (weWin === this.controlling) {
      this.#o.ports.refuse(path, check.id, 487);
      return false;
    }
    this.controlling = weWin;
    return true;
  }

  /** A triggered check (7.3.1.4), unless the address has answered lately or is being asked. */
  #checkBack(pair: Pair, nowMs: number): void {
    if (this.#isValid(pair, nowMs) && nowMs - (pair.validAtMs ?? 0) < VALID_MS / 2) return;
    const { check } = pair;
    if (!check || check.once) {
      this.#send(pair, nowMs, { once: false, nominates: false });
    } else if (nowMs - lastSentAtMs(check) >= TRIGGER_AGAIN_MS) {
      this.#transactions.send(check, nowMs);
    }
  }

  /** The controlling side wants this pair. Its newest wish is followed (8.1.1), once the pair has been checked by us too. */
  #nominate(pair: Pair, by: string, nowMs: number): void {
    if (pair.nominatedBy === by) return;
    const before = pair.nominatedAtMs;
    pair.nominatedBy = by;
    pair.nominatedAtMs = nowMs;
    const selected = this.#selected;
    // Aggressive nomination: both are wished for again and again, which means the better one (RFC 5245, 8.1.1.2).
    const inTurns =
      selected !== null &&
      before !== null &&
      selected.nominatedAtMs !== null &&
      selected.nominatedAtMs > before;
    if (inTurns && pair !== selected && pair.rank < selected.rank) {
      pair.nominatedAtMs = before;
      return;
    }
    if (this.#isValid(pair, nowMs)) this.#select(pair, nowMs);
  }

  #isNewestNomination(pair: Pair): boolean {
    const { nominatedAtMs } = pair;
    return nominatedAtMs !== null && nominatedAtMs >= (this.#selected?.nominatedAtMs ?? 0);
  }

  /** We control: the first pair that works is the one, and is told so by a second check. */
  #lead(pair: Pair, answered: Transaction, nowMs: number): void {
    if (answered.nominates) this.#select(pair, nowMs);
    else if (!this.#selected && !this.#transactions.nominating) {
      this.#send(pair, nowMs, { once: false, nominates: true });
    } else this.#watch.onAlternative(pair, this.#selected, nowMs);
  }

  #select(pair: Pair, nowMs: number): void {
    if (pair === this.#selected) return;
    const first = this.#selected === null;
    this.#selected = pair;
    this.#consentedAtMs = nowMs;
    this.#consentAtMs = nowMs + CONSENT_MS * (0.8 + 0.4 * this.#o.ports.random());
    this.#watch.onMoved();
    if (first) this.#o.ports.onConnected();
  }

  #isValid(pair: Pair, nowMs: number): boolean {
    return pair === this.#selected || (pair.validAtMs !== null && nowMs - pair.validAtMs < VALID_MS);
  }

  #send(pair: Pair, nowMs: number, how: { once: boolean; nominates: boolean }): void {
    this.#transactions.begin(pair, { ...how, controlling: this.controlling }, nowMs);
  }

  #rank(path: Path, remotePriority: number): number {
    const own = candidatePriority('host', path.local);
    return this.controlling ? rankOf(own, remotePriority) : rankOf(remotePriority, own);
  }
}
