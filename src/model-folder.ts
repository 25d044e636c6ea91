import { readFile } from 'node:fs/promises';
import { VisavisError } from '#modules/contracts';
import { fetchHubModel, parseHubId } from '#modules/decoder';
import type { Config } from './config/config.js';
import type { Logger } from './telemetry/logger.js';

/** Percents of a download between two lines of the log. */
const STEP = 10;

/**
 * The folder of the model: the one that is set, or that of a hub's model, which is fetched where it is not there yet.
 * @param signal ends a download; what it has brought is kept
 * @throws `bad_config`, `bad_model`, `aborted`
 */
export async function modelFolder(
  { model, hub }: Pick<Config, 'model' | 'hub'>,
  logger: Logger,
  signal?: AbortSignal,
): Promise<string> {
  const id = parseHubId(model);
  if (id === null) return model;
  let told = 0;
  return fetchHubModel(id, {
    endpoint: hub.endpoint,
    cache: hub.cache,
    token: hub.tokenFile === null ? undefined : await readToken(hub.tokenFile),
    signal,
    onWarn: (line) => logger.warn(line),
    onProgress: ({ done, total }) => {
      const percent = Math.floor((100 * done) / Math.max(1, total));
      if (percent < told + STEP) return;
      told = percent - (percent % STEP);
      logger.info({ model, percent, bytes: done, ofBytes: total }, 'fetching the model');
    },
  });
}

async function readToken(file: string): Promise<string> {
  const token = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new VisavisError('bad_config', `VISAVIS_HUB_TOKEN_FILE: ${file} cannot be read`, null, { cause });
  });
  if (/^[\x21-\x7e]+$/.test(token.trim())) return token.trim();
  throw new VisavisError('bad_config', `VISAVIS_HUB_TOKEN_FILE: ${file} does not hold a token`);
}
