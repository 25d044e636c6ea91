import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { HttpError } from '@vis-a-vis/protocol';
import { ERRORS, Guard, VisavisError, type OnBug } from '#modules/contracts';
import { MAX_BODY_BYTES } from '../http/limits.js';
import type { Base } from '../http/place.js';
import type { Proxies } from '../http/proxies.js';
import { refusalHeaders } from '../http/refusal.js';
import { refuse } from '../realtime/websocket/refuse.js';
import { ownerIn, readBody, type Read } from './body.js';
import { errandOf, type Errand } from './core/errand.js';
import { Exchanges, Unreachable, type Upgraded } from './exchange.js';
import type { Gateways } from './gateways.js';
import { relay, relayRefusal, tunnel } from './relay.js';
import type { Sums } from './sums.js';

export interface FrontOptions {
  readonly gateways: Pick<Gateways, 'placing' | 'addressOf'>;
  readonly sums: Pick<Sums, 'health' | 'metrics'>;
  readonly base: Base;
  readonly proxies: Proxies;
  readonly onBug: OnBug;
}

/** A client's request, and what it is answered by. */
interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** The address of all gateways: each request is passed on to the one that it belongs to, or that has the most room. */
export class Front {
  readonly server: Server;
  readonly #options: FrontOptions;
  readonly #exchanges: Exchanges;

