import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { VisavisError } from '#modules/contracts';
import { DecoderService, loadModelFolder } from '#modules/decoder';
import { AppModule } from './app.module.js';
import type { Config } from './config/config.js';
import { configFromEnvironment } from './config/environment.js';
import { startHttp } from './http.js';
import { CallsService } from './realtime/calls.service.js';
import { createLogger, type Logger } from './telemetry/logger.js';

/** The built page, beside the built gateway. */
const PAGE = fileURLToPath(new URL('../client-demo', import.meta.url));
/** Longest orderly end (ms), once running turns have had their time; after it the process ends as it is. */
const SHUTDOWN_MS = 10_000;

async function main(args: readonly string[]): Promise<void> {
  const config = configFromEnvironment();
  if (args.includes('--check-config')) await check(config);
  else await serve(config);
}

/** Checks the settings and the model folder, and starts nothing. */
async function check(config: Config): Promise<void> {
  const model = await loadModelFolder(config.modelFolder);
  process.stdout.write(`configuration ok: model ${model.config.modelId}, port ${config.port}\n`);
}

async function serve(config: Config): Promise<void> {
  const logger = createLogger(config.logLevel);
  const app = await startHttp(AppModule.forRoot(config, logger), logger, PAGE);
  await listen(app, config);
  const { address, port } = app.getHttpServer().address() as AddressInfo;
  logger.info({ url: `http://${address}:${port}/` }, 'listening');

  const signals = stopSignals(logger);
  await signals.first;
  await drain(app, config.drainMs, signals.second);
  await stop(app, logger);
}

/** The first signal asks for an orderly end; a second one, for one at once. */
function stopSignals(logger: Logger): { first: Promise<void>; second: AbortSignal } {
  const first = Promise.withResolvers<void>();
  const second = new AbortController();
  let asked = false;
  const onSignal = (signal: string): void => {
    if (asked) return second.abort();
    asked = true;
    logger.info({ signal }, 'stopping');
    first.resolve();
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  return { first: first.promise, second: second.signal };
}

/** Lets running turns end, for at most `drainMs`; new calls are refused meanwhile. */
async function drain(app: NestExpressApplication, drainMs: number, atOnce: AbortSignal): Promise<void> {
  await app
    .get(CallsService, { strict: false })
    .drain(AbortSignal.any([AbortSignal.timeout(drainMs), atOnce]));
}

async function stop(app: NestExpressApplication, logger: Logger): Promise<void> {
  setTimeout(() => {
    logger.error('did not stop in time');
    die();
  }, SHUTDOWN_MS).unref();
  try {
    const engine = app.get(DecoderService, { strict: false });
    await app.close();
    logger.info('stopped');
    if (engine.stuckThreads > 0) die();
  } catch (error) {
    logger.error({ err: error }, 'did not stop cleanly');
    process.exitCode = 1;
  }
}

/** Whatever `process.exit` would wait for, or abort on: a thread in the middle of a run can be neither ended nor joined. */
function die(): void {
  process.kill(process.pid, 'SIGKILL');
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
