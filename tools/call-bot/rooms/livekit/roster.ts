import type { Participant, RoomTrack, TrackSource } from '../room.js';
import type { Section } from './sections.js';

/** A track that somebody publishes, as the server tells it. */
export interface PublishedTrack {
  readonly sid: string;
  /** Null: neither camera, microphone nor screen. */
  readonly source: TrackSource | null;
  /** Nothing is sent: what LiveKit's clients do when a camera is switched off. */
  readonly muted: boolean;
}

export interface Person {
  readonly sid: string;
  readonly identity: string;
  readonly name: string;
  readonly gone: boolean;
  readonly tracks: readonly PublishedTrack[];
}

export type RosterChange =
  | { readonly type: 'joined'; readonly participant: Participant }
  | { readonly type: 'left'; readonly id: string }
  | {
      readonly type: 'track';
      readonly trackSid: string;
      readonly participantId: string;
      readonly source: TrackSource;
      readonly codec: RoomTrack['codec'];
    }
  | { readonly type: 'track_ended'; readonly trackSid: string };

/**
 * Who is in the room and what is received of them. The server tells on one hand who publishes what, and on the other what it sends us; a track is
 * there while both say so and it is not muted.
 */
export class Roster {
  readonly #people = new Map<string, Person>();
  readonly #sections = new Map<string, Section>();
  /** By track: whose it is. */
  readonly #told = new Map<string, string>();

  /** What has changed about people; who is not named stays as they were. */
  people(updates: readonly Person[]): RosterChange[] {
    const changes: RosterChange[] = [];
    for (const person of updates) {
      // Whoever comes back under an identity has left before.
      const before = this.#withIdentity(person.identity);
      if (before && before.sid !== person.sid) {
        if (person.gone) continue;
        changes.push(...this.#leaves(before));
      }
      if (person.gone) changes.push(...this.#leaves(person));
      else changes.push(...this.#is(person));
    }
    return [...changes, ...this.#tracks()];
  }

  /** All that the server sends now. */
  sections(sections: readonly Section[]): RosterChange[] {
    this.#sections.clear();
    for (const section of sections) this.#sections.set(section.trackSid, section);
    return this.#tracks();
  }

  /** @returns null: nobody here */
  idOf(identity: string): string | null {
    return this.#withIdentity(identity)?.sid ?? null;
  }

  /** @returns null: nobody here */
  identityOf(id: string): string | null {
    return this.#people.get(id)?.identity ?? null;
  }

  #is(person: Person): RosterChange[] {
    const known = this.#people.has(person.sid);
    this.#people.set(person.sid, person);
    if (known) return [];
    return [{ type: 'joined', participant: { id: person.sid, name: person.name || person.identity } }];
  }

  #leaves({ sid }: Person): RosterChange[] {
    if (!this.#people.delete(sid)) return [];
    return [...this.#tracks(), { type: 'left', id: sid }];
  }

  /** Those that have ended come first: a camera that is published anew takes the place of the one before. */
  #tracks(): RosterChange[] {
    const there = new Map<string, Extract<RosterChange, { type: 'track' }>>();
    for (const { sid: participantId, tracks } of this.#people.values()) {
      for (const { sid: trackSid, source, muted } of tracks) {
        const section = this.#sections.get(trackSid);
        if (!section || !source || muted) continue;
        if ((section.codec === 'opus') !== (source === 'microphone')) continue;
        there.set(trackSid, { type: 'track', trackSid, participantId, source, codec: section.codec });
      }
    }
    const ended = [...this.#told.keys()].filter((trackSid) => !there.has(trackSid));
    const begun = [...there.values()].filter(({ trackSid }) => !this.#told.has(trackSid));
    for (const trackSid of ended) this.#told.delete(trackSid);
    for (const { trackSid, participantId } of begun) this.#told.set(trackSid, participantId);
    return [...ended.map((trackSid) => ({ type: 'track_ended' as const, trackSid })), ...begun];
  }

  #withIdentity(identity: string): Person | null {
    return [...this.#people.values()].find((person) => person.identity === identity) ?? null;
  }
}
