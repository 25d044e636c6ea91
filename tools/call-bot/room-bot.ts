import { setTimeout as sleep } from 'node:timers/promises';
import type { LeaveReason, MannersCommand, MannersEvent } from './core/events.js';
import { Manners } from './core/manners.js';
import type { MannersConfig } from './core/manners-config.js';
import type { GatewayDoor, SpeakerSession } from './gateway.js';
import type { BotMetrics } from './metrics.js';
import { RoomError, type BotState, type Room, type RoomAdapter, type RoomListener } from './rooms/room.js';
import { Switchboard } from './switchboard.js';
import type { Synthesiser } from './voice/synthesiser.js';
import { Voice } from './voice/voice.js';

const TICK_MS = 1000;
/** Between two tries to join (ms). */
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;
/** A room that cannot be joined for so long is given up (ms). */
const GIVE_UP_MS = 10 * 60_000;
/** What another try does not change. */
const FOR_GOOD = new Set(['invalid_api_key', 'expired_api_key', 'origin_not_allowed', 'missing_api_key']);

/** Where a step of a life is told, a line each: no names, and nothing of what is said. */
export interface BotLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

export interface RoomBotParts {
  readonly adapter: RoomAdapter;
  readonly door: GatewayDoor;
  readonly config: MannersConfig;
  readonly metrics: BotMetrics;
  readonly log: BotLog;
  /** Null: answers are not read aloud. Default. */
  readonly synthesiser?: Synthesiser | null;
  /** How much faster than a clock time goes: for tests. Default 1. */
  readonly haste?: number;
}

export type BotEnd = LeaveReason | 'room_gone';

/** A session that is open or being opened. */
interface Line {
  session: SpeakerSession | null;
  closed: boolean;
}

/** The bot in one room, from joining to leaving: performs what its manners say. */
export class RoomBot {
  readonly #parts: RoomBotParts;
  readonly #manners: Manners;
  readonly #switchboard: Switchboard;
  readonly #voice: Voice;
  readonly #haste: number;
  readonly #lines = new Map<string, Line>();
  readonly #closing = new Set<Promise<void>>();
  readonly #ended = Promise.withResolvers<BotEnd>();
  readonly #stop = new AbortController();
  #room: Room | null = null;
  #shown: BotState | null = null;
  /** Of the room that it is in: what an earlier one still tells is of no interest. */
  #visit = 0;
  #people = 0;

