import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { VisavisError } from '#modules/contracts';
import { DecoderService } from '#modules/decoder';
import { JudgeService, VadService } from '#modules/vad';
import { Access } from './keys/access.js';
import { AppModule } from './app.module.js';
import { needsModel, type Config } from './config/config.js';
import { remoteOptions } from './config/engine.js';
import { HealthService } from './health/health.service.js';
import { startHttp } from './http.js';
import { Base } from './http/place.js';
import { Proxies } from './http/proxies.js';
import { loadIce } from './ice/load-ice.js';
import { createAccess } from './keys/create-access.js';
import { reloader } from './keys/reload.js';
import { Lifecycle } from './lifecycle/lifecycle.js';
import { signals, type Orders } from './lifecycle/orders.js';
import { guardProcess } from './lifecycle/process-guard.js';
import { modelFolder } from './model-folder.js';
import type { ParentLink } from './placement/parent-link.js';
import { CallsService } from './realtime/calls.service.js';
import { createLogger, type Logger } from './telemetry/logger.js';
import { Metrics } from './telemetry/metrics.js';
import type { Tracing } from './telemetry/tracing/tracing.js';
import { cannotListen, tellWhoIsServed, urlOf } from './found-at.js';

/** The built page, beside the built gateway. */
const PAGE = fileURLToPath(new URL('../client-demo', import.meta.url));
/** The built API page, beside it. */
const DOCS = fileURLToPath(new URL('../docs', import.meta.url));
/** Longest orderly end (ms), once running turns have had their time; after it the process ends as it is. */
const SHUTDOWN_MS = 10_000;

/**
 * Runs a gateway until it is told to end.
 * @param parent that it is one of several of; null: it is alone
 * @throws VisavisError `bad_config`, `bad_model`, …: it cannot start
 */
export async function serve(config: Config, parent: ParentLink | null = null): Promise<void> {
  const logger = createLogger(config.logLevel, parent?.number);
  const orders = parent ?? signals;
  const ends = waysToEnd(logger, orders);
  const stopping = new AbortController();
  void ends.first.then(() => stopping.abort());
  try {
    await serveUntilAsked(config, parent, { logger, orders, ends, stopping: stopping.signal });
  } catch (error) {
    if (!(stopping.signal.aborted && error instanceof VisavisError && error.code === 'aborted')) throw error;
    // Nobody was served yet: what has been started is left as it is.
    logger.info('stopped');
    end(false);
  }
}

interface Standing {
  readonly logger: Logger;
  readonly orders: Orders;
  readonly ends: WaysToEnd;
  readonly stopping: AbortSignal;
}

/** @throws `aborted` where it is asked to stop before it has started */
async function serveUntilAsked(
  config: Config,
  parent: ParentLink | null,
  { logger, orders, ends, stopping }: Standing,
): Promise<void> {
  const proxies = parent?.proxies ?? new Proxies(config.trustedProxies);
  const access = await createAccess(config, proxies, parent?.share);
  if (config.keysFile !== null) orders.onReload(reloader(config.keysFile, access, logger));
  const ice = await loadIce(config);
  const remote = config.remoteEngine && (await remoteOptions(config.remoteEngine));
  const tracing =
    config.tracing && new (await import('./telemetry/tracing/otlp.js')).OtlpTracing(config.tracing, logger);
  const edge = {
    access,
    base: new Base(config.basePath, proxies),
    docs: DOCS,
    ice,
    ...(parent && { ids: parent.ids }),
    ...(remote && { remote: { ...remote, ...(tracing && { trace: tracing.request }) } }),
    ...(tracing && { tracing }),
    stopping,
  };
  const folder = needsModel(config) ? await modelFolder(config, logger, stopping) : '';
  const app = await startHttp(
    AppModule.forRoot({ ...config, modelFolder: folder }, logger, edge),
    logger,
    PAGE,
    edge,
  );
  ends.guardCalls(app.get(CallsService, { strict: false }), app.get(Metrics, { strict: false }));
  if (parent) await standBehind(parent, app, logger);
  else await beFound(app, config, logger);

  await ends.first;
  await drain(app, config.drainMs, ends.atOnce);
  await stop(app, logger, tracing);
}

