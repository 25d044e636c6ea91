/** Who says that the process is to end, or to read its keys anew. */
export interface Orders {
  /** The first time it is to end in order, the second at once. @param listener told what asks for it */
  onStop(listener: (why: string) => void): void;
  onReload(listener: () => void): void;
}

/** Signals, as service managers and terminals send them. */
export const signals: Orders = {
  onStop: (listener) => void process.on('SIGTERM', listener).on('SIGINT', listener),
  onReload: (listener) => void process.on('SIGHUP', listener),
};
