import type { Config } from '../config/config.js';
import { Proxies } from '../http/proxies.js';
import { Access, type AccessOptions } from './access.js';
import { isLoopback } from './core/origins.js';
import { jwtVerifier } from './jwt.js';
import { readKeysFile } from './keys-file.js';

/** The settings that access is made of. */
export type AccessSettings = Pick<
  Config,
  'host' | 'keysFile' | 'jwt' | 'allowAnonymous' | 'corsOrigins' | 'trustedProxies'
>;

/**
 * @param share see `AccessOptions`
 * @throws VisavisError `bad_config`
 */
export async function createAccess(
  config: AccessSettings,
  proxies: Proxies,
  share?: AccessOptions['share'],
): Promise<Access> {
  const keyed = config.keysFile !== null || config.jwt !== null;
  return new Access({
    keys: config.keysFile === null ? null : await readKeysFile(config.keysFile),
    verifyJwt: config.jwt === null ? null : jwtVerifier(config.jwt),
    anonymous: config.allowAnonymous ? 'anybody' : 'local',
    origins: {
      listed: config.corsOrigins,
      loopback: isLoopback(config.host),
      same: keyed || config.allowAnonymous,
    },
    proxies,
    now: () => ({ monoMs: performance.now(), wallMs: Date.now() }),
    ...(share && { share }),
  });
}

/** Serves everyone on this machine: for tests of what is behind it. */
export function localAccess(): Access {
  return new Access({
    keys: null,
    verifyJwt: null,
    anonymous: 'local',
    origins: { listed: [], loopback: true, same: false },
    proxies: new Proxies(),
    now: () => ({ monoMs: performance.now(), wallMs: Date.now() }),
  });
}
