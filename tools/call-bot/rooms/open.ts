import { ToolError } from '../../support/cli.js';
import { janusRoom } from './janus/janus-room.js';
import type { RoomAdapter } from './room.js';

/** What rooms are written like, by what serves them. */
const KINDS: Readonly<Record<string, (address: URL, name: string) => RoomAdapter>> = {
  janus: (address, name) => {
    const room = decodeURIComponent(address.pathname.split('/').at(-1) ?? '');
    if (room === '') throw new ToolError(`${address.href} names no room`);
    const text = address.searchParams.get('text') ?? room;
    const pin = address.searchParams.get('pin');
    const url = new URL(address);
    url.search = '';
    url.pathname = url.pathname.slice(0, url.pathname.lastIndexOf('/') + 1);
    return janusRoom({ url: url.href, room: idOf(room), textRoom: idOf(text), pin, name });
  },
};

/**
 * The room of an address: `janus+ws://host:8188/1234`, with `?pin=…` where it has one and `?text=…` where the TextRoom has another number.
 * @param name what the bot is called there
 * @throws ToolError
 */
export function openRoom(text: string, name: string): RoomAdapter {
  const [kind = '', rest] = text.split(/\+(.*)/s);
  const make = KINDS[kind];
  if (!make || !rest || !/^wss?:/.test(rest) || !URL.canParse(rest)) {
    throw new ToolError(`--room must be like janus+ws://host:8188/1234, not '${text}'`);
  }
  return make(new URL(rest), name);
}

/** Janus numbers its rooms, unless it is set to name them. */
function idOf(room: string): number | string {
  return /^\d+$/.test(room) ? Number(room) : room;
}
