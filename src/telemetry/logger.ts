import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';
import type { Config } from '../config/config.js';

export const LOGGER = Symbol('Logger');
export type { Logger } from 'pino';

/**
 * Levels:
 * - fatal: the process is about to end.
 * - error: something is broken that an operator must look at.
 * - warn: a call or turn failed, and the service goes on.
 * - info: one line a lifecycle step (start, listen, call opened, call closed, stop).
 * - debug: one line an event of a call.
 * - trace: one line a packet or frame.
 *
 * Never logged at info and above: SDP, addresses of a peer, audio, pictures, and what was said or answered.
 * @param gateway its number, where there are several: each line has it
 */
export function createLogger(level: Config['logLevel'], gateway?: number): Logger {
  return pino({
    level,
    base: gateway === undefined ? null : { gateway },
    timestamp: pino.stdTimeFunctions.isoTime,
  });
}

/** Who in Nest tells how an application is put together. */
const NEST = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/** Nest's own messages, and our services', through the same logger: what Nest does is for debugging, what a service tells is for an operator. */
export function nestLogger(logger: Logger): LoggerService {
  const line = (message: unknown, rest: unknown[]) => [{ context: rest.at(-1) }, String(message)] as const;
  return {
    log: (message: unknown, ...rest: unknown[]) =>
      logger[NEST.has(String(rest.at(-1))) ? 'debug' : 'info'](...line(message, rest)),
    debug: (message: unknown, ...rest: unknown[]) => logger.debug(...line(message, rest)),
    verbose: (message: unknown, ...rest: unknown[]) => logger.trace(...line(message, rest)),
    warn: (message: unknown, ...rest: unknown[]) => logger.warn(...line(message, rest)),
    error: (message: unknown, ...rest: unknown[]) => logger.error({ detail: rest }, String(message)),
    fatal: (message: unknown, ...rest: unknown[]) => logger.fatal({ detail: rest }, String(message)),
  };
}
