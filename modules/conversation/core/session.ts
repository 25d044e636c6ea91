import type { EngineCaps, ErrorCode, IdSource } from '#modules/contracts';
import {
  DEFAULT_TURN_TAKING,
  type ConversationSettings,
  type SessionConfig,
  type TurnTaking,
} from './config.js';
import type { Failure } from './inputs.js';
import type { ClientIntent } from './intents.js';
import { ItemList } from './items/item-list.js';
import type { Item } from './items/items.js';
import { SegmentLog } from './context/log.js';
import { ReadAloud } from './answering/read-aloud.js';
import { Transcripts } from './answering/transcripts.js';
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
  readonly aloud = new ReadAloud();
  readonly transcripts = new Transcripts(this);
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

  /** An item of the conversation is what it will be; one that was deleted meanwhile is not told of again. */
  endItem(item: Item): void {
    if (!this.items.get(item.id)) return;
    this.items.update(item);
    this.out.emit({ type: 'item_done', item, previousItemId: this.items.before(item.id) });
  }

  /** Tells a client why it may not have what it asked for. @param param the field that is wrong */
  refuse(intent: ClientIntent, code: ErrorCode, message: string, param: string | null = null): void {
    this.emitError({ code, message }, param, intent.clientEventId ?? null);
  }

  emitError(failure: Failure, param: string | null = null, clientEventId: string | null = null): void {
    this.out.emit({ type: 'error', error: { ...failure, param, clientEventId } });
  }
}
