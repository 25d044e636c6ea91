import { setTimeout as sleep } from 'node:timers/promises';
import { CallError, connectNode, type NodeCall, type VideoClip } from '@vis-a-vis/client/node';
import { throughRelay, type Links, type Relay } from '../network/relay.js';
import type { Life, PlannedTurn } from '../scenario/life.js';
import { postOffer, type Target } from './offer.js';
import type { CallRecord, TurnRecord } from './records.js';
import { TurnWatch, type WatchedEvent } from './turn-watch.js';
import type { Utterance, Voices } from './voices.js';

/** Longest wait for the first picture to be attended (ms). */
const FIRST_PICTURE_MS = 15_000;
/** What a server tells of an answer after its end comes within this (ms). */
const LAST_WORDS_MS = 200;

export interface CallerOptions {
  readonly target: Target;
  readonly voices: Voices;
  /** Null: no camera. */
  readonly scene: VideoClip | null;
  /** Null: straight to the server. */
  readonly links: Links | null;
  readonly answerWithinMs: number;
  /** Of the run, by `performance.now()`. */
  readonly startedAtMs: number;
  /** Is told each audio packet's RTP timestamp as it is sent. */
  readonly onAudio: (rtpTimestamp: number) => void;
  readonly onTurn: (turn: TurnRecord) => void;
}

/** Holds one call to its end. It never throws: what went wrong is in the record. */
export async function holdCall(life: Life, options: CallerOptions): Promise<CallRecord> {
  const sinceStart = () => performance.now() - options.startedAtMs;
  const atMs = sinceStart();
  const dialled = { answeredMs: null as number | null, relay: null as Relay | null };
  try {
    const call = await dial(life, options, (answered) => Object.assign(dialled, answered));
    const connectedMs = sinceStart() - atMs;
    const held = await new Conversation(call, life, options).hold();
    await call.close();
    const { answeredMs } = dialled;
    return {
      n: life.n,
      atMs,
      answeredMs,
      connectedMs,
      endedAtMs: sinceStart(),
      connectFailure: null,
      ...held,
    };
  } catch (error) {
    const connectFailure = codeOf(error);
    const { answeredMs } = dialled;
    const nothing = { connectedMs: null, failure: null, turns: [] };
    return { n: life.n, atMs, answeredMs, endedAtMs: sinceStart(), connectFailure, ...nothing };
  } finally {
    dialled.relay?.close();
  }
}

async function dial(
  life: Life,
  { target, voices, scene, links, onAudio }: CallerOptions,
  onAnswered: (answered: { answeredMs: number; relay: Relay | null }) => void,
): Promise<NodeCall> {
  const fromMs = performance.now();
  const quiet = voices.quiet(life.noise);
  return connectNode({
    url: target.url,
    ...(links && { iceHosts: ['127.0.0.1'] }),
    ...(scene && { video: scene }),
    ...(quiet && { quiet }),
    exchange: async (offer) => {
      const told = links ? withoutCandidates(offer) : offer;
      const answer = await postOffer(target, told, sessionOf(target, life.endpointDelayMs));
      const answeredMs = performance.now() - fromMs;
      if (!links) {
        onAnswered({ answeredMs, relay: null });
        return answer;
      }
      const { sdp, relay } = await throughRelay(answer, links);
      onAnswered({ answeredMs, relay });
      return sdp;
    },
    impair: (packet, kind) => {
      if (kind === 'audio') onAudio(packet.header.timestamp);
      return [packet];
    },
  });
}

/** A server that knew the caller's own address would find a way round the relay. */
function withoutCandidates(offer: string): string {
  return offer.replace(/^a=(?:candidate|end-of-candidates).*\r\n/gm, '');
}

function sessionOf({ kind, model }: Target, endpointDelayMs: number): object {
  return {
    ...(model !== null && { model }),
    ...(kind === 'visavis' && { visavis: { events: ['turn.timing', 'frame.attended'] } }),
    audio: { input: { turn_detection: { type: 'server_vad', silence_duration_ms: endpointDelayMs } } },
  };
}

/** An answer that a question is spoken into, and when it was cut off. */
interface SpokenInto {
  readonly id: string;
  stoppedAtMs: number | null;
  ended: boolean;
}

/** The questions of an open call, one after the other. */
class Conversation {
  readonly #call: NodeCall;
  readonly #life: Life;
  readonly #options: CallerOptions;
  readonly #turns: TurnRecord[] = [];
  readonly #pictured: Promise<void>;
  readonly #ended: Promise<void>;
  #failure: string | null = null;
  #over = false;
  #watch = new TurnWatch();
  #onEvent: (() => void) | null = null;
  /** An answer that the next question is to be spoken into. */
  #spokenInto: SpokenInto | null = null;
  /** The one that this question is spoken into. */
  #into: SpokenInto | null = null;

