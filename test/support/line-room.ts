import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import {
  RoomError,
  type MediaPacket,
  type Participant,
  type RoomAdapter,
  type RoomText,
  type RoomTrack,
} from '../../tools/call-bot/rooms/room.js';

type TrackFacts = Pick<RoomTrack, 'id' | 'participantId' | 'source' | 'codec'>;

/** A line of the made-up server: one of these. Packets are [track, sequence number, timestamp, marker, payload in base64]. */
interface Line {
  readonly refused?: string;
  readonly in?: true;
  readonly joined?: Participant;
  readonly left?: string;
  readonly track?: TrackFacts;
  readonly ended?: string;
  readonly text?: RoomText;
  readonly packet?: [string, number, number, boolean, string];
}

/** A room of a made-up server, which has a line of JSON for everything. */
export function lineRoom(port: number, name: string): RoomAdapter {
  return {
    address: `line ${port}`,
    async join(listener, signal) {
      if (signal.aborted) throw new RoomError('aborted', 'joining was given up');
      const socket = connect(port, '127.0.0.1');
      const send = (line: object) => void socket.write(`${JSON.stringify(line)}\n`);
      const sinks = new Map<string, (packet: MediaPacket) => void>();
      const entered = Promise.withResolvers<void>();
      let state: 'entering' | 'in' | 'over' = 'entering';

      const onTrack = ({ id, participantId, source, codec }: TrackFacts) => {
        listener.onTrack({
          id,
          participantId,
          source,
          codec,
          listen: (sink) => void (sink ? sinks.set(id, sink) : sinks.delete(id)),
          requestKeyFrame: () => state === 'in' && send({ keyFrame: id }),
        });
      };
      const onLine = (line: Line) => {
        if (state === 'over') return;
        if (line.in) {
          state = 'in';
          entered.resolve();
        }
        if (line.refused) entered.reject(new RoomError('refused', line.refused));
        if (line.joined) listener.onJoined(line.joined);
        if (line.left) listener.onLeft(line.left);
        if (line.track) onTrack(line.track);
        if (line.ended) listener.onTrackEnded(line.ended);
        if (line.text) listener.onText(line.text);
        if (line.packet) {
          const [id, sequenceNumber, timestamp, marker, payload] = line.packet;
          sinks.get(id)?.({ sequenceNumber, timestamp, marker, payload: Buffer.from(payload, 'base64') });
        }
      };
      const failed = ({ message }: Error) => entered.reject(new RoomError('unreachable', message));
      socket.on('error', failed);
      createInterface({ input: socket })
        .on('line', (text) => onLine(JSON.parse(text) as Line))
        .on('error', failed);
      socket.on('close', () => {
        entered.reject(new RoomError('unreachable', 'the server closed the connection'));
        if (state === 'in') listener.onClosed('the server closed the connection');
        state = 'over';
      });
      send({ join: name });
      await entered.promise;

      return {
        async say(text, to) {
          if (state === 'over') throw new RoomError('closed', 'the room was left');
          send({ say: text, to });
        },
        async leave() {
          if (state === 'over') return;
          state = 'over';
          socket.end();
          await once(socket, 'close');
        },
      };
    },
  };
}
