import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { HttpConnections } from './http-connections.js';
import { nestLogger, type Logger } from './telemetry/logger.js';

/** Offers are some kilobytes; a session with tools may be more. */
const MAX_BODY_BYTES = 256 * 1024;
/** What an answer that is being made gets at the end (ms). */
const LAST_ANSWERS_MS = 1000;

/** Nest's adapter, which waits for no client when it is closed. */
class GatewayAdapter extends ExpressAdapter {
  #connections: HttpConnections | null = null;

  override initHttpServer(options: Parameters<ExpressAdapter['initHttpServer']>[0]): void {
    super.initHttpServer(options);
    this.#connections = new HttpConnections(this.getHttpServer());
  }

  override close(): ReturnType<ExpressAdapter['close']> {
    const closed = super.close();
    this.#connections?.end(LAST_ANSWERS_MS);
    return closed;
  }
}

/**
 * Makes the application and starts its modules (the model is loaded, the workers run). It does not listen yet.
 * @param page folder of the page to serve at `/`; null: none
 */
export async function startHttp(
  module: DynamicModule | Type,
  logger: Logger,
  page: string | null,
): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(module, new GatewayAdapter(), {
    bodyParser: false,
    logger: nestLogger(logger),
    abortOnError: false,
  });
  app.disable('x-powered-by');
  // Bodies are read as they are: three content types carry an offer, and a wrong one must be told from an empty one.
  app.useBodyParser('raw', { type: () => true, limit: MAX_BODY_BYTES });
  // Any page may call: a gateway is reached by its address and keeps no cookies. All headers of a preflight are
  // allowed, because stock clients send `x-stainless-*`.
  app.enableCors({
    origin: '*',
    methods: ['GET', 'POST', 'OPTIONS'],
    exposedHeaders: ['Location', 'Retry-After', 'ETag', 'Link'],
  });
  if (page !== null) app.useStaticAssets(page);
  await app.init();
  return app;
}