  constructor(call: NodeCall, life: Life, options: CallerOptions) {
    this.#call = call;
    this.#life = life;
    this.#options = options;
    call.on('event', (event) => this.#handle(event as WatchedEvent, performance.now()));
    call.on('error', ({ code }) => void (this.#failure ??= code));
    this.#pictured = new Promise((resolve) => call.on('frame', () => resolve()));
    this.#ended = new Promise((resolve) =>
      call.on('closed', () => {
        this.#over = true;
        this.#onEvent?.();
        resolve();
      }),
    );
  }

  async hold(): Promise<Pick<CallRecord, 'failure' | 'turns'>> {
    if (this.#options.scene && this.#options.target.kind === 'visavis') {
      await this.#firstPicture();
    }
    for (const turn of this.#life.turns) {
      // What interrupts does not wait.
      if (!this.#spokenInto) await Promise.race([sleep(turn.gapMs), this.#ended]);
      if (this.#over) break;
      await this.#ask(turn);
    }
    if (this.#over) this.#failure ??= 'call_ended';
    return { failure: this.#failure, turns: this.#turns };
  }

  /** Questions about it make sense from then on. */
  async #firstPicture(): Promise<void> {
    const waiting = new AbortController();
    const late = sleep(FIRST_PICTURE_MS, true, { signal: waiting.signal }).catch(() => false);
    const isLate = await Promise.race([this.#pictured, late, this.#ended]);
    waiting.abort();
    if (isLate === true) this.#failure ??= 'no_picture';
  }

  async #ask(turn: PlannedTurn): Promise<void> {
    const { voices, answerWithinMs, startedAtMs } = this.#options;
    const utterance = voices.utterance(turn.question, turn.pauseMs, this.#life.noise);
    const watch = (this.#watch = new TurnWatch(this.#watch.known));
    const into = this.#spokenInto;
    this.#spokenInto = null;
    this.#into = into;
    const spoken = await this.#call.speak(utterance.clip).catch(() => null);
    const nowMs = performance.now();
    const said = spoken
      ? saidOf(spoken.firstPacketAtMs, utterance)
      : { firstPacketAtMs: nowMs, trueEndAtMs: nowMs };
    watch.finishedSpeaking(said);
    const interrupted = await this.#answered(turn, said.trueEndAtMs + answerWithinMs);
    // An answer that is to be spoken into is not waited for any longer.
    if (!interrupted) await Promise.race([sleep(LAST_WORDS_MS), this.#ended]);
    const { text, ...heard } = watch.result;
    const ended = this.#over && heard.outcome !== 'answered';
    const outcome = interrupted ? 'interrupted' : ended ? 'call_ended' : heard.outcome;
    const record: TurnRecord = {
      ...heard,
      outcome,
      question: utterance.text,
      pauseMs: turn.pauseMs,
      noise: this.#life.noise?.kind ?? null,
      endpointDelayMs: this.#life.endpointDelayMs,
      atMs: said.trueEndAtMs - startedAtMs,
      right: outcome === 'answered' ? utterance.isRight(text) : null,
      bargeIn: bargeInOf(into, said.firstPacketAtMs),
    };
    this.#turns.push(record);
    this.#options.onTurn(record);
  }

  /** Resolves when the turn is over, too late, or to be interrupted. @returns whether it is to be interrupted */
  #answered(turn: PlannedTurn, untilMs: number): Promise<boolean> {
    const watch = this.#watch;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timers = [setTimeout(() => resolve(false), untilMs - performance.now())];
    let waits = false;
    const look = () => {
      if (watch.over || this.#over) return resolve(false);
      const { goingOn } = watch;
      if (turn.interruptedAfterMs === null || !goingOn || waits) return;
      waits = true;
      const interrupt = () => {
        const still = watch.goingOn;
        if (!still) return;
        this.#spokenInto = { id: still.id, stoppedAtMs: null, ended: false };
        resolve(true);
      };
      timers.push(setTimeout(interrupt, turn.interruptedAfterMs));
    };
    this.#onEvent = look;
    look();
    return promise.finally(() => {
      this.#onEvent = null;
      for (const timer of timers) clearTimeout(timer);
    });
  }

  #handle(event: WatchedEvent, atMs: number): void {
    for (const into of [this.#into, this.#spokenInto]) {
      if (event.type !== 'response.done' || event.response?.id !== into?.id || !into) continue;
      into.ended = true;
      if (event.response?.status === 'cancelled') into.stoppedAtMs = atMs;
    }
    this.#watch.handle(event, atMs);
    this.#onEvent?.();
  }
}

/** A microphone's packet leaves when it is whole: the sound of the first one began that much before. */
function saidOf(firstPacketAtMs: number, { clip, endMs }: Utterance) {
  return { firstPacketAtMs, trueEndAtMs: firstPacketAtMs - (clip.ticks[0] ?? 0) / 48 + endMs };
}

/** One whose answer had ended by itself is none. */
function bargeInOf(into: SpokenInto | null, firstPacketAtMs: number): TurnRecord['bargeIn'] {
  if (!into || (into.ended && into.stoppedAtMs === null)) return null;
  return { stoppedMs: into.stoppedAtMs === null ? null : into.stoppedAtMs - firstPacketAtMs };
}

function codeOf(error: unknown): string {
  if (error instanceof CallError) return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