  constructor(options: FrontOptions) {
    this.#options = options;
    const guard = new Guard(options.onBug);
    this.#exchanges = new Exchanges(guard);
    this.server = createServer(
      guard.wrap('placement.request', (request: IncomingMessage, response: ServerResponse) =>
        this.#visited({ request, response }),
      ),
    );
    this.server.on(
      'upgrade',
      guard.wrap('placement.upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        socket.on(
          'error',
          guard.wrap('placement.upgrade', () => socket.destroy()),
        );
        return this.#upgrade(request, socket, head);
      }),
    );
  }

  /** What is kept to the gateways is let go. */
  close(): void {
    this.#exchanges.close();
  }

  async #visited(visit: Visit): Promise<void> {
    const { request, response } = visit;
    try {
      await this.#place(visit);
    } catch (error) {
      if (response.headersSent || response.destroyed) return void response.destroy();
      const known = error instanceof Unreachable ? unavailable() : error;
      if (!(known instanceof VisavisError)) {
        response.destroy();
        throw error;
      }
      refuseWith(response, known);
      request.unpipe();
      request.resume();
    }
  }

  async #place(visit: Visit): Promise<void> {
    const { request, response } = visit;
    const errand = this.#errandOf(request, false);
    switch (errand.k) {
      case 'health':
        return this.#tellHealth(visit);
      case 'metrics':
        return this.#tellMetrics(visit);
      case 'offer':
      case 'call': {
        const body = await readBody(request, MAX_BODY_BYTES);
        if (body === null) return;
        const owner = errand.k === 'offer' ? await ownerIn(errand.body, request, body.bytes) : null;
        const answer =
          owner === null ? await this.#open(visit, body) : await this.#send(visit, this.#at(owner), body);
        return relay(answer, response);
      }
      case 'start': {
        const { placing } = this.#options.gateways;
        const number = this.#at(null);
        placing.expect(number, performance.now());
        return relay(await this.#send(visit, number, null), response);
      }
      case 'of':
        return relay(await this.#send(visit, this.#at(errand.number), null), response);
      case 'any':
        return relay(await this.#send(visit, this.#at(null), null), response);
    }
  }

  /** A new call: where the gateway that it was given to has no room after all, or has just ended, another one is asked, once. */
  async #open(visit: Visit, body: Read): Promise<IncomingMessage> {
    const first = this.#at(null);
    const answer = await this.#given(first, () => this.#send(visit, first, body)).catch(unlessUnreachable);
    if (answer !== null && answer.statusCode !== 503) return answer;
    const second = body.whole ? this.#another(first) : null;
    if (second !== null) {
      answer?.resume();
      return this.#given(second, () => this.#send(visit, second, body));
    }
    if (answer === null) throw unavailable();
    return answer;
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    try {
      const errand = this.#errandOf(request, true);
      const first = this.#at(errand.k === 'of' ? errand.number : null);
      const ask = (number: number): Promise<Upgraded> =>
        this.#exchanges.upgrade(this.#addressOf(number), request, socket, this.#options.proxies.of(request));
      const opens = errand.k !== 'of';
      let upgraded = await (opens ? this.#given(first, () => ask(first)) : ask(first)).catch(
        unlessUnreachable,
      );
      if (opens && (upgraded === null || upgraded.answer.statusCode === 503)) {
        const second = this.#another(first);
        if (second !== null) {
          upgraded?.answer.resume();
          upgraded = await this.#given(second, () => ask(second)).catch(unlessUnreachable);
        }
      }
      if (upgraded === null) throw unavailable();
      if (upgraded.k === 'taken') await tunnel(upgraded, socket, head);
      else await relayRefusal(upgraded.answer, socket);
    } catch (error) {
      if (!(error instanceof VisavisError)) {
        socket.destroy();
        throw error;
      }
      refuse(socket, error);
    }
  }

  async #tellHealth({ request, response }: Visit): Promise<void> {
    const health = await this.#options.sums.health();
    response.writeHead(health.status === 'ready' ? 200 : 503, {
      'Content-Type': 'application/json; charset=utf-8',
    });
    response.end(request.method === 'HEAD' ? undefined : JSON.stringify(health));
  }

  /** Whether somebody may see them, a gateway says, which knows the keys: where it shows its own, those of all are shown. */
  async #tellMetrics(visit: Visit): Promise<void> {
    const { request, response } = visit;
    const answer = await this.#send(visit, this.#at(null), null);
    if (answer.statusCode !== 200) return relay(answer, response);
    answer.resume();
    const { contentType, text } = await this.#options.sums.metrics();
    response.writeHead(200, { 'Content-Type': contentType });
    response.end(request.method === 'HEAD' ? undefined : text);
  }

  #errandOf({ method = 'GET', url = '/' }: IncomingMessage, upgrade: boolean): Errand {
    return errandOf({ method, url: this.#options.base.below(url), upgrade });
  }

  #send({ request, response }: Visit, number: number, body: Read | null): Promise<IncomingMessage> {
    const origin = this.#options.proxies.of(request);
    return this.#exchanges.request(this.#addressOf(number), { request, response, origin }, body);
  }

  /** Counts a call where it is given to, for as long as it is not told of there. */
  async #given<T>(number: number, work: () => Promise<T>): Promise<T> {
    const answered = this.#options.gateways.placing.give(number);
    try {
      return await work();
    } finally {
      answered();
    }
  }

  /**
   * The gateway of that number. Where it does not run, its calls are lost, and any other one says so: there is no such call.
   * @throws VisavisError `engine_restarting`: none runs
   */
  #at(number: number | null): number {
    const { gateways } = this.#options;
    if (number !== null && gateways.addressOf(number) !== null) return number;
    const picked = gateways.placing.pick(performance.now());
    if (picked === null) throw unavailable();
    return picked;
  }

  #another(than: number): number | null {
    return this.#options.gateways.placing.pick(performance.now(), than);
  }

  #addressOf(number: number) {
    const address = this.#options.gateways.addressOf(number);
    if (!address) throw unavailable();
    return address;
  }
}

function unlessUnreachable(error: unknown): null {
  if (error instanceof Unreachable) return null;
  throw error;
}

function unavailable(): VisavisError {
  return new VisavisError(
    'engine_restarting',
    'The gateway that this is for does not run; it is started again.',
  );
}

function refuseWith(response: ServerResponse, error: VisavisError): void {
  const { status, type } = ERRORS[error.code];
  const body: HttpError = { error: { message: error.message, type, code: error.code, param: error.param } };
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', ...refusalHeaders(error) });
  response.end(JSON.stringify(body));
}