/** Listens at the address that the world knows. @throws VisavisError `bad_config` where that cannot be had */
async function beFound(app: NestExpressApplication, config: Config, logger: Logger): Promise<void> {
  try {
    await app.listen(config.port, config.host);
  } catch (cause) {
    await app.close();
    throw cannotListen(cause);
  }
  logger.info({ url: urlOf(app.getHttpServer().address() as AddressInfo) }, 'listening');
  tellWhoIsServed(config, logger);
}

/** Listens for the parent alone, and answers what that one asks. */
async function standBehind(parent: ParentLink, app: NestExpressApplication, logger: Logger): Promise<void> {
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const of = <T>(what: abstract new (...args: never[]) => T): T => app.get(what, { strict: false });
  const [calls, lifecycle] = [of(CallsService), of(Lifecycle)];
  await parent.up(port, {
    health: () => of(HealthService).check(),
    metrics: () => of(Metrics).json(),
    learn: ({ id, secret }) => of(Access).learn(id, secret),
    told: () => ({ open: calls.openCalls, full: lifecycle.draining || calls.full }),
  });
  logger.info('gateway up');
}

interface WaysToEnd {
  /** A signal asks for an orderly end, or an exception has escaped: then the exit code is set, too. */
  readonly first: Promise<void>;
  /** A second signal asks for an end at once. */
  readonly atOnce: AbortSignal;
  /** Before this, everything that escapes is the process's. */
  guardCalls(calls: CallsService, metrics: Metrics): void;
}

function waysToEnd(logger: Logger, orders: Orders): WaysToEnd {
  const first = Promise.withResolvers<void>();
  const second = new AbortController();
  let signalled = false;
  const onSignal = (signal: string): void => {
    if (signalled) return second.abort();
    signalled = true;
    logger.info({ signal }, 'stopping');
    first.resolve();
  };
  orders.onStop(onSignal);

  let guarded: { calls: CallsService; metrics: Metrics } | null = null;
  guardProcess(logger, {
    ofCall: (error) => guarded?.calls.escaped(error) ?? false,
    ofProcess: () => {
      guarded?.metrics.guarded('process');
      process.exitCode = 1;
      first.resolve();
    },
  });
  return {
    first: first.promise,
    atOnce: second.signal,
    guardCalls: (calls, metrics) => void (guarded = { calls, metrics }),
  };
}

/** Lets running turns end, for at most `drainMs`; new calls are refused meanwhile. */
async function drain(app: NestExpressApplication, drainMs: number, atOnce: AbortSignal): Promise<void> {
  await app
    .get(CallsService, { strict: false })
    .drain(AbortSignal.any([AbortSignal.timeout(drainMs), atOnce]));
}

async function stop(app: NestExpressApplication, logger: Logger, tracing: Tracing | null): Promise<void> {
  const lifecycle = app.get(Lifecycle, { strict: false });
  const engine = app.get(DecoderService, { strict: false });
  const vad = app.get(VadService, { strict: false });
  const judge = app.get(JudgeService, { strict: false });
  const stuck = (): boolean =>
    !lifecycle.partsEnded || engine.stuckThreads + vad.stuckThreads + judge.stuckThreads > 0;
  setTimeout(() => {
    logger.error('did not stop in time');
    process.exitCode = 1;
    end(stuck());
  }, SHUTDOWN_MS).unref();
  try {
    await app.close();
    await tracing?.shutdown();
    logger.info('stopped');
  } catch (error) {
    logger.error({ err: error }, 'did not stop cleanly');
    process.exitCode = 1;
  }
  end(stuck());
}

/**
 * Ends the process with its exit code, whatever still keeps it alive.
 * @param stuck a thread is in the middle of a run, which can be neither ended nor joined: `exit` would wait for it, or abort
 */
function end(stuck: boolean): void {
  if (stuck) process.kill(process.pid, 'SIGKILL');
  else process.exit();
}
