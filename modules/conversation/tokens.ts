/** Injection tokens of what a conversation is made with. */

/** `Partial<ConversationSettings>` */
export const CONVERSATION_OPTIONS = Symbol('CONVERSATION_OPTIONS');
/** `OmniEngine` */
export const CONVERSATION_ENGINE = Symbol('CONVERSATION_ENGINE');
/** `IdSource` */
export const CONVERSATION_IDS = Symbol('CONVERSATION_IDS');
/** `VadPort` */
export const VAD_PORT = Symbol('VAD_PORT');
/** `FramePort` */
export const FRAME_PORT = Symbol('FRAME_PORT');
/** `Scheduler` */
export const SCHEDULER = Symbol('SCHEDULER');
