import type { SessionPatch } from '@vis-a-vis/protocol';
import { isLanguage, type Language } from '../text/language.js';

export const TURN_MODES = ['server', 'semantic', 'push'] as const;
export type TurnMode = (typeof TURN_MODES)[number];
export const EAGERNESS = ['low', 'auto', 'high'] as const;
export const SILENCE_MS = { least: 200, most: 2000, step: 100, first: 500 } as const;

/** What a visitor has chosen, kept from visit to visit. */
export interface Settings {
  /** null: as the browser has it. */
  readonly language: Language | null;
  readonly turn: TurnMode;
  /** After which a turn is over (`server`). */
  readonly silenceMs: number;
  /** How soon (`semantic`). */
  readonly eagerness: (typeof EAGERNESS)[number];
  readonly speak: boolean;
  /** A camera that goes off takes what it showed with it. */
  readonly redact: boolean;
}

export const DEFAULTS: Settings = {
  language: null,
  turn: 'server',
  silenceMs: SILENCE_MS.first,
  eagerness: 'auto',
  speak: false,
  redact: false,
};

/** What was kept, as far as it is understood. */
export function readSettings(kept: string | null): Settings {
  let found: Readonly<Record<string, unknown>> = {};
  try {
    const parsed: unknown = JSON.parse(kept ?? '{}');
    if (typeof parsed === 'object' && parsed !== null) found = parsed as typeof found;
  } catch {
    // Somebody else's, or cut off: the defaults.
  }
  const { language, turn, silenceMs, eagerness, speak, redact } = found;
  return {
    language: isLanguage(language) ? language : DEFAULTS.language,
    turn: TURN_MODES.find((mode) => mode === turn) ?? DEFAULTS.turn,
    silenceMs: silenceOf(Number(silenceMs ?? SILENCE_MS.first)),
    eagerness: EAGERNESS.find((one) => one === eagerness) ?? DEFAULTS.eagerness,
    speak: speak === true,
    redact: redact === true,
  };
}

function silenceOf(ms: number): number {
  if (!Number.isFinite(ms)) return SILENCE_MS.first;
  return Math.round(Math.min(SILENCE_MS.most, Math.max(SILENCE_MS.least, ms)));
}

/** As a session takes it. */
export function turnDetection({
  turn,
  silenceMs,
  eagerness,
}: Pick<Settings, 'turn' | 'silenceMs' | 'eagerness'>): NonNullable<
  NonNullable<SessionPatch['audio']>['input']
> {
  switch (turn) {
    case 'server':
      return { turn_detection: { type: 'server_vad', silence_duration_ms: silenceMs } };
    case 'semantic':
      return { turn_detection: { type: 'semantic_vad', eagerness } };
    case 'push':
      return { turn_detection: null };
  }
}
