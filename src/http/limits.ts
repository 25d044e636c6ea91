/** Offers are some kilobytes; a session with tools may be more. */
export const MAX_BODY_BYTES = 256 * 1024;
