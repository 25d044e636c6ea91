import { addressedTo, orderIn } from './addressing.js';
import type { GivenAnswer, LeaveReason, MannersCommand, MannersEvent, TrackFacts } from './events.js';
import { answerLine, captionLine, noticeLine, shownName } from './lines.js';
import type { MannersConfig } from './manners-config.js';
import { Speaker } from './speaker.js';
import { TokenBucket } from './token-bucket.js';

/** What is said this long after a push is what it was for (ms). */
const PUSH_MS = 30_000;
/** What nobody types by hand is no question. */
const LONGEST_QUESTION = 2000;
/** An answer that failed is asked for as often in all. */
const TRIES = 2;
/** Sessions that a room may open at once, and one a second on the long run: somebody who comes and goes a hundred times costs no more. */
const OPENINGS = 10;
/** Notices to newcomers at once, and a second: in a room where people come and go all the time not each is told. */
const NOTICES = 10;
const NOTICES_PER_S = 0.2;
/** Somebody who sends and asks nothing any more gives the place to others (ms); who only switches devices keeps what was said. */
const IDLE_MS = 5 * 60_000;

/**
 * How the bot behaves in one room: whom it hears, what it answers, what it says, when it goes. Pure: time is an argument, and what is to be
 * done comes back as commands.
 */
export class Manners {
  readonly #speakers = new Map<string, Speaker>();
  readonly #openings = new TokenBucket(OPENINGS, 1);
  readonly #notices = new TokenBucket(NOTICES, NOTICES_PER_S);
  #out: MannersCommand[] = [];
  #joinedAtMs: number | null = null;
  #aloneSinceMs: number | null = null;
  #inRoom = false;
  #toldDeaf = false;
  #asked = 0;
  #left = false;

  constructor(private readonly config: MannersConfig) {}

  /** @param atMs of a clock that does not go back */
  handle(event: MannersEvent, atMs: number): MannersCommand[] {
    if (this.#left) return [];
    this.#out = [];
    this.#take(event, atMs);
    if (!this.#left && this.#inRoom) this.#openWhoMay(atMs);
    return this.#out;
  }

  /** Sessions that are open or being opened. */
  get sessions(): number {
    return [...this.#speakers.values()].filter(({ session }) => session !== 'none').length;
  }

  /** Something that was asked has not been answered. */
  get busy(): boolean {
    return [...this.#speakers.values()].some(({ turns }) =>
      [...turns.values()].some(({ tried }) => tried > 0),
    );
  }

  #take(event: MannersEvent, atMs: number): void {
    switch (event.type) {
      case 'room_joined':
        return this.#roomJoined(atMs);
      case 'room_lost':
        return this.#roomLost();
      case 'participant_joined':
        return this.#joined(event.id, event.name, atMs);
      case 'participant_left':
        return this.#participantLeft(event.id, atMs);
      case 'track':
        return this.#track(event.track);
      case 'track_ended':
        return this.#trackEnded(event.trackId);
      case 'text':
        return this.#text(event.id, event.text, atMs);
      case 'tick':
        return this.#tick(atMs);
      case 'stop':
        return this.#leave('stopped');
      case 'session_open':
      case 'session_over':
      case 'utterance':
      case 'transcript':
      case 'answer': {
        const speaker = this.#speakers.get(event.id);
        return speaker && this.#ofSession(speaker, event, atMs);
      }
    }
  }

  #ofSession(speaker: Speaker, event: MannersEvent, atMs: number): void {
    switch (event.type) {
      case 'session_open':
        return this.#sessionOpen(speaker, event.transcribes);
      case 'session_over':
        speaker.reset();
        if (event.retry) speaker.failed(atMs);
        else speaker.failed(Infinity);
        return;
      case 'utterance':
        return this.#utterance(speaker, event.item, atMs);
      case 'transcript':
        return this.#transcript(speaker, event.item, event.text);
      case 'answer':
        return this.#answer(speaker, event.answer);
      default:
        return;
    }
  }

  #roomJoined(atMs: number): void {
    this.#inRoom = true;
    this.#joinedAtMs ??= atMs;
    if (this.#speakers.size === 0) this.#aloneSinceMs = atMs;
    this.#notice(null, atMs);
  }

  #roomLost(): void {
    this.#inRoom = false;
    for (const speaker of this.#speakers.values()) this.#close(speaker);
    this.#speakers.clear();
    this.#aloneSinceMs = null;
  }

  #joined(id: string, name: string, atMs: number): void {
    this.#speakers.set(id, new Speaker(id, shownName(name)));
    this.#aloneSinceMs = null;
    if (this.#inRoom) this.#notice(id, atMs);
  }

  #participantLeft(id: string, atMs: number): void {
    const speaker = this.#speakers.get(id);
    if (!speaker) return;
    for (const trackId of speaker.tracks.keys()) this.#trackEnded(trackId);
    this.#close(speaker);
    this.#speakers.delete(id);
    if (this.#speakers.size === 0) this.#aloneSinceMs = atMs;
  }

  #track(track: TrackFacts): void {
    this.#speakers.get(track.participantId)?.tracks.set(track.id, track);
    this.#routeAll();
  }

