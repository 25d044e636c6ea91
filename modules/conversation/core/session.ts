import type { EngineCaps, IdSource } from '#modules/contracts';
import type { ConversationSettings, SessionConfig } from './config.js';
import type { Failure } from './inputs.js';
import { ItemList } from './item-list.js';
import { SegmentLog } from './log.js';
import { Outbox } from './outbox.js';

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

  emitError(failure: Failure, param: string | null = null, clientEventId: string | null = null): void {
    this.out.emit({ type: 'error', error: { ...failure, param, clientEventId } });
  }
}
