import {
  Agent,
  request as ask,
  type ClientRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { Duplex } from 'node:stream';
import type { Guard } from '#modules/contracts';
import type { RequestOrigin } from '../http/proxies.js';
import { endToEnd, ofUpgrade } from './headers.js';
import type { Address } from './messages.js';
import { WHO_ASKS, whoAsks } from './who-asks.js';

/** A gateway has broken a connection off, or took none. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** What comes back for a request for an upgrade. */
export type Upgraded =
  | { readonly k: 'taken'; readonly answer: IncomingMessage; readonly socket: Duplex; readonly head: Buffer }
  | { readonly k: 'answered'; readonly answer: IncomingMessage };

/** Requests of clients, made again to a gateway. */
export class Exchanges {
  /** A gateway says how long it keeps a connection, and the agent leaves it before that. */
  readonly #agent = new Agent({ keepAlive: true });

  constructor(private readonly guard: Guard) {}

  /**
   * Makes the request again. A client that goes away ends it.
   * @param body null: it is passed on as it comes; else what has been read of it, and whether that is all
   * @throws Unreachable
   */
  request(
    to: Address,
    {
      request,
      response,
      origin,
    }: { request: IncomingMessage; response: ServerResponse; origin: RequestOrigin },
    body: { readonly bytes: Buffer; readonly whole: boolean } | null,
  ): Promise<IncomingMessage> {
    // The client was told to go on by this process.
    const headers = endToEnd(request, [WHO_ASKS, 'expect', ...(body?.whole ? ['content-length'] : [])]);
    headers.push(WHO_ASKS, whoAsks(to.word, origin));
    if (body?.whole) headers.push('Content-Length', String(body.bytes.length));
    else if (request.headers['transfer-encoding'] !== undefined) headers.push('Transfer-Encoding', 'chunked');
    headers.push('Connection', 'keep-alive');
    // HTTP/1.0 has none.
    if (request.headers.host === undefined) headers.push('Host', 'gateway');
    const outgoing = this.#ask(to, request, headers);
    const onClose = this.guard.wrap('placement.gone', () => outgoing.destroy());
    response.once('close', onClose);
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    outgoing.on(
      'error',
      this.guard.wrap('placement.request', (error: Error) => reject(unreachable(error))),
    );
    outgoing.on(
      'response',
      this.guard.wrap('placement.request', (answer: IncomingMessage) => resolve(answer)),
    );
    outgoing.on(
      'close',
      this.guard.wrap('placement.request', () => void response.off('close', onClose)),
    );
    if (body?.whole) {
      outgoing.end(body.bytes);
      return promise;
    }
    if (body) outgoing.write(body.bytes);
    // Not by `pipeline`, which would destroy the request, and with it the client's connection, where the gateway has heard enough.
    request.pipe(outgoing);
    return promise;
  }

  /** Makes a request for an upgrade again. @throws Unreachable */
  upgrade(to: Address, request: IncomingMessage, socket: Duplex, origin: RequestOrigin): Promise<Upgraded> {
    const headers = [...ofUpgrade(request), WHO_ASKS, whoAsks(to.word, origin)];
    const outgoing = this.#ask(to, request, headers);
    const onClose = this.guard.wrap('placement.gone', () => outgoing.destroy());
    socket.once('close', onClose);
    const { promise, resolve, reject } = Promise.withResolvers<Upgraded>();
    outgoing.on(
      'error',
      this.guard.wrap('placement.upgrade', (error: Error) => reject(unreachable(error))),
    );
    outgoing.on(
      'response',
      this.guard.wrap('placement.upgrade', (answer: IncomingMessage) => resolve({ k: 'answered', answer })),
    );
    outgoing.on(
      'upgrade',
      this.guard.wrap('placement.upgrade', (answer: IncomingMessage, theirs: Duplex, head: Buffer) => {
        socket.off('close', onClose);
        resolve({ k: 'taken', answer, socket: theirs, head });
      }),
    );
    outgoing.end();
    return promise;
  }

  /** Ends the connections that are kept. */
  close(): void {
    this.#agent.destroy();
  }

  #ask({ port }: Address, { method, url }: IncomingMessage, headers: readonly string[]): ClientRequest {
    return ask({
      host: '127.0.0.1',
      port,
      agent: this.#agent,
      ...(method !== undefined && { method }),
      path: url ?? '/',
      headers,
    });
  }
}

function unreachable(cause: Error): Unreachable {
  return new Unreachable(cause.message, { cause });
}
