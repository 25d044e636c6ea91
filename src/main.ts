import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { VisavisError } from '#modules/contracts';
import { checkServers, DecoderService, loadModelFolder } from '#modules/decoder';
import { checkNetwork } from '#modules/media';
import { JudgeService, VadService } from '#modules/vad';
import { AppModule, networkOf } from './app.module.js';
import type { Config } from './config/config.js';
import { remoteOptions } from './config/engine.js';
import { configFromEnvironment } from './config/environment.js';
import { startHttp } from './http.js';
import { Base } from './http/place.js';
import { loadIce } from './ice/load-ice.js';
import { Proxies } from './http/proxies.js';
import { createAccess } from './keys/create-access.js';
import { reloadOnHangup } from './keys/reload.js';
import { Lifecycle } from './lifecycle/lifecycle.js';
import { guardProcess } from './lifecycle/process-guard.js';
import { keepWasmWrappersGeneric } from './lifecycle/wasm-wrappers.js';
import { CallsService } from './realtime/calls.service.js';
import { modelFolder } from './model-folder.js';
import { createLogger, type Logger } from './telemetry/logger.js';
import { Metrics } from './telemetry/metrics.js';
import type { Tracing } from './telemetry/tracing/tracing.js';

/** The built page, beside the built gateway. */
const PAGE = fileURLToPath(new URL('../client-demo', import.meta.url));
/** The built API page, beside it. */
const DOCS = fileURLToPath(new URL('../docs', import.meta.url));
/** Longest orderly end (ms), once running turns have had their time; after it the process ends as it is. */
const SHUTDOWN_MS = 10_000;

async function main(args: readonly string[]): Promise<void> {
  const unknown = args.find((arg) => arg !== '--check-config' && arg !== '--check-network');
  if (unknown !== undefined)
    throw new VisavisError(
      'bad_config',
      `${unknown}: there is no such option; there are --check-config and --check-network`,
    );
  keepWasmWrappersGeneric();
  const config = configFromEnvironment();
  if (args.includes('--check-config')) await check(config);
  if (args.includes('--check-network')) await tryNetwork(config);
  if (args.length > 0) return;
  await serve(config);
}

/** Checks the settings and the files that they name, and starts nothing. */
async function check(config: Config): Promise<void> {
  await createAccess(config, new Proxies(config.trustedProxies));
  await loadIce(config);
  const { remoteEngine } = config;
  if (remoteEngine) await remoteOptions(remoteEngine);
  const logger = createLogger(config.logLevel);
  const model = isNeeded(config)
    ? (await loadModelFolder(await modelFolder(config, logger))).config.modelId
    : '';
  const engine = remoteEngine ? `engine ${remoteEngine.urls.join(', ')}` : `model ${model}`;
  process.stdout.write(`configuration ok: ${engine}, port ${config.port}\n`);
}

/** Tries the ports, addresses, TURN servers and inference servers of the settings, tells a line each, and takes no calls. */
async function tryNetwork(config: Config): Promise<void> {
  const servers = (await loadIce(config)).for(null).ice_servers;
  const turn = servers.flatMap(({ urls, username, credential }) =>
    urls.flatMap((url) =>
      /^turns?:/.test(url) ? [{ url, username: username ?? '', credential: credential ?? '' }] : [],
    ),
  );
  const { remoteEngine } = config;
  const engines = remoteEngine ? await checkServers(await remoteOptions(remoteEngine)) : [];
  const findings = [...(await checkNetwork(networkOf(config), turn)), ...engines];
  for (const { state, what } of findings) process.stdout.write(`${state.padEnd(7)} ${what}\n`);
  if (findings.some(({ state }) => state === 'fail')) process.exitCode = 1;
}

/** A model of our own is run: it answers, or hears for one that does. */
const isNeeded = ({ remoteEngine }: Config): boolean => remoteEngine === null || remoteEngine.localEar;