  constructor(parts: RoomBotParts) {
    this.#parts = parts;
    this.#haste = parts.haste ?? 1;
    this.#switchboard = new Switchboard(() => this.#now());
    this.#manners = new Manners(parts.config);
    this.#voice = new Voice({
      synthesiser: parts.synthesiser ?? null,
      onChange: () => this.#show(),
      onFailed: (error) => {
        parts.metrics.failed('speak');
        parts.log.warn({ room: parts.adapter.address, error: String(error) }, 'not said aloud');
      },
    });
  }

  /**
   * Joins, and stays until its manners or `stop` say otherwise; joins again where the room is lost.
   * @returns why it left
   * @throws RoomError where the room will not have it in the first place
   */
  async run(): Promise<BotEnd> {
    const ticks = setInterval(() => this.#handle({ type: 'tick' }), TICK_MS / this.#haste);
    try {
      await this.#enter(true);
      return await this.#ended.promise;
    } finally {
      clearInterval(ticks);
      this.#stop.abort();
      this.#outOfRoom();
      await this.#room?.leave();
      await Promise.all(this.#closing);
    }
  }

  /** Something that was asked has not been answered. */
  get busy(): boolean {
    return this.#manners.busy;
  }

  /** Sessions that are open or being opened. */
  get sessions(): number {
    return this.#manners.sessions;
  }

  /** Leaves. */
  stop(): void {
    this.#handle({ type: 'stop' });
  }

  async #enter(first: boolean): Promise<void> {
    const { adapter, metrics, log } = this.#parts;
    const { signal } = this.#stop;
    const beganMs = this.#now();
    for (let waitMs = FIRST_RETRY_MS; !signal.aborted; waitMs = Math.min(LAST_RETRY_MS, waitMs * 2)) {
      const visit = ++this.#visit;
      try {
        this.#room = await adapter.join(this.#listener(visit), signal);
        if (visit !== this.#visit) return; // lost meanwhile: whoever was told joins again
        metrics.joins.inc();
        metrics.rooms.inc();
        log.info({ room: adapter.address, people: this.#people }, 'joined');
        this.#handle({ type: 'room_joined' });
        return await this.#voice.open(this.#room);
      } catch (error) {
        if (signal.aborted) return;
        metrics.failed('join');
        this.#outOfRoom();
        const code = error instanceof RoomError ? error.code : 'unknown';
        if (first && code === 'refused') throw error;
        log.warn({ room: adapter.address, code, error: String(error) }, 'not joined');
        if (this.#now() - beganMs > GIVE_UP_MS) return this.#ended.resolve('room_gone');
        await sleep(waitMs / this.#haste, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  #listener(visit: number): RoomListener {
    const { metrics } = this.#parts;
    const handle = (event: MannersEvent) => {
      if (visit === this.#visit) this.#handle(event);
    };
    return {
      onJoined: ({ id, name }) => {
        if (visit !== this.#visit) return;
        this.#people += 1;
        metrics.participants.inc();
        handle({ type: 'participant_joined', id, name });
      },
      onLeft: (id) => {
        if (visit !== this.#visit) return;
        this.#people -= 1;
        metrics.participants.dec();
        handle({ type: 'participant_left', id });
      },
      onTrack: (track) => {
        if (visit !== this.#visit) return;
        this.#switchboard.addTrack(track);
        const { id, participantId, source, codec } = track;
        handle({ type: 'track', track: { id, participantId, source, codec } });
      },
      onTrackEnded: (trackId) => {
        this.#switchboard.removeTrack(trackId);
        handle({ type: 'track_ended', trackId });
      },
      onText: ({ participantId, text }) => {
        metrics.texts.inc({ way: 'read' });
        handle({ type: 'text', id: participantId, text });
      },
      onClosed: (reason) => {
        if (visit === this.#visit) this.#lost(reason);
      },
    };
  }

  #lost(reason: string): void {
    const { adapter, log } = this.#parts;
    log.warn({ room: adapter.address, reason }, 'room lost');
    this.#visit += 1;
    this.#outOfRoom();
    this.#enter(false).catch((error: unknown) => {
      log.warn({ room: adapter.address, error: String(error) }, 'room given up');
      this.#ended.resolve('room_gone');
    });
  }

  /** All that belonged to the room is gone. */
  #outOfRoom(): void {
    const { metrics } = this.#parts;
    this.#handle({ type: 'room_lost' });
    for (const id of this.#lines.keys()) this.#close(id);
    this.#voice.close();
    this.#shown = null;
    if (this.#room) metrics.rooms.dec();
    void this.#room?.leave();
    this.#room = null;
    metrics.participants.dec(this.#people);
    this.#people = 0;
  }

  #handle(event: MannersEvent): void {
    for (const command of this.#manners.handle(event, this.#now())) this.#perform(command);
    this.#show();
  }

  #perform(command: MannersCommand): void {
    const { metrics } = this.#parts;
    switch (command.type) {
      case 'open':
        return void this.#open(command);
      case 'close':
        return this.#close(command.id);
      case 'route':
        return this.#switchboard.route(command.id, command.audio, command.video);
      case 'camera':
        return this.#session(command.id)?.camera(command.on);
      case 'respond':
        metrics.turns.inc({ how: 'said' });
        return this.#session(command.id)?.respond(command.turn);
      case 'ask':
        metrics.turns.inc({ how: 'written' });
        return this.#session(command.id)?.ask(command.text, command.turn);
      case 'forget':
        metrics.overheard.inc();
        return this.#session(command.id)?.forget(command.item);
      case 'say':
        return void this.#say(command.text, command.to);
      case 'speak':
        return this.#voice.say(command.text);
      case 'leave':
        this.#parts.log.info({ room: this.#parts.adapter.address, reason: command.reason }, 'left');
        this.#stop.abort(); // it may be about to join
        return this.#ended.resolve(command.reason);
    }
  }

  #show(): void {
    const state = this.#voice.speaking ? 'speaking' : this.#manners.busy ? 'thinking' : 'listening';
    if (state === this.#shown || !this.#room?.show) return;
    this.#shown = state;
    this.#room.show(state);
  }

  #session(id: string): SpeakerSession | null {
    return this.#lines.get(id)?.session ?? null;
  }

  async #open({ id, videoCodec }: Extract<MannersCommand, { type: 'open' }>): Promise<void> {
    const { door, metrics, log, adapter } = this.#parts;
    const line: Line = { session: null, closed: false };
    this.#lines.set(id, line);
    const handle = (event: MannersEvent) => {
      if (!line.closed) this.#handle(event);
    };
    const over = (code: string) => {
      if (line.closed) return;
      line.closed = true;
      metrics.failed(line.session ? 'session' : 'open');
      if (line.session) metrics.sessions.dec();
      log.warn({ room: adapter.address, code }, 'session lost');
      this.#switchboard.removeLine(id);
      this.#lines.delete(id);
      this.#handle({ type: 'session_over', id, retry: !FOR_GOOD.has(code) });
    };
    try {
      const session = await door.open(videoCodec, {
        onUtterance: (item) => handle({ type: 'utterance', id, item }),
        onTranscript: (item, text) => handle({ type: 'transcript', id, item, text }),
        onAnswer: (answer) => {
          metrics.answers.inc({ status: answer.status });
          handle({ type: 'answer', id, answer });
        },
        onPicture: () => metrics.pictures.inc(),
        onRedacted: () => metrics.redactions.inc(),
        onKeyFrameWanted: () => this.#switchboard.wantKeyFrame(id),
        // Whoever it is: people are not talked over.
        onSpeechStarted: () => this.#voice.hush(),
        onOver: over,
      });
      if (line.closed) return this.#finish(session);
      line.session = session;
      metrics.sessions.inc();
      const { packets } = metrics;
      this.#switchboard.addLine(id, {
        audio(packet) {
          packets.inc({ kind: 'audio' });
          session.audio(packet);
        },
        video(packet) {
          packets.inc({ kind: 'video' });
          session.video(packet);
        },
      });
      handle({ type: 'session_open', id, transcribes: session.transcribes });
    } catch (error) {
      over(error instanceof Error && 'code' in error ? String(error.code) : 'unknown');
    }
  }

  #close(id: string): void {
    const line = this.#lines.get(id);
    if (!line || line.closed) return;
    line.closed = true;
    this.#lines.delete(id);
    this.#switchboard.removeLine(id);
    if (!line.session) return;
    this.#parts.metrics.sessions.dec();
    this.#finish(line.session);
  }

  #finish(session: SpeakerSession): void {
    const closed = session.close().catch(() => undefined);
    this.#closing.add(closed);
    void closed.finally(() => this.#closing.delete(closed));
  }

  #now(): number {
    return performance.now() * this.#haste;
  }

  async #say(text: string, to: string | null): Promise<void> {
    const { metrics, log, adapter } = this.#parts;
    try {
      await this.#room?.say(text, to ?? undefined);
      metrics.texts.inc({ way: 'said' });
    } catch (error) {
      metrics.failed('say');
      log.warn({ room: adapter.address, error: String(error) }, 'not said');
    }
  }
}
