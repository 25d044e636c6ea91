import type { Pair } from './pair.js';

/** The selected pair has been silent for this long (ms) before another is thought of. */
const SILENT_MS = 400;
/** How long (ms) the selected pair has to answer before the client counts as moved. */
const LAST_CHANCE_MS = 600;
/** Between two checks (ms) of addresses that nobody vouched for: what they cost a third party is bounded. */
const PROBE_EVERY_MS = 200;

export interface WatchPorts {
  /** Sends one check to the pair. */
  probe(pair: Pair, nowMs: number): void;
  /** The client is there now. */
  move(pair: Pair, nowMs: number): void;
}

/**
 * Notices that a client has moved without a nomination: its NAT has given it another port, or it has another network, and it just goes
 * on sending. The address counts once it has answered a check of ours with the client's password; then the pair in use is asked
 * too, and only where that stays silent is the new one taken. So a spare path that a client keeps warm displaces nothing.
 */
export class Watch {
  readonly #ports: WatchPorts;
  #alternative: { readonly pair: Pair; readonly sinceMs: number } | null = null;
  #probedAtMs = -Infinity;

  constructor(ports: WatchPorts) {
    this.#ports = ports;
  }

  /** A pair that has proved itself and is not the selected one was heard. */
  onAlternative(pair: Pair, selected: Pair | null, nowMs: number): void {
    if (!selected || pair === selected || this.#alternative?.pair === pair) return;
    if (nowMs - selected.heardAtMs < SILENT_MS) return;
    this.#alternative = { pair, sinceMs: nowMs };
    this.#ports.probe(selected, nowMs);
  }

  /** A datagram came from an address that has proved nothing yet. */
  onStranger(selected: Pair | null, nowMs: number, pairOf: () => Pair | null): void {
    if (!selected || nowMs - selected.heardAtMs < SILENT_MS) return;
    if (nowMs - this.#probedAtMs < PROBE_EVERY_MS) return;
    this.#probedAtMs = nowMs;
    const pair = pairOf();
    if (pair) this.#ports.probe(pair, nowMs);
  }

  onMoved(): void {
    this.#alternative = null;
  }

  tick(selected: Pair, nowMs: number): void {
    const alternative = this.#alternative;
    if (!alternative) return;
    if (selected.heardAtMs >= alternative.sinceMs) this.#alternative = null;
    else if (nowMs - alternative.sinceMs >= LAST_CHANCE_MS) this.#ports.move(alternative.pair, nowMs);
  }
}
