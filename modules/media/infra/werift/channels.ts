import type { RTCDataChannel, RTCDtlsTransport, RTCPeerConnection } from 'werift';

import type { SendResult } from '../../core/ports.js';
import { isSoundSctp } from '../../core/sctp-packet.js';

export interface ChannelHandlers {
  /** Runs what werift calls; what that throws ends the call, and nothing else. */
  readonly guard: (work: () => void) => void;
  onChannel(label: string): void;
  onMessage(label: string, data: string | Uint8Array): void;
  onOversized(): void;
  onMalformed(): void;
  /** A message was taken and did not leave: the connection is closing under it. */
  onUnsent(): void;
  /** The association, or its last channel, was closed. */
  onClosed(): void;
}

/** What werift's SCTP classes have and do not declare. */
interface SctpInternals {
  handleData(packet: Buffer): Promise<void>;
  /** What the client may still send before something of it is delivered (bytes). */
  readonly advertisedRwnd: number;
  /** TSNs beyond one that has not come. */
  readonly sackMisOrdered: { readonly size: number };
  /** Chunks that have yet to be sent, and those that the client has not acknowledged. */
  readonly outboundQueue: { readonly length: number };
  readonly sentQueue: { readonly length: number };
}
interface SctpTransportInternals {
  dataChannelFlush(): Promise<void>;
  datachannelReceive(stream: number, protocol: number, data: Buffer): Promise<void>;
}

/** A window is overrun by the packets that were on their way, and by no more (bytes). */
const OVERRUN_BYTES = 64 * 1024;
/** TSNs that may be ahead of a lost one: a full window in packets of 256 bytes. werift sorts them for every packet. */
const MOST_AHEAD = 4096;
/** Channels of one client; we need one. */
const MOST_CHANNELS = 256;

/** The data channels that a client opens. */
export class Channels {
  readonly #open = new Map<string, RTCDataChannel>();
  readonly #connection: RTCPeerConnection;
  readonly #handlers: ChannelHandlers;
  readonly #maxMessageBytes: number;
  /** Channels that were opened so far. */
  #adopted = 0;

  constructor(connection: RTCPeerConnection, handlers: ChannelHandlers, maxMessageBytes: number) {
    this.#connection = connection;
    this.#handlers = handlers;
    this.#maxMessageBytes = maxMessageBytes;
    const { guard } = handlers;
    connection.onDataChannel.subscribe((channel) => guard(() => this.#adopt(channel)));
  }

  /** Call it when the offer is applied: the association exists then, and has not begun. */
  guard(transport: RTCDtlsTransport): void {
    const sctp = this.#connection.sctpTransport;
    if (!sctp) return;
    const association = sctp.sctp;
    // werift parses SCTP and messages, and sends, in promises that nobody awaits: a malformed packet, or a socket that
    // closes under a message, would be an unhandled rejection, which ends the process. These three take their place.
    const internals = association as unknown as SctpInternals;
    const transportInternals = sctp as unknown as SctpTransportInternals;
    transport.dataReceiver = (packet) => {
      if (!isSoundSctp(packet)) return this.#handlers.onMalformed();
      internals.handleData(packet).then(
        () => this.#bound(internals),
        () => this.#handlers.onMalformed(),
      );
    };
    const flush = transportInternals.dataChannelFlush.bind(sctp);
    transportInternals.dataChannelFlush = () => flush().catch(() => this.#handlers.onUnsent());
    association.onReceive.allUnsubscribe();
    const { guard } = this.#handlers;
    association.onReceive.subscribe((stream, protocol, data) =>
      guard(() => {
        transportInternals
          .datachannelReceive(stream, protocol, data)
          .catch(() => this.#handlers.onMalformed());
      }),
    );
    association.stateChanged.closed.subscribe(() => guard(() => this.#handlers.onClosed()));
  }

  /** werift holds whatever comes, for as long as the call lasts: a client that sends beyond its window has ended its call. */
  #bound({ advertisedRwnd, sackMisOrdered }: SctpInternals): void {
    if (
      advertisedRwnd >= -OVERRUN_BYTES &&
      sackMisOrdered.size <= MOST_AHEAD &&
      this.#adopted <= MOST_CHANNELS
    )
      return;
    this.#handlers.guard(() => this.#handlers.onClosed());
  }

  send(label: string, text: string): SendResult {
    const channel = this.#open.get(label);
    if (channel?.readyState !== 'open') return 'not_open';
    if (Buffer.byteLength(text) > this.largestBytes) return 'too_large';
    channel.send(text);
    return 'sent';
  }

  bufferedAmount(label: string): number {
    return this.#open.get(label)?.bufferedAmount ?? 0;
  }

  /** The client has acknowledged all that was sent. */
  get delivered(): boolean {
    const association = this.#connection.sctpTransport?.sctp as unknown as SctpInternals | undefined;
    if (!association) return true;
    const { outboundQueue, sentQueue } = association;
    const isWaiting = [...this.#open.values()].some(({ bufferedAmount }) => bufferedAmount > 0);
    return !isWaiting && outboundQueue.length === 0 && sentQueue.length === 0;
  }

  /** What the client takes (0 is its word for any size), and no more than we take ourselves. */
  get largestBytes(): number {
    return Math.min(this.#maxMessageBytes, this.#connection.sctpTransport?.remoteMaxMessageSize || Infinity);
  }

  #adopt(channel: RTCDataChannel): void {
    const { label } = channel;
    this.#adopted += 1;
    const { guard } = this.#handlers;
    channel.onMessage.subscribe((data) =>
      guard(() => {
        const bytes = typeof data === 'string' ? Buffer.byteLength(data) : data.length;
        if (bytes > this.#maxMessageBytes) this.#handlers.onOversized();
        else this.#handlers.onMessage(label, data);
      }),
    );
    channel.stateChanged.subscribe((state) => guard(() => this.#onState(channel, state)));
  }

  #onState(channel: RTCDataChannel, state: RTCDataChannel['readyState']): void {
    const { label } = channel;
    if (state === 'open') {
      this.#open.set(label, channel);
      this.#handlers.onChannel(label);
    } else if (state === 'closed' && this.#open.get(label) === channel) {
      this.#open.delete(label);
      if (this.#open.size === 0) this.#handlers.onClosed();
    }
  }
}
