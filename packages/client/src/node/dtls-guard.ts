import type { RTCDtlsTransport } from 'werift';

const HELLO_VERIFY_REQUEST = 3;

interface Handshake {
  readonly msg_type: number;
}

/** What werift's DTLS sockets have and do not declare. */
interface DtlsInternals {
  dtls: { flight: number };
  onHandleHandshakes(assembled: readonly Handshake[]): Promise<void>;
}

/**
 * Lets a werift client survive a repeated HelloVerifyRequest. It comes whenever an answer takes longer than half a second (a
 * long way, a busy machine): the client has then sent its hello twice. werift treats the second one as a fatal error.
 */
export function tolerateRepeatedHello(transport: RTCDtlsTransport): void {
  transport.onStateChange.subscribe((state) => {
    if (state !== 'connecting') return;
    // The socket is made right after this event, and sends its first packet 100 ms later.
    queueMicrotask(() => {
      const socket = transport.dtls as unknown as DtlsInternals | undefined;
      if (!socket) return;
      const handle = socket.onHandleHandshakes.bind(socket);
      socket.onHandleHandshakes = (assembled) => {
        const repeated = socket.dtls.flight >= HELLO_VERIFY_REQUEST;
        return handle(repeated ? assembled.filter((h) => h.msg_type !== HELLO_VERIFY_REQUEST) : assembled);
      };
    });
  });
}
