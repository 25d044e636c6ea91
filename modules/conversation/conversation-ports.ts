import type { IdSource, OmniEngine } from '#modules/contracts';
import type { FrameService } from '#modules/frame';
import type { JudgeService, Vad } from '#modules/vad';
import { FrameAdapter } from './adapters/frame.adapter.js';
import { JudgeAdapter } from './adapters/judge.adapter.js';
import { VadAdapter } from './adapters/vad.adapter.js';
import type { ConversationPorts } from './conversation.service.js';
import type { Scheduler } from './core/ports.js';

/** The parts of other modules that conversations run on, and their time and ids. */
export interface ConversationParts {
  readonly engine: OmniEngine;
  readonly vad: Vad;
  readonly frames: Pick<FrameService, 'open'>;
  readonly judge: Pick<JudgeService, 'models' | 'open'>;
  readonly scheduler: Scheduler;
  readonly ids: IdSource;
}

/** The same, as conversations ask for them. */
export function conversationPorts(parts: ConversationParts): ConversationPorts {
  const { engine, vad, frames, judge, scheduler, ids } = parts;
  return {
    engine,
    vad: new VadAdapter(vad, scheduler),
    frames: new FrameAdapter(frames, ids),
    judges: new JudgeAdapter(judge),
    scheduler,
    ids,
  };
}
