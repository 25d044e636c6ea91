/** Longer texts could not be told back in one message, and cost everybody's time. Characters. */
export const MAX_TEXT = 131_072;
/** Parts of a message, and pictures of a response: each is held decoded. */
export const MAX_PARTS = 64;
/** Objects and lists within each other, in whatever JSON a client sends: a stack holds some thousands. */
export const MAX_DEPTH = 100;
