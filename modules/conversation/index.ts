export type { SessionConfig } from './core/config.js';
export type { Conversation, ConversationSnapshot, ConversationState } from './core/conversation.js';
export type {
  ContextReceipt,
  FrameDropReason,
  Response,
  ResponseReason,
  ResponseStatus,
  SessionError,
  SessionEvent,
  TokenCounts,
  TurnTiming,
  Usage,
} from './core/events.js';
export type { ClientIntent, NewContent, PreviousItem } from './core/intents.js';
export type { Item, ItemContent, ItemStatus } from './core/items.js';
