import type { TurnDetection } from '@vis-a-vis/protocol';
import { manual } from './manual.js';
import type { RuleOptions, TurnPolicy } from './policy.js';
import { semanticVad } from './semantic-vad.js';
import { serverVad } from './server-vad.js';

export type { DetectionSettings, TurnPolicy } from './policy.js';

/** The rule that a client chose. @returns null for manual turn detection */
export function turnPolicy(turnDetection: TurnDetection, options: RuleOptions): TurnPolicy | null {
  switch (turnDetection?.type) {
    case 'server_vad':
      return serverVad(turnDetection, options);
    case 'semantic_vad':
      return semanticVad(turnDetection, options);
    case undefined:
      return manual();
  }
}
