import type { EngineCaps, IdSource } from '#modules/contracts';
import {
  DEFAULT_TURN_TAKING,
  type ConversationSettings,
  type SessionConfig,
  type TurnTaking,
} from './config.js';
import type { Failure } from './inputs.js';
import { ItemList } from './items/item-list.js';
import { SegmentLog } from './context/log.js';
import { Outbox } from './outbox.js';
import { turnPolicy, type TurnPolicy } from './turn-rules/turn-detection.js';
import { Reading } from './turn-rules/reading.js';

export interface SessionOptions {
  readonly sessionId: string;
  readonly conversationId: string;
  readonly config: SessionConfig;
  readonly settings: ConversationSettings;
  readonly caps: EngineCaps;
  readonly ids: IdSource;
}

/** What the parts of one machine share. */
export class Session {
  readonly sessionId: string;
  readonly conversationId: string;
  readonly settings: ConversationSettings;
  readonly caps: EngineCaps;
  readonly ids: IdSource;
  readonly items = new ItemList();
  readonly log = new SegmentLog();
  readonly out = new Outbox();
  readonly reading = new Reading();
  config: SessionConfig;
  /** Gateway clock minus media clock (ms), from the newest audio. */
  clockOffsetMs: number | null = null;

  constructor(options: SessionOptions) {
    this.sessionId = options.sessionId;
    this.conversationId = options.conversationId;
    this.settings = options.settings;
    this.caps = options.caps;
    this.ids = options.ids;
    this.config = options.config;
  }

  get turnTaking(): TurnTaking {
    return { ...DEFAULT_TURN_TAKING, ...this.config.turnTaking };
  }

  /** null: turns are manual. */
  get policy(): TurnPolicy | null {
    const { tentativePauseMs } = this.settings;
    const { bargeInMs } = this.turnTaking;
    return turnPolicy(this.config.turnDetection, { tentativePauseMs, bargeInMs });
  }

  emitError(failure: Failure, param: string | null = null, clientEventId: string | null = null): void {
    this.out.emit({ type: 'error', error: { ...failure, param, clientEventId } });
  }
}
