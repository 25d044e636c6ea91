import { ToolError } from '../../support/cli.js';
import { janusRoom } from './janus/janus-room.js';
import { livekitRoom } from './livekit/livekit-room.js';
import type { LiveKitKey } from './livekit/token.js';
import { CHAT } from './livekit/text-streams.js';
import type { RoomAdapter } from './room.js';

export interface RoomNeeds {
  /** What the bot is called there. */
  readonly name: string;
  /** Of a LiveKit server; null: the address has a token. */
  readonly livekitKey?: LiveKitKey | null;
}

/** What rooms are written like, by what serves them. */
const KINDS: Readonly<Record<string, (address: URL, needs: RoomNeeds) => RoomAdapter>> = {
  janus: (address, { name }) => {
    const { url, room } = taken(address);
    const text = address.searchParams.get('text') ?? room;
    const pin = address.searchParams.get('pin');
    return janusRoom({ url, room: idOf(room), textRoom: idOf(text), pin, name });
  },
  livekit: (address, { name, livekitKey = null }) => {
    const { url, room } = taken(address);
    const token = address.searchParams.get('token');
    const access = token === null ? livekitKey : { token };
    if (!access) throw new ToolError('a LiveKit room needs --livekit-key-file, or ?token=… in its address');
    const topics = address.searchParams.getAll('topic');
    return livekitRoom({ url, room, access, name, topics: topics.length > 0 ? topics : [CHAT] });
  },
};

/**
 * The room of an address: `janus+ws://host:8188/1234`, with `?pin=…` where it has one and `?text=…` where the TextRoom has another number;
 * `livekit+ws://host:7880/standup`, with `?token=…` in place of a key and `?topic=…` for what texts are sent by.
 * @throws ToolError
 */
export function openRoom(text: string, needs: RoomNeeds): RoomAdapter {
  const [kind = '', rest] = text.split(/\+(.*)/s);
  const make = KINDS[kind];
  if (!make || !rest || !/^wss?:/.test(rest) || !URL.canParse(rest)) {
    throw new ToolError(
      `--room must be like janus+ws://host:8188/1234 or livekit+ws://host:7880/standup, not '${text}'`,
    );
  }
  return make(new URL(rest), needs);
}

/** The last part of the path is the room, the rest is where the server is. */
function taken(address: URL): { url: string; room: string } {
  const room = decodeURIComponent(address.pathname.split('/').at(-1) ?? '');
  if (room === '') throw new ToolError(`${address.origin}${address.pathname} names no room`);
  const url = new URL(address);
  url.search = '';
  url.pathname = url.pathname.slice(0, url.pathname.lastIndexOf('/') + 1);
  return { url: url.href, room };
}

/** Janus numbers its rooms, unless it is set to name them. */
function idOf(room: string): number | string {
  return /^\d+$/.test(room) ? Number(room) : room;
}
