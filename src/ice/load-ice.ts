import { readFile } from 'node:fs/promises';
import { VisavisError } from '#modules/contracts';
import type { Config } from '../config/config.js';
import { ClientIce, needsCredentials } from './ice-servers.js';

/** @throws VisavisError `bad_config`: the secret cannot be read, or a TURN server has no credentials and there is none */
export async function loadIce(
  config: Pick<Config, 'iceServers' | 'turnSecretFile' | 'turnTtlS'>,
): Promise<ClientIce> {
  const { iceServers: servers, turnSecretFile, turnTtlS } = config;
  const turnSecret = turnSecretFile === null ? null : await secretIn(turnSecretFile);
  // A browser makes no connection at all with such a server.
  if (turnSecret === null && servers.some(needsCredentials))
    throw new VisavisError(
      'bad_config',
      'VISAVIS_ICE_SERVERS: a TURN server needs username and credential, or VISAVIS_TURN_SECRET_FILE',
    );
  return new ClientIce({ servers, turnSecret, turnTtlS });
}

async function secretIn(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new VisavisError('bad_config', `VISAVIS_TURN_SECRET_FILE: ${why}`, null, { cause });
  });
  const secret = text.trim();
  if (secret === '') throw new VisavisError('bad_config', `VISAVIS_TURN_SECRET_FILE: ${file} is empty`);
  return secret;
}
