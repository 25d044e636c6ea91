import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import { HttpConnections } from './http-connections.js';
import { corsOf } from './http/cors.js';
import { MAX_BODY_BYTES } from './http/limits.js';
import { Base } from './http/place.js';
import { Proxies } from './http/proxies.js';
import type { Access } from './keys/access.js';
import { localAccess } from './keys/create-access.js';
import type { Scope } from './keys/keys-file.js';
import { nestLogger, type Logger } from './telemetry/logger.js';

/** What an answer that is being made gets at the end (ms). */
const LAST_ANSWERS_MS = 1000;
/** The API page shows what comes from the gateway alone, and asks nobody else. */
const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** What stands before the routes. */
export interface HttpEdge {
  readonly access: Access;
  readonly base: Base;
  /** Folder of the API page to serve at `/docs`; null: none. */
  readonly docs: string | null;
}

/** Nest's adapter, which waits for no client when it is closed, and takes the base path off what is asked for. */
class GatewayAdapter extends ExpressAdapter {
  #connections: HttpConnections | null = null;
  readonly #base: Base;

  constructor(base: Base) {
    super();
    this.#base = base;
  }

  override initHttpServer(options: Parameters<ExpressAdapter['initHttpServer']>[0]): void {
    super.initHttpServer(options);
    const server = this.getHttpServer();
    this.#base.stripFrom(server);
    this.#connections = new HttpConnections(server);
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
 * @param edge default: everyone on this machine is served, at an unknown path
 */
export async function startHttp(
  module: DynamicModule | Type,
  logger: Logger,
  page: string | null,
  edge: Partial<HttpEdge> = {},
): Promise<NestExpressApplication> {
  const { access = localAccess(), base = new Base(null, new Proxies()), docs = null } = edge;
  const app = await NestFactory.create<NestExpressApplication>(module, new GatewayAdapter(base), {
    bodyParser: false,
    logger: nestLogger(logger),
    abortOnError: false,
  });
  app.disable('x-powered-by');
  app.enableCors(corsOf(access));
  // Relative links need the slash; a redirect that is relative itself is right below any path.
  app.use((request: Request, response: Response, next: NextFunction) => {
    const [path = '', query] = request.url.split('?', 2);
    if (base.isBare(path)) redirectInto(response, path, query);
    else next();
  });
  app.use('/metrics', forOperators(access, 'metrics'));
  // Bodies are read as they are: three content types carry an offer, and a wrong one must be told from an empty one.
  app.useBodyParser('raw', { type: () => true, limit: MAX_BODY_BYTES });
  if (docs !== null) serveDocs(app, access, docs);
  // `/check` is `check.html`.
  if (page !== null) app.useStaticAssets(page, { extensions: ['html'] });
  await app.init();
  return app;
}

function serveDocs(app: NestExpressApplication, access: Access, folder: string): void {
  app.use(
    '/docs',
    forOperators(access, 'docs'),
    (request: Request, response: Response, next: NextFunction) => {
      const [path = '', query] = request.originalUrl.split('?', 2);
      if (path.endsWith('/') || request.path !== '/') next();
      else redirectInto(response, path, query);
    },
  );
  app.useStaticAssets(folder, {
    prefix: '/docs/',
    redirect: false,
    setHeaders: (response: Response) => {
      response.setHeader('Content-Security-Policy', DOCS_POLICY);
      response.setHeader('X-Content-Type-Options', 'nosniff');
    },
  });
}

/** From `…/name` to `…/name/`, relative to it. */
function redirectInto(response: Response, path: string, query: string | undefined): void {
  const name = path.slice(path.lastIndexOf('/') + 1);
  response.redirect(308, `${name}/${query === undefined ? '' : `?${query}`}`);
}

function forOperators(access: Access, scope: Scope) {
  return (request: Request, _response: Response, next: NextFunction): void => {
    try {
      access.admitOperator(request, scope);
      next();
    } catch (error) {
      next(error);
    }
  };
}
