import type { AddressInfo } from 'node:net';
import { VisavisError } from '#modules/contracts';
import type { Config } from './config/config.js';
import type { Logger } from './telemetry/logger.js';

/** What an HTTP server is reached by. */
export function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/`;
}

/** @returns `bad_config` */
export function cannotListen(cause: unknown): VisavisError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new VisavisError('bad_config', `VISAVIS_HOST, VISAVIS_PORT: ${why}`, null, { cause });
}

export function tellWhoIsServed({ keysFile, jwt, allowAnonymous }: Config, logger: Logger): void {
  if (keysFile !== null || jwt !== null) logger.info('who has a key is served');
  else if (allowAnonymous) logger.warn('there are no keys: whoever reaches this gateway is served');
  else logger.info('there are no keys: only this machine is served');
}