  #trackEnded(trackId: string): void {
    const speaker = [...this.#speakers.values()].find(({ tracks }) => tracks.has(trackId));
    const track = speaker?.tracks.get(trackId);
    if (!speaker || !track) return;
    speaker.tracks.delete(trackId);
    // Their own camera has gone off, whether or not a screen stands before it: what it showed is forgotten.
    if (track.source === 'camera' && !speaker.track('camera')) this.#camera(speaker, false);
    this.#routeAll();
  }

  #routeAll(): void {
    const screen = this.#screen();
    for (const speaker of this.#speakers.values()) this.#route(speaker, screen);
  }

  /** A screen that is shared is for all, and stands before every camera. */
  #screen(): TrackFacts | null {
    const screens = [...this.#speakers.values()].flatMap((speaker) => speaker.track('screen') ?? []);
    return screens.at(-1) ?? null;
  }

  #route(speaker: Speaker, screen: TrackFacts | null): void {
    if (speaker.session !== 'open') return;
    const audio = speaker.track('microphone')?.id ?? null;
    const seen = [screen, speaker.track('camera')].find((track) => track?.codec === speaker.videoCodec);
    const video = seen?.id ?? null;
    const before = speaker.routed;
    if (audio !== before.audio || video !== before.video) {
      speaker.routed = { audio, video };
      this.#out.push({ type: 'route', id: speaker.id, audio, video });
    }
    if (video !== null) this.#camera(speaker, true);
  }

  #camera(speaker: Speaker, on: boolean): void {
    if (speaker.session !== 'open' || speaker.cameraOn === on) return;
    speaker.cameraOn = on;
    this.#out.push({ type: 'camera', id: speaker.id, on });
  }

  #text(id: string, text: string, atMs: number): void {
    const speaker = this.#speakers.get(id);
    if (!speaker || text.length > LONGEST_QUESTION) return;
    const addressed = addressedTo(text, this.config.names);
    if (!addressed || !speaker.texts.take(atMs)) return;
    const { rest } = addressed;
    const order = orderIn(rest);
    if (order === 'leave') return this.#leave('told_to');
    if (order === 'forget') return this.#forgetAll(speaker);
    if (rest === '') {
      speaker.pushedUntilMs = atMs + PUSH_MS;
      return;
    }
    if (speaker.session === 'open') this.#ask(speaker, rest);
    else speaker.wait(rest);
  }

  #ask(speaker: Speaker, text: string): void {
    const turn = `asked-${++this.#asked}`;
    speaker.note(turn, { question: text, item: null, tried: 1 });
    this.#out.push({ type: 'ask', id: speaker.id, text, turn });
  }

  /** A new session knows nothing. */
  #forgetAll(speaker: Speaker): void {
    this.#close(speaker);
    this.#say(`@${speaker.name} I have forgotten what you said and showed.`, speaker.id);
  }

  #sessionOpen(speaker: Speaker, transcribes: boolean): void {
    speaker.session = 'open';
    speaker.transcribes = transcribes;
    speaker.opened();
    this.#route(speaker, this.#screen());
    for (const text of speaker.takeWaiting()) this.#ask(speaker, text);
    if (!transcribes && this.config.addressing === 'name' && !this.#toldDeaf) {
      this.#toldDeaf = true;
      const [name = ''] = this.config.names;
      this.#say(
        `I cannot make out my name here: write “${name}” and then speak, or write your question.`,
        null,
      );
    }
  }

  #utterance(speaker: Speaker, item: string, atMs: number): void {
    if (this.config.addressing === 'always') return; // its session answers by itself
    const pushed = atMs <= speaker.pushedUntilMs;
    speaker.pushedUntilMs = -Infinity;
    if (pushed) return this.#respond(speaker, item, null);
    if (this.config.addressing === 'name' && speaker.transcribes) {
      speaker.note(item, { question: null, item, tried: 0 });
      return; // until it is written down
    }
    this.#overheard(speaker, item);
  }

  #transcript(speaker: Speaker, item: string, text: string | null): void {
    if (text !== null && text.trim() !== '' && this.config.captions)
      this.#say(captionLine(speaker.name, text), null);
    const turn = speaker.turns.get(item);
    if (!turn || turn.tried > 0) {
      if (turn) turn.question ??= text;
      return;
    }
    speaker.turns.delete(item);
    const addressed = text === null ? null : addressedTo(text, this.config.names);
    if (!addressed) return this.#overheard(speaker, item);
    const order = orderIn(addressed.rest);
    if (order === 'leave') return this.#leave('told_to');
    if (order === 'forget') return this.#forgetAll(speaker);
    this.#respond(speaker, item, addressed.rest === '' ? null : addressed.rest);
  }

  #respond(speaker: Speaker, item: string, question: string | null): void {
    speaker.note(item, { question, item, tried: 1 });
    this.#out.push({ type: 'respond', id: speaker.id, turn: item });
  }

  #overheard(speaker: Speaker, item: string): void {
    if (!this.config.overhears) this.#out.push({ type: 'forget', id: speaker.id, item });
  }

  #answer(speaker: Speaker, { text, status, turn }: GivenAnswer): void {
    const asked = turn === null ? null : (speaker.turns.get(turn) ?? null);
    if (turn !== null) speaker.turns.delete(turn);
    // Who goes on speaking is answered when they have finished.
    if (status === 'cancelled') return;
    if (status === 'failed') {
      if (turn === null) return;
      if (asked && asked.tried < TRIES) {
        speaker.note(turn, { ...asked, tried: asked.tried + 1 });
        this.#out.push({ type: 'respond', id: speaker.id, turn });
        return;
      }
      return this.#say(`@${speaker.name} I could not answer that. Please ask again.`, null);
    }
    if (text.trim() === '') return;
    this.#say(answerLine(speaker.name, asked?.question ?? null, text), null);
    if (this.config.speaks) this.#out.push({ type: 'speak', text });
  }

  #tick(atMs: number): void {
    for (const speaker of this.#speakers.values()) {
      if (speaker.session === 'open' && speaker.idleMs(atMs) >= IDLE_MS) this.#close(speaker);
    }
    if (this.#aloneSinceMs !== null && atMs - this.#aloneSinceMs >= this.config.aloneMs)
      return this.#leave('alone');
    if (this.#joinedAtMs !== null && atMs - this.#joinedAtMs >= this.config.maxMinutes * 60_000) {
      this.#say('My time here is up. Goodbye.', null);
      this.#leave('time_is_up');
    }
  }

  #openWhoMay(atMs: number): void {
    for (const speaker of this.#speakers.values()) {
      if (!speaker.mayOpen(atMs)) continue;
      if (this.sessions >= this.config.maxSpeakers) {
        if (speaker.toldFull) continue;
        speaker.toldFull = true;
        const { maxSpeakers } = this.config;
        this.#say(
          `@${speaker.name} I am listening to ${maxSpeakers} people already, and do not hear you yet.`,
          speaker.id,
        );
        continue;
      }
      if (!this.#openings.take(atMs)) return; // the next tick tries again
      speaker.session = 'opening';
      speaker.videoCodec = codecOf(this.#screen() ?? speaker.track('camera'));
      this.#out.push({ type: 'open', id: speaker.id, videoCodec: speaker.videoCodec });
    }
  }

  #notice(to: string | null, atMs: number): void {
    if (this.#notices.take(atMs)) this.#say(noticeLine(this.config), to);
  }

  #close(speaker: Speaker): void {
    if (speaker.session !== 'none') this.#out.push({ type: 'close', id: speaker.id });
    speaker.reset();
  }

  #say(text: string, to: string | null): void {
    this.#out.push({ type: 'say', text, to });
  }

  #leave(reason: LeaveReason): void {
    for (const speaker of this.#speakers.values()) this.#close(speaker);
    this.#out.push({ type: 'leave', reason });
    this.#left = true;
  }
}

function codecOf(track: TrackFacts | null): 'vp8' | 'h264' {
  return track?.codec === 'h264' ? 'h264' : 'vp8';
}
