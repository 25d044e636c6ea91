import type { IncomingMessage } from 'node:http';
import type { CorsOptions } from '@nestjs/common/interfaces/external/cors-options.interface.js';
import type { Access } from '../keys/access.js';

type CorsAnswer = (error: Error | null, options: CorsOptions) => void;

/**
 * Which pages may read what the gateway answers. All headers of a preflight are allowed, because stock clients send
 * `x-stainless-*`; there are no cookies.
 */
export function corsOf(access: Access): (request: IncomingMessage, answer: CorsAnswer) => void {
  return (request, answer) => {
    const { origin } = request.headers;
    answer(null, {
      // What depends on the origin says so to caches, also where the answer is no.
      origin: origin !== undefined && access.pageAllowed(request, origin) ? [origin] : [],
      methods: ['GET', 'POST', 'PATCH', 'DELETE', 'OPTIONS'],
      exposedHeaders: [
        'Location',
        'Retry-After',
        'ETag',
        'Link',
        'Accept-Post',
        'Access-Control-Allow-Methods',
      ],
      maxAge: 600,
      // A question that is no preflight of a browser is for the route.
      preflightContinue: request.headers['access-control-request-method'] === undefined,
    });
  };
}
