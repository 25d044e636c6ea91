export { ConversationModule, type ConversationModuleOptions } from './conversation.module.js';
export { conversationPorts, type ConversationParts } from './conversation-ports.js';
export { ConversationService, type OpenOptions } from './conversation.service.js';
export { DEFAULT_SETTINGS, type ConversationSettings, type SessionConfig } from './core/config.js';
export type { Scheduler } from './core/ports.js';
export type {
  CameraShare,
  Conversation,
  ConversationLoad,
  ConversationSnapshot,
  ConversationState,
} from './core/conversation.js';
export type {
  ContextReceipt,
  FrameDropReason,
  LostPart,
  Response,
  ResponseReason,
  ResponseStatus,
  SessionError,
  SessionEvent,
  TokenCounts,
  TurnTiming,
  Usage,
} from './core/events.js';
export type {
  ClientIntent,
  InputItem,
  NewContent,
  NewItem,
  PreviousItem,
  ResponseWishes,
} from './core/intents.js';
export type { CallItem, Item, ItemContent, ItemStatus, MessageItem, ResultItem } from './core/items/items.js';
