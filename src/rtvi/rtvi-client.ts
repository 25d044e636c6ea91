import { RTVI_VERSION, type RtviServerBody } from '@vis-a-vis/protocol';
import { TextClient, type Call, type Channel, type ChannelClient } from '../realtime/index.js';
import { fromRtvi, type Asked } from './core/from-rtvi.js';
import { inEnvelope, ToRtvi } from './core/to-rtvi.js';

/** Answers to a client that reads nothing are not piled up without end (bytes). */
const MAX_BUFFERED = 256 * 1024;
/** What the client is told of a bot that leaves; its own word for the transport. */
const PEER_LEFT = JSON.stringify({ type: 'signalling', message: { type: 'peerLeft' } });

export interface RtviClientHandlers {
  /** The client asks that the call ends. */
  onHangUp(): void;
  /** The call is over. */
  onEnd(): void;
}

/** A client of Pipecat in a call. Its peer connection, and with it the channel, may be replaced while the call goes on. */
export class RtviClient implements ChannelClient {
  readonly label = 'chat';
  readonly #rtvi = new ToRtvi(() => new Date());
  readonly #client: TextClient;
  #channel: Channel | null = null;

  /** @throws VisavisError `session_closed`, `capacity` */
  constructor(
    private readonly call: Call,
    private readonly handlers: RtviClientHandlers,
  ) {
    this.#client = new TextClient(call, {
      encode: (event, eventId) => {
        const id = (event.type === 'error' ? event.error.event_id : null) ?? eventId;
        return this.#rtvi.map(event).map((body) => JSON.stringify(inEnvelope(body, id)));
      },
      onText: (text, bytes) => this.#do(fromRtvi(text, this.#rtvi.responseId), bytes),
      carrier: {
        onEnd: () => {
          this.#channel?.send(PEER_LEFT);
          handlers.onEnd();
        },
      },
    });
  }

  onOpen(channel: Channel): void {
    this.#channel = channel;
    this.#client.open(channel);
  }

  onMessage(data: string | Uint8Array): void {
    this.#client.message(data);
  }

  onTooLarge(): void {
    this.#client.tooLarge();
  }

  #do(asked: Asked, bytes: number): void {
    switch (asked.k) {
      case 'nothing':
        return;
      case 'ready': {
        // A client of the first version takes another for a bot that it does not understand.
        const version = asked.version?.startsWith('1.') ? asked.version : RTVI_VERSION;
        const capture = this.call.tape?.notice;
        const about = {
          library: 'vis-a-vis',
          model: this.call.settings.model,
          ...(capture && { capture }),
        };
        return this.#answer({ type: 'bot-ready', data: { version, about } }, asked.id);
      }
      case 'perform': {
        for (const event of asked.events) this.#client.seat.take(event, bytes);
        if (asked.answer === null) return;
        const told = { t: asked.answer, d: { accepted: true } };
        return this.#answer({ type: 'server-response', data: told }, asked.id);
      }
      case 'hang_up':
        return this.handlers.onHangUp();
      case 'refused': {
        const { code, message, id: clientEventId } = asked;
        return this.#client.seat.refuse({ code, message, param: null, clientEventId });
      }
    }
  }

  /** Past the outbox: what is answered is the message itself, whatever waits to be told of the call. */
  #answer(body: RtviServerBody, id: string): void {
    const channel = this.#channel;
    if (channel && channel.bufferedAmount() < MAX_BUFFERED)
      channel.send(JSON.stringify(inEnvelope(body, id)));
    else this.call.onDrop('slow_client', 1);
  }
}
