import { readFile } from 'node:fs/promises';
import { VisavisError } from '#modules/contracts';
import type { EngineOptions } from '#modules/decoder';
import type { RemoteEngineConfig } from './config.js';

/**
 * What the engine that others run is made with; its key is read from its file.
 * @throws VisavisError `bad_config` where that cannot be read
 */
export async function remoteOptions(
  config: RemoteEngineConfig,
): Promise<NonNullable<EngineOptions['remote']>> {
  const { keyFile, ...rest } = config;
  const key = keyFile === null ? undefined : await readKey(keyFile);
  return { ...rest, key };
}

async function readKey(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new VisavisError('bad_config', `VISAVIS_ENGINE_KEY_FILE: ${file} cannot be read`, null, { cause });
  }
  const key = text.trim();
  // Printable and in one piece: it goes into a header.
  if (/^[!-~]{1,4096}$/.test(key)) return key;
  throw new VisavisError('bad_config', `VISAVIS_ENGINE_KEY_FILE: ${file} holds no key in one line`);
}
