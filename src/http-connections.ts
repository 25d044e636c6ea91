import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * The connections of an HTTP server, to end them with it. Node's own `close` waits for each that has not sent a whole request: one
 * that a browser or a load balancer opened ahead of need would hold the end of the process up for as long as it likes.
 */
export class HttpConnections {
  readonly #open = new Set<Socket>();
  /** Answers that are not out yet. */
  readonly #answers = new Set<ServerResponse>();
  #ending = false;

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
    });
    server.on('request', ({ socket }, response: ServerResponse) => {
      this.#answers.add(response);
      response.once('close', () => {
        this.#answers.delete(response);
        // What a closing server kept alive would wait for a next request.
        if (this.#ending) socket.destroySoon();
      });
    });
  }

  /**
   * Ends every connection: at once where nothing was asked, or only a part of a request has come; after its answer where a
   * whole one has, but at the latest after `graceMs`.
   */
  end(graceMs: number): void {
    this.#ending = true;
    const answering = new Set(
      [...this.#answers].filter(({ req }) => req.complete).map(({ req }) => req.socket),
    );
    for (const socket of this.#open) if (!answering.has(socket)) socket.destroy();
    setTimeout(() => {
      for (const socket of this.#open) socket.destroy();
    }, graceMs).unref();
  }
}
