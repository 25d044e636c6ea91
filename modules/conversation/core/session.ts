import type { EarHead, EngineCaps, ErrorCode, IdSource } from '#modules/contracts';
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
import { Outbox } from './outbox.js';
import { bargeInMs } from './turn-rules/barge-in.js';
import { turnPolicy, type TurnPolicy } from './turn-rules/turn-detection.js';
import { earTells, turnEndSource } from './turn-rules/turn-end-source.js';
import { Reading } from './turn-rules/reading.js';

export interface SessionOptions {
  readonly sessionId: string;
  readonly conversationId: string;
  readonly config: SessionConfig;
  readonly settings: ConversationSettings;
  readonly caps: EngineCaps;
  readonly ids: IdSource;
  /** What the gateway's judge of sounds tells. Default: nothing. */
  readonly judge?: { readonly turnEnd: boolean; readonly speech: boolean };
}

/** An utterance that is to be written down. `language`: ISO 639-1; null: not known. */
export interface Unwritten {
  readonly itemId: string;
  readonly language: string | null;
  /** Times that it was tried. */
  readonly tries: number;
}

/** What the parts of one machine share. */
export class Session {
  readonly sessionId: string;
  readonly conversationId: string;
  readonly settings: ConversationSettings;
  readonly caps: EngineCaps;
  readonly ids: IdSource;
  readonly judge: { readonly turnEnd: boolean; readonly speech: boolean };
  readonly items = new ItemList();
  readonly log = new SegmentLog();
  readonly out = new Outbox();
  readonly reading = new Reading();
  readonly aloud = new ReadAloud();
  /** Utterances that are to be written down, oldest first. */
  readonly unwritten: Unwritten[] = [];
  config: SessionConfig;
  /** Frames in the context at most. */
  maxFrames: number;
  /** End of the newest audio on the media clock (ms); 0 before the first. */
  heardToMs = 0;
  /** Gateway clock minus media clock (ms), from the newest audio. */
  clockOffsetMs: number | null = null;
  #policy: { readonly of: SessionConfig; readonly is: TurnPolicy | null } | null = null;

  constructor(options: SessionOptions) {
    this.sessionId = options.sessionId;
    this.conversationId = options.conversationId;
    this.settings = options.settings;
    this.caps = options.caps;
    this.ids = options.ids;
    this.judge = options.judge ?? { turnEnd: false, speech: false };
    this.config = options.config;
    this.maxFrames = options.settings.maxFrames;
  }

  get turnTaking(): TurnTaking {
    return { ...DEFAULT_TURN_TAKING, ...this.config.turnTaking };
  }

  /** null: turns are manual. */
  get policy(): TurnPolicy | null {
    const { config } = this;
    // Asked for with each packet; it changes with the settings alone.
    if (this.#policy?.of !== config) {
      const { tentativePauseMs } = this.settings;
      const options = { tentativePauseMs, bargeInMs: bargeInMs(this.turnTaking.bargeInMs) };
      this.#policy = { of: config, is: turnPolicy(config.turnDetection, options) };
    }
    return this.#policy.is;
  }

  /** The model's ear has this to tell of a sound. */
  earTells(head: EarHead): boolean {
    return earTells(this.caps, head);
  }

  /** Who says whether a turn is over; null: nobody. */
  get turnEndBy(): 'model' | 'judge' | null {
    return turnEndSource(this.settings.turnModel, this.caps, this.judge);
  }

  /** An utterance has become an item: it is written down where the client wants that. */
  spoken(itemId: string): void {
    const { transcription } = this.config;
    if (transcription) this.unwritten.push({ itemId, language: transcription.language, tries: 0 });
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
