import type { Participant } from '../room.js';
import type { JanusId } from './messages.js';

export type RosterChange =
  | { readonly type: 'joined'; readonly participant: Participant }
  | { readonly type: 'left'; readonly id: string };

interface Person {
  readonly id: string;
  readonly name: string;
  /** Their own; null: they are in the text room alone, or only their screen is here. */
  feed: JanusId | null;
  readonly screens: Set<JanusId>;
  /** In the text room; null: not there. */
  username: string | null;
}

/** "Anna (screen)", "Anna screen": what a second publisher is called that shows somebody's screen. */
const SCREEN = /^(.*?)[\s([-]*screen[)\]]?$/i;

/** @returns whose screen a publisher of that name shows, "" of nobody in particular; null: it shows none */
export function screenOf(display: string): string | null {
  return SCREEN.exec(display)?.[1]?.trim() ?? null;
}

/**
 * Who is in the room. Janus has publishers and attendees of the video room on one hand, and users of the text room on the other; they are the
 * same person where a user's name is a publisher's id, or is what the publisher is called.
 */
export class Roster {
  readonly #people: Person[] = [];
  #numbered = 0;

  /** A publisher or an attendee of the video room. */
  feedJoined(feed: JanusId, display: string): RosterChange[] {
    if (this.#withFeed(feed)) return [];
    const owner = screenOf(display);
    if (owner !== null) return this.#screenJoined(feed, owner || display);
    const known = this.#people.find(
      (person) =>
        person.feed === null &&
        (person.username === String(feed) ||
          (display !== '' && [person.name, person.username].includes(display))),
    );
    if (known) {
      known.feed = feed;
      return [];
    }
    return this.#add({ name: display || `guest ${feed}`, feed, screens: new Set(), username: null });
  }

  feedLeft(feed: JanusId): RosterChange[] {
    const person = this.#withFeed(feed);
    if (person?.feed === feed) person.feed = null;
    person?.screens.delete(feed);
    return this.#removeIfGone(person);
  }

  memberJoined(username: string, display: string): RosterChange[] {
    if (this.#withUsername(username)) return [];
    const known = this.#people.find(
      (person) =>
        person.username === null &&
        (String(person.feed) === username || person.name === display || person.name === username),
    );
    if (known) {
      known.username = username;
      return [];
    }
    return this.#add({ name: display || username, feed: null, screens: new Set(), username });
  }

  memberLeft(username: string): RosterChange[] {
    const person = this.#withUsername(username);
    if (person) person.username = null;
    return this.#removeIfGone(person);
  }

  /** @returns null: nobody's */
  ofFeed(feed: JanusId): string | null {
    return this.#withFeed(feed)?.id ?? null;
  }

  ofUsername(username: string): string | null {
    return this.#withUsername(username)?.id ?? null;
  }

  /** @returns null: they are not in the text room */
  usernameOf(id: string): string | null {
    return this.#people.find((person) => person.id === id)?.username ?? null;
  }

  #screenJoined(feed: JanusId, owner: string): RosterChange[] {
    const known = this.#people.find(({ name }) => name === owner);
    if (known) {
      known.screens.add(feed);
      return [];
    }
    return this.#add({ name: owner, feed: null, screens: new Set([feed]), username: null });
  }

  #add(facts: Omit<Person, 'id'>): RosterChange[] {
    const person = { ...facts, id: `p${++this.#numbered}` };
    this.#people.push(person);
    return [{ type: 'joined', participant: { id: person.id, name: person.name } }];
  }

  #removeIfGone(person: Person | null): RosterChange[] {
    if (!person || person.feed !== null || person.screens.size > 0 || person.username !== null) return [];
    this.#people.splice(this.#people.indexOf(person), 1);
    return [{ type: 'left', id: person.id }];
  }

  #withFeed(feed: JanusId): Person | null {
    return this.#people.find((person) => person.feed === feed || person.screens.has(feed)) ?? null;
  }

  #withUsername(username: string): Person | null {
    return this.#people.find((person) => person.username === username) ?? null;
  }
}
