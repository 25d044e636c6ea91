import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Room, RoomListener, RoomTrack } from '../../tools/call-bot/rooms/room.js';
import type { FakeRoom } from '../../tools/call-bot/testing/fake-room.js';

/** The made-up server of docs/bot.md: a fake room behind a socket. */
export class LineServer {
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly room: FakeRoom,
  ) {}

  static async start(room: FakeRoom): Promise<LineServer> {
    const server = createServer();
    const line = new LineServer(server, room);
    server.on('connection', (socket) => line.#serve(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return line;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  interrupt(): void {
    this.room.interrupt();
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.server, 'close');
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    const send = (line: object) => {
      if (!socket.destroyed) socket.write(`${JSON.stringify(line)}\n`);
    };
    const tracks = new Map<string, RoomTrack>();
    const listener: RoomListener = {
      onJoined: (joined) => send({ joined }),
      onLeft: (left) => send({ left }),
      onTrack(track) {
        const { id, participantId, source, codec } = track;
        tracks.set(id, track);
        send({ track: { id, participantId, source, codec } });
        track.listen(({ sequenceNumber, timestamp, marker, payload }) => {
          send({ packet: [id, sequenceNumber, timestamp, marker, Buffer.from(payload).toString('base64')] });
        });
      },
      onTrackEnded: (ended) => send({ ended }),
      onText: (text) => send({ text }),
      onClosed: () => socket.destroy(),
    };
    let room: Room | null = null;
    createInterface({ input: socket }).on('line', (text) => {
      const line = JSON.parse(text) as { join?: string; say?: string; to?: string; keyFrame?: string };
      if (line.join !== undefined) {
        void this.room
          .adapter(line.join)
          .join(listener, new AbortController().signal)
          .then((joined) => {
            room = joined;
            send({ in: true });
          });
      }
      if (line.say !== undefined) void room?.say(line.say, line.to);
      if (line.keyFrame !== undefined) tracks.get(line.keyFrame)?.requestKeyFrame();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      for (const track of tracks.values()) track.listen(null);
      void room?.leave();
    });
  }
}
