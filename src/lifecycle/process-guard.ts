import type { Logger } from '../telemetry/logger.js';

/** The exceptions that are logged once the process is known to be broken: a timer may go on throwing. */
const MAX_LOGGED = 20;

/** What the last guard of the process reports to. It must not throw. */
export interface Escapes {
  /** @returns true: it was one call's own, and that call has been ended */
  ofCall(error: unknown): boolean;
  /** Something else is broken. Called each time. */
  ofProcess(error: unknown): void;
}

/**
 * The last guard: what escaped every other one, a throw or a rejection that nobody handled. Where it is a call's own, only
 * that call ends. Otherwise the state of the process is unknown: it is logged, and told so that the gateway ends in order.
 */
export function guardProcess(logger: Logger, escapes: Escapes): void {
  let logged = 0;
  // Rejections come here too, since no listener of their own takes them.
  process.on('uncaughtException', (error, origin) => {
    if (escapes.ofCall(error)) return;
    logged += 1;
    if (logged <= MAX_LOGGED) logger.fatal({ err: error, origin }, 'an exception escaped; the gateway ends');
    escapes.ofProcess(error);
  });
}
