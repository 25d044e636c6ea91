import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Guard, VisavisError } from '#modules/contracts';
import { WebSocketServer, type WebSocket } from 'ws';
import { traceHeadersOf } from '../../telemetry/tracing/tracing.js';
import { ACCESS, type Access, type Grant } from '../access.js';
import type { Call } from '../call.js';
import { CALL_ENVIRONMENT, type CallsEnvironment } from '../calls-environment.js';
import { CallsService } from '../calls.service.js';
import type { TextClient } from '../transports/text-client.js';
import { refuse } from './refuse.js';
import { MAX_WS_MESSAGE_BYTES, WebSocketClient, socketClientOf, socketTapeOf } from './websocket-client.js';

const PATH = '/v1/realtime';
/** Of those that a client offers, the one that says what is spoken; another carries its key, and is not repeated. */
const SUBPROTOCOL = 'realtime';
/** Beyond this a message ends its connection: up to it the client is told, and goes on. */
const MAX_PAYLOAD_BYTES = 2 * MAX_WS_MESSAGE_BYTES;

/** Who comes back, and had this event last; null: none. */
interface ComingBack {
  readonly lastEventId: string | null;
}

/** A request for an upgrade, and what Node hands over with it. */
interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/**
 * OpenAI Realtime over WebSocket, at `GET /v1/realtime`: a session of its own, whose audio comes by events; or, with
 * `?call_id=`, a place in a call that somebody else opened.
 */
@Injectable()
export class WebSocketDoor implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_PAYLOAD_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  private readonly guard: Guard;
  /** Of each session its client, and what carries that now. */
  private readonly carried = new WeakMap<Call, { readonly client: TextClient; socket: WebSocketClient }>();

  constructor(
    @Inject(HttpAdapterHost) private readonly http: HttpAdapterHost,
    @Inject(CallsService) private readonly calls: CallsService,
    @Inject(ACCESS) private readonly access: Access,
    @Inject(CALL_ENVIRONMENT) private readonly environment: CallsEnvironment,
  ) {
    this.guard = new Guard((where, error) => {
      environment.metrics.guarded(where);
      environment.logger.error({ where, err: error }, 'a WebSocket met a bug');
    });
  }

  onApplicationBootstrap(): void {
    const server = this.http.httpAdapter.getHttpServer() as Server;
    server.on(
      'upgrade',
      this.guard.wrap('ws.upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
        this.upgrade({ request, socket, head }),
      ),
    );
  }

  onModuleDestroy(): void {
    this.server.close();
  }

  private async upgrade(upgrade: Upgrade): Promise<void> {
    const { request, socket } = upgrade;
    // Until it is a WebSocket nobody else listens: a connection that breaks must not end the process.
    const broken = this.guard.wrap('ws.socket', () => socket.destroy());
    socket.on('error', broken);
    try {
      // What a client asks for need not be a URL.
      const asked = URL.parse(request.url ?? '/', 'ws://gateway');
      if (asked?.pathname !== PATH)
        throw new VisavisError('not_found', `There is no WebSocket at ${asked?.pathname ?? 'this address'}.`);
      const grant = await this.access.authorize(request);
      if (socket.destroyed) return;
      const query = asked.searchParams;
      const [callId, token] = [query.get('call_id'), query.get('resume')];
      if (token !== null) this.resume(upgrade, grant, { token, lastEventId: query.get('last_event_id') });
      else if (callId === null) this.open(upgrade, grant);
      else this.join(upgrade, grant, callId);
    } catch (error) {
      this.refused(socket, error);
    }
  }

  /** A session of its own, which ends with its connection. */
  private open(upgrade: Upgrade, grant: Grant): void {
    const trace = traceHeadersOf(upgrade.request.headers);
    const { call, guard } = this.calls.register({ grant, session: {}, audio: 'events', trace });
    const { id } = call;
    this.calls.within(id, () => {
      try {
        // It has its place since it was registered: this says that its client is there.
        this.calls.place(id);
        const socket = this.shakeHands(upgrade);
        if (socket === null) return guard.watch('ws.aborted', this.calls.end(id, 'aborted'));
        const client = socketClientOf(call, { returns: true });
        this.carried.set(call, { client, socket: this.carry(call, client, socket) });
        guard.watch('ws.begin', this.begin(id));
      } catch (error) {
        guard.watch('ws.refused', this.calls.end(id, 'refused'));
        throw error;
      }
    });
  }

  /** The connection that a session came by; without it the session ends, or waits for its client. */
  private carry(call: Call, client: TextClient, socket: WebSocket, back?: ComingBack): WebSocketClient {
    const { guard } = call.environment;
    return new WebSocketClient(socket, client, {
      guard,
      tape: socketTapeOf(call),
      ...(back && { back, onHeard: () => this.calls.resumption.confirm(call) }),
      onGone: (reason, lost) => {
        client.carrier = {};
        if (lost && this.calls.resumption.lost(call.id, reason)) return client.lost();
        client.leave();
        guard.watch('ws.gone', this.calls.end(call.id, reason));
      },
    });
  }

  /** Its client has lost the connection, whether or not that is known here yet, and comes by another. Of two, the first has it. */
  private resume(
    upgrade: Upgrade,
    grant: Grant,
    { token, lastEventId }: ComingBack & { token: string },
  ): void {
    const call = this.calls.resumption.find(token, grant, true);
    const carried = this.carried.get(call);
    if (!carried) throw new VisavisError('session_closed', 'The call is closed.');
    this.calls.within(call.id, () => {
      const socket = this.shakeHands(upgrade);
      if (socket === null) return;
      this.calls.resumption.spend(token, call);
      carried.socket.supersede();
      carried.socket = this.carry(call, carried.client, socket, { lastEventId });
    });
  }

  private async begin(id: string): Promise<void> {
    const { logger } = this.environment;
    try {
      await this.calls.begin(id);
      logger.info({ call: id, tracks: [] }, 'call opened');
    } catch (error) {
      if (!this.calls.has(id)) return;
      if (!(error instanceof VisavisError)) throw error;
      logger.warn({ call: id, code: error.code }, 'a client that connected cannot be served');
      await this.calls.end(id, error);
    }
  }

  /** A place beside others in a call, which goes on when this connection ends. */
  private join(upgrade: Upgrade, grant: Grant, callId: string): void {
    const call = this.calls.find(callId, grant);
    const { guard } = call.environment;
    this.calls.within(callId, () => {
      const socket = this.shakeHands(upgrade);
      if (socket === null) return;
      const client = socketClientOf(call);
      new WebSocketClient(socket, client, { guard, tape: socketTapeOf(call), onGone: () => client.leave() });
    });
  }

  /** @returns null: the request was no good, and has been answered */
  private shakeHands({ request, socket, head }: Upgrade): WebSocket | null {
    let opened: WebSocket | null = null;
    this.server.handleUpgrade(request, socket, head, (ws) => void (opened = ws));
    return opened;
  }

  private refused(socket: Duplex, error: unknown): void {
    const known =
      error instanceof VisavisError ? error : new VisavisError('internal_error', 'Internal error.');
    const { metrics, logger } = this.environment;
    metrics.error(known.code);
    metrics.refused(known.code);
    if (known !== error) logger.error({ err: error }, 'a request failed');
    refuse(socket, known);
  }
}
