import type { AddressInfo } from 'node:net';
import { needsModel, type Config } from '../config/config.js';
import { remoteOptions } from '../config/engine.js';
import { cannotListen, tellWhoIsServed, urlOf } from '../found-at.js';
import { HttpConnections } from '../http-connections.js';
import { Base } from '../http/place.js';
import { Proxies } from '../http/proxies.js';
import { loadIce } from '../ice/load-ice.js';
import { createAccess } from '../keys/create-access.js';
import { signals } from '../lifecycle/orders.js';
import { guardProcess } from '../lifecycle/process-guard.js';
import { createLogger, type Logger } from '../telemetry/logger.js';
import { Front } from './front.js';
import { Gateways } from './gateways.js';
import { Sums } from './sums.js';

/** What a gateway may take to end beside its turns (ms): it gives up by itself before that. */
const STOP_MS = 15_000;
/** What an answer that is being made gets at the end (ms). */
const LAST_ANSWERS_MS = 1000;

/**
 * Runs `config.gateways` gateways, each a process of its own, and gives them their calls, until it is told to end. It runs no media and no
 * model itself.
 * @throws VisavisError `bad_config`
 */
export async function place(config: Config): Promise<void> {
  const logger = createLogger(config.logLevel);
  const proxies = new Proxies(config.trustedProxies);
  await check(config, proxies, logger);
  const onBug = (where: string, error: unknown): void =>
    logger.error({ where, err: error }, 'the parent of the gateways met a bug');
  const stopMs = config.drainMs + STOP_MS;
  const gateways = new Gateways({ count: config.gateways, logger, onBug, stopMs });
  const ended = Promise.withResolvers<number>();
  const stop = (): void => {
    gateways.stop().then(ended.resolve, ended.reject);
  };
  signals.onStop((signal) => {
    logger.info({ signal }, 'stopping');
    stop();
  });
  guardProcess(logger, {
    ofCall: () => false,
    ofProcess: () => {
      process.exitCode = 1;
      stop();
    },
  });
  if (config.keysFile !== null)
    signals.onReload(() => {
      gateways.reload().catch((error: unknown) => onBug('placement.reload', error));
    });

  const failed = await gateways.start();
  if (failed !== null) return exit(failed, logger);
  const sums = new Sums(gateways, config.gateways);
  const front = new Front({ gateways, sums, proxies, base: new Base(config.basePath, proxies), onBug });
  const connections = new HttpConnections(front.server);
  if (!gateways.stopping) {
    try {
      await listen(front, config);
    } catch (error) {
      await gateways.stop();
      throw error;
    }
    const url = urlOf(front.server.address() as AddressInfo);
    logger.info({ url, gateways: config.gateways }, 'listening');
    tellWhoIsServed(config, logger);
  }
  const code = await ended.promise;
  front.server.close();
  connections.end(LAST_ANSWERS_MS);
  front.close();
  exit(code, logger);
}

function exit(code: number, logger: Logger): void {
  process.exitCode ||= code;
  logger.info('stopped');
  process.exit();
}

/** What each gateway would find wrong is told once, and a hub's model fetched once. @throws VisavisError */
async function check(config: Config, proxies: Proxies, logger: Logger): Promise<void> {
  await createAccess(config, proxies);
  await loadIce(config);
  if (config.remoteEngine) await remoteOptions(config.remoteEngine);
  if (needsModel(config) && config.model.startsWith('hf:'))
    await (await import('../model-folder.js')).modelFolder(config, logger);
}

function listen({ server }: Front, { port, host }: Config): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', (cause) => reject(cannotListen(cause)));
  server.listen(port, host, resolve);
  return promise;
}
