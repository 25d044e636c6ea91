import type { AudioClip, NodeConnectOptions, VideoClip } from '@vis-a-vis/client/node';
import { JanusServer } from '../../support/rooms/janus-server.js';
import { LiveKitServer } from '../../support/rooms/livekit-server.js';
import { janusRoom } from '../rooms/janus/janus-room.js';
import { livekitRoom } from '../rooms/livekit/livekit-room.js';
import { accessToken } from '../rooms/livekit/token.js';
import type { RoomAdapter } from '../rooms/room.js';
import { JanusPerson } from './janus-person.js';
import { LiveKitPerson } from './livekit-person.js';
import type { TextLog } from './text-log.js';

/** Somebody in a room whose camera and microphone are files. */
export interface Guest extends TextLog {
  /** Says something aloud; resolves when it has been said. */
  speak(clip: AudioClip): Promise<void>;
  /** @throws RoomError */
  say(text: string): Promise<void>;
  unpublish(): Promise<void>;
  leave(): Promise<void>;
}

export interface GuestOptions {
  readonly name: string;
  /** What the camera shows; without it there is a microphone alone. */
  readonly video?: VideoClip;
  /** Sees every packet before it is sent. */
  readonly impair?: NodeConnectOptions['impair'];
}

/** A video call server of loopback, with rooms numbered from 1. */
export interface RoomServer {
  readonly url: string;
  /** Where the bot sits, and how `--room` tells it. */
  adapter(room: number): RoomAdapter;
  address(room: number): Promise<string>;
  /** Somebody who publishes. */
  enter(room: number, options: GuestOptions): Promise<Guest>;
  /** Somebody who reads and writes alone. */
  read(room: number, name: string): Promise<Guest>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export type ServerKind = 'janus' | 'livekit';

const NAME = 'Vis';

/** @throws ToolError where it does not come up */
export function startServer(kind: ServerKind, rooms: number): Promise<RoomServer> {
  return kind === 'janus' ? janus(rooms) : livekit();
}

async function janus(rooms: number): Promise<RoomServer> {
  const server = await JanusServer.start(Array.from({ length: rooms }, (_, i) => i + 1));
  const { url } = server;
  return {
    url,
    adapter: (room) => janusRoom({ url, room, textRoom: room, pin: null, name: NAME }),
    address: (room) => Promise.resolve(`janus+${url}/${room}`),
    enter: (room, options) => JanusPerson.enter({ url, room, ...options }),
    read: (room, name) => JanusPerson.read({ url, room, name }),
    restart: () => server.restart(),
    stop: () => server.stop(),
  };
}

async function livekit(): Promise<RoomServer> {
  const server = await LiveKitServer.start();
  const { url } = server;
  const key = LiveKitServer.KEY;
  const called = (room: number) => `room-${room}`;
  return {
    url,
    adapter: (room) => livekitRoom({ url, room: called(room), access: key, name: NAME }),
    async address(room) {
      const who = { room: called(room), name: NAME, identity: `visavis-${room}`, agent: true };
      return `livekit+${url}/${called(room)}?token=${await accessToken(key, who)}`;
    },
    enter: (room, options) => LiveKitPerson.enter({ url, key, room: called(room), ...options }),
    read: (room, name) => LiveKitPerson.read({ url, key, room: called(room), name }),
    restart: () => server.restart(),
    stop: () => server.stop(),
  };
}
