import { VisavisError } from '#modules/contracts';
import type { Logger } from '../telemetry/logger.js';
import type { Access } from './access.js';
import { readKeysFile } from './keys-file.js';

/**
 * Reads the keys anew at each SIGHUP; a file that cannot be read changes nothing. One after the other, so that the newest
 * file is the one that counts.
 * @returns ends it
 */
export function reloadOnHangup(path: string, access: Access, logger: Logger): () => void {
  const onHangup = reloader(path, access, logger);
  process.on('SIGHUP', onHangup);
  return () => process.off('SIGHUP', onHangup);
}

/** The same for whoever is told by no signal. @returns reads them anew, one time after the other */
export function reloader(path: string, access: Access, logger: Logger): () => void {
  let reading = Promise.resolve();
  return () => {
    reading = reading.then(() => reload(path, access, logger));
  };
}

/** Never rejects. */
export async function reload(path: string, access: Access, logger: Logger): Promise<void> {
  try {
    const keys = await readKeysFile(path);
    access.replaceKeys(keys);
    logger.info({ keys: keys.keys.length }, 'keys read anew');
  } catch (error) {
    const known =
      error instanceof VisavisError ? { code: error.code, reason: error.message } : { err: error };
    logger.error(known, 'the keys could not be read anew: the old ones stay');
  }
}
