import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { VisavisError } from '#modules/contracts';
import { loadModelFolder } from '#modules/decoder';
import { AppModule } from './app.module.js';
import type { Config } from './config/config.js';
import { configFromEnvironment } from './config/environment.js';
import { startHttp } from './http.js';
import { createLogger } from './telemetry/logger.js';

/** The built page, beside the built gateway. */
const PAGE = fileURLToPath(new URL('../client-demo', import.meta.url));
/** Longest orderly end (ms); after it the process ends as it is. */
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

  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'stopping');
    setTimeout(() => {
      logger.error('did not stop in time');
      process.exit(1);
    }, SHUTDOWN_MS).unref();
    app.close().then(
      () => logger.info('stopped'),
      (error: unknown) => {
        logger.error({ err: error }, 'did not stop cleanly');
        process.exitCode = 1;
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
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
