import { EventEmitter, once } from 'node:events';
import type {
  Participant,
  RoomListener,
  RoomText,
  RoomTrack,
  TrackSource,
} from '../../tools/call-bot/rooms/room.js';

/** Notes what a room tells, and where that breaks the port's promises. */
export class Witness implements RoomListener {
  readonly texts: string[] = [];
  readonly closed: string[] = [];
  readonly breaches: string[] = [];
  /** Everything that was told. */
  count = 0;
  readonly #people = new Map<string, string>();
  readonly #tracks = new Map<string, RoomTrack>();
  readonly #told = new EventEmitter();

  get names(): string[] {
    return [...this.#people.values()];
  }

  get tracks(): RoomTrack[] {
    return [...this.#tracks.values()];
  }

  idOf(name: string): string {
    return [...this.#people].find(([, each]) => each === name)?.[0] ?? '';
  }

  /** Waits until something holds, looking whenever something is told. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await once(this.#told, 'told');
  }

  async track(name: string, source: TrackSource): Promise<RoomTrack> {
    const find = () =>
      this.tracks.find((track) => track.participantId === this.idOf(name) && track.source === source);
    await this.until(() => find() !== undefined);
    return find()!;
  }

  onJoined({ id, name }: Participant): void {
    this.#check(!this.#people.has(id), `${name} joined twice`);
    this.#people.set(id, name);
    this.#tell();
  }

  onLeft(id: string): void {
    this.#check(this.#people.delete(id), `${id} left and was not there`);
    const left = this.tracks.filter(({ participantId }) => participantId === id);
    this.#check(left.length === 0, `${id} left before their tracks ended`);
    this.#tell();
  }

  onTrack(track: RoomTrack): void {
    this.#check(this.#people.has(track.participantId), `a track of ${track.participantId}, who is not there`);
    this.#check(!this.#tracks.has(track.id), `track ${track.id} twice`);
    this.#tracks.set(track.id, track);
    this.#tell();
  }

  onTrackEnded(trackId: string): void {
    this.#check(this.#tracks.delete(trackId), `track ${trackId} ended and was not there`);
    this.#tell();
  }

  onText({ participantId, text }: RoomText): void {
    this.#check(this.#people.has(participantId), `a text of ${participantId}, who is not there`);
    this.texts.push(`${this.#people.get(participantId)}: ${text}`);
    this.#tell();
  }

  onClosed(reason: string): void {
    this.closed.push(reason);
    this.#tell();
  }

  #check(holds: boolean, breach: string): void {
    if (!holds) this.breaches.push(breach);
    if (this.closed.length > 0) this.breaches.push(`behind the end: ${breach}`);
  }

  #tell(): void {
    this.count += 1;
    this.#told.emit('told');
  }
}
