import type { LinkStats } from '../call/edge.js';

/** `good`: nobody notices the network; `fair`: answers are late, or sound is mended; `poor`: words go missing; `lost`: nothing comes through. */
export type QualityLevel = 'good' | 'fair' | 'poor' | 'lost';

export interface Quality {
  readonly level: QualityLevel;
  /** null: not known. */
  readonly rttMs: number | null;
  /** Of what was sent lately, 0..1; null: not known. */
  readonly loss: number | null;
  readonly jitterMs: number | null;
}

/** From here on it is no longer good, and no longer fair. Opus mends a few per cent of loss, and answers wait for the round trip. */
const FAIR = { rttMs: 150, loss: 0.03, jitterMs: 40 };
const POOR = { rttMs: 400, loss: 0.1, jitterMs: 100 };

/** How good a connection is, by what it measures. @param up false: nothing comes through */
export function qualityOf({ rttMs, loss, jitterMs }: Omit<LinkStats, 'report'>, up: boolean): Quality {
  const beyond = (than: typeof FAIR): boolean =>
    (rttMs ?? 0) > than.rttMs || (loss ?? 0) > than.loss || (jitterMs ?? 0) > than.jitterMs;
  const level = !up ? 'lost' : beyond(POOR) ? 'poor' : beyond(FAIR) ? 'fair' : 'good';
  return { level, rttMs, loss, jitterMs };
}

type Row = Readonly<Record<string, unknown>>;

/** Reads the W3C's statistics, which browsers and werift give under the same names. */
export function readStats(report: ReadonlyMap<string, Row>): LinkStats {
  const rows = [...report.values()];
  const transport = rows.find((row) => row['type'] === 'transport' && row['selectedCandidatePairId']);
  const pair =
    report.get(String(transport?.['selectedCandidatePairId'])) ??
    rows.find((row) => row['type'] === 'candidate-pair' && row['nominated'] === true);
  const audio = rows.find((row) => row['type'] === 'remote-inbound-rtp' && row['kind'] === 'audio');
  return {
    rttMs: inMs(pair?.['currentRoundTripTime']),
    jitterMs: inMs(audio?.['jitter']),
    loss: number(audio?.['fractionLost']),
    report,
  };
}

function number(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function inMs(seconds: unknown): number | null {
  const value = number(seconds);
  return value === null ? null : Math.round(value * 10_000) / 10;
}