async function serve(config: Config): Promise<void> {
  const logger = createLogger(config.logLevel);
  const ends = waysToEnd(logger);
  const stopping = new AbortController();
  void ends.first.then(() => stopping.abort());
  try {
    await serveUntilAsked(config, { logger, ends, stopping: stopping.signal });
  } catch (error) {
    if (!(stopping.signal.aborted && error instanceof VisavisError && error.code === 'aborted')) throw error;
    // Nobody was served yet: what has been started is left as it is.
    logger.info('stopped');
    end(false);
  }
}

/** @throws `aborted` where it is asked to stop before it has started */
async function serveUntilAsked(
  config: Config,
  { logger, ends, stopping }: { logger: Logger; ends: WaysToEnd; stopping: AbortSignal },
): Promise<void> {
  const proxies = new Proxies(config.trustedProxies);
  const access = await createAccess(config, proxies);
  if (config.keysFile !== null) reloadOnHangup(config.keysFile, access, logger);
  const ice = await loadIce(config);
  const remote = config.remoteEngine && (await remoteOptions(config.remoteEngine));
  const tracing =
    config.tracing && new (await import('./telemetry/tracing/otlp.js')).OtlpTracing(config.tracing, logger);
  const edge = {
    access,
    base: new Base(config.basePath, proxies),
    docs: DOCS,
    ice,
    ...(remote && { remote: { ...remote, ...(tracing && { trace: tracing.request }) } }),
    ...(tracing && { tracing }),
    stopping,
  };
  const folder = isNeeded(config) ? await modelFolder(config, logger, stopping) : '';
  const app = await startHttp(
    AppModule.forRoot({ ...config, modelFolder: folder }, logger, edge),
    logger,
    PAGE,
    edge,
  );
  ends.guardCalls(app.get(CallsService, { strict: false }), app.get(Metrics, { strict: false }));
  await listen(app, config);
  const { address, family, port } = app.getHttpServer().address() as AddressInfo;
  const host = family === 'IPv6' ? `[${address}]` : address;
  logger.info({ url: `http://${host}:${port}/` }, 'listening');
  tellWhoIsServed(config, logger);

  await ends.first;
  await drain(app, config.drainMs, ends.atOnce);
  await stop(app, logger, tracing);
}

function tellWhoIsServed({ keysFile, jwt, allowAnonymous }: Config, logger: Logger): void {
  if (keysFile !== null || jwt !== null) logger.info('who has a key is served');
  else if (allowAnonymous) logger.warn('there are no keys: whoever reaches this gateway is served');
  else logger.info('there are no keys: only this machine is served');
}

interface WaysToEnd {
  /** A signal asks for an orderly end, or an exception has escaped: then the exit code is set, too. */
  readonly first: Promise<void>;
  /** A second signal asks for an end at once. */
  readonly atOnce: AbortSignal;
  /** Before this, everything that escapes is the process's. */
  guardCalls(calls: CallsService, metrics: Metrics): void;
}

function waysToEnd(logger: Logger): WaysToEnd {
  const first = Promise.withResolvers<void>();
  const second = new AbortController();
  let signalled = false;
  const onSignal = (signal: string): void => {
    if (signalled) return second.abort();
    signalled = true;
    logger.info({ signal }, 'stopping');
    first.resolve();
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);

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

/** @throws VisavisError `bad_config` where the address cannot be had */
async function listen(app: NestExpressApplication, config: Config): Promise<void> {
  try {
    await app.listen(config.port, config.host);
  } catch (cause) {
    await app.close();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new VisavisError('bad_config', `VISAVIS_HOST, VISAVIS_PORT: ${why}`, null, { cause });
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  // One line a problem for what an operator can put right; anything else is a bug, with its stack.
  if (!(error instanceof VisavisError)) throw error;
  for (const line of error.message.split('\n')) process.stderr.write(`${error.code}: ${line}\n`);
  process.exitCode = 1;
}
