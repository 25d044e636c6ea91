/** Injection token of `ConversationPorts`. */
export const CONVERSATION_PORTS = Symbol('CONVERSATION_PORTS');
/** Injection token of `Partial<ConversationSettings>`. */
export const CONVERSATION_SETTINGS = Symbol('CONVERSATION_SETTINGS');
