import { beginsKeyFrame } from './core/key-frame.js';
import { Splice } from './core/splice.js';
import type { MediaPacket, RoomTrack } from './rooms/room.js';

/** Where packets go. Never throws. */
export interface Outlet {
  audio(packet: MediaPacket): void;
  video(packet: MediaPacket): void;
}

/** What one session is given. */
interface Line {
  readonly id: string;
  readonly outlet: Outlet;
  readonly sound: Splice;
  readonly pictures: Splice;
  audio: string | null;
  video: string | null;
  /** Pictures of a source begin with one that needs no other. */
  awaitsKeyFrame: boolean;
}

/** A screen that many look at is not asked for a key frame by each of them (ms). */
const KEY_FRAME_EVERY_MS = 400;

/** Leads the packets of a room's tracks to sessions: of one track to several, and of several, one after the other, to one. */
export class Switchboard {
  readonly #tracks = new Map<string, { readonly track: RoomTrack; askedAtMs: number }>();
  readonly #lines = new Map<string, Line>();
  readonly #now: () => number;

  /** @param now of a clock that does not go back (ms) */
  constructor(now: () => number) {
    this.#now = now;
  }

  addTrack(track: RoomTrack): void {
    this.#tracks.set(track.id, { track, askedAtMs: -Infinity });
  }

  removeTrack(id: string): void {
    this.#tracks.get(id)?.track.listen(null);
    this.#tracks.delete(id);
    for (const line of this.#lines.values()) {
      if (line.audio === id) line.audio = null;
      if (line.video === id) line.video = null;
    }
  }

  addLine(id: string, outlet: Outlet): void {
    const sound = new Splice(48_000);
    const pictures = new Splice(90_000);
    this.#lines.set(id, { id, outlet, sound, pictures, audio: null, video: null, awaitsKeyFrame: false });
  }

  removeLine(id: string): void {
    this.route(id, null, null);
    this.#lines.delete(id);
  }

  route(id: string, audio: string | null, video: string | null): void {
    const line = this.#lines.get(id);
    if (!line) return;
    const before = [line.audio, line.video];
    if (video !== line.video) line.awaitsKeyFrame = true;
    line.audio = audio;
    line.video = video;
    for (const trackId of new Set([...before, audio, video])) if (trackId !== null) this.#listen(trackId);
    this.wantKeyFrame(id);
  }

  /** A session wants a picture that needs no other. */
  wantKeyFrame(id: string): void {
    const source = this.#tracks.get(this.#lines.get(id)?.video ?? '');
    const nowMs = this.#now();
    if (!source || nowMs - source.askedAtMs < KEY_FRAME_EVERY_MS) return;
    source.askedAtMs = nowMs;
    source.track.requestKeyFrame();
  }

  #listen(trackId: string): void {
    const track = this.#tracks.get(trackId)?.track;
    if (!track) return;
    const lines = [...this.#lines.values()].filter(
      ({ audio, video }) => audio === trackId || video === trackId,
    );
    const { codec } = track;
    if (lines.length === 0) track.listen(null);
    else if (codec === 'opus') track.listen((packet) => this.#sound(trackId, lines, packet));
    else
      track.listen((packet) =>
        this.#picture(trackId, lines, { packet, key: beginsKeyFrame(codec, packet.payload) }),
      );
  }

  #sound(trackId: string, lines: readonly Line[], packet: MediaPacket): void {
    for (const { outlet, sound } of lines) outlet.audio(sound.push(trackId, packet, this.#now()));
  }

  #picture(
    trackId: string,
    lines: readonly Line[],
    { packet, key }: { packet: MediaPacket; key: boolean },
  ): void {
    for (const line of lines) {
      if (line.awaitsKeyFrame && !key) {
        // Again and again: a request, or the picture, may be lost.
        this.wantKeyFrame(line.id);
        continue;
      }
      line.awaitsKeyFrame = false;
      line.outlet.video(line.pictures.push(trackId, packet, this.#now()));
    }
  }
}
