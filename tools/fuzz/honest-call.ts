import { setTimeout as sleep } from 'node:timers/promises';
import { CallError, connectNode, type NodeCall, type VideoClip } from '@vis-a-vis/client/node';
import { check } from '../eval/check.js';
import type { CallScript, ScriptedQuestion } from '../support/call-script.js';
import { askAloud, WATCHED_SESSION } from '../support/spoken-turn.js';

/** Longest wait for an answer (ms). */
const ANSWER_MS = 30_000;
/** How long a client that finds no room tries again (ms), and how often. */
const DIAL_MS = 15_000;
const REDIAL_MS = 1000;
/** Longest wait for the first picture to be attended (ms). */
const FIRST_FRAME_MS = 15_000;
/** People hang up and call again. */
const TURNS_A_CALL = 12;
/** Between an answer and the next question (ms). */
const BETWEEN_MS = 400;
const POLL_MS = 50;

/** One question of an honest client, and what came of it. */
export interface HonestTurn {
  readonly call: number;
  readonly way: 'spoken' | 'typed' | 'dial';
  readonly question: string;
  readonly answer: string;
  readonly right: boolean;
  readonly tookMs: number;
}

/** A client that does nothing wrong: it shows a table, asks about it aloud and in writing, and knows the right answers. */
export class HonestCall {
  readonly #number: number;
  readonly #script: CallScript;
  readonly #video: VideoClip;
  readonly #told: (turn: HonestTurn) => void;
  #url: string | null = null;
  #asking = false;
  #over = false;
  #busy = false;

  /** @param script of which the questions about the table as it is at first are asked */
  constructor(number: number, script: CallScript, told: (turn: HonestTurn) => void) {
    this.#number = number;
    this.#script = script;
    this.#video = upTo(script.video, script.eventAtMs);
    this.#told = told;
  }

  /** A turn is under way, or a call is being opened. */
  get busy(): boolean {
    return this.#busy;
  }

  /** @param url null: there is no gateway now */
  at(url: string | null): void {
    this.#url = url;
  }

  ask(asking: boolean): void {
    this.#asking = asking;
  }

  stop(): void {
    this.#over = true;
  }

  /** Goes on until it is stopped; a call that ends is followed by another. */
  async run(): Promise<void> {
    while (!this.#over) {
      await this.#idle();
      const url = this.#url;
      if (this.#over || url === null) continue;
      await this.#hold(url);
    }
  }

  async #hold(url: string): Promise<void> {
    const startedAt = performance.now();
    this.#busy = true;
    let call: NodeCall | null = null;
    try {
      call = await this.#dial(url);
      for (let turn = 0; turn < TURNS_A_CALL && !this.#over; turn += 1) {
        this.#busy = false;
        await this.#idle();
        this.#busy = true;
        if (!this.#over && !(await this.#turn(call, turn))) return;
        await sleep(BETWEEN_MS);
      }
    } catch (error) {
      this.#tell('dial', '', String(error), { right: false, startedAt });
      await sleep(REDIAL_MS);
    } finally {
      await call?.close().catch(() => undefined);
      this.#busy = false;
    }
  }

  /** @throws CallError where there is no room for too long, or the connection fails; Error where no picture is seen */
  async #dial(url: string): Promise<NodeCall> {
    const until = performance.now() + DIAL_MS;
    for (;;) {
      try {
        const call = await connectNode({ url, video: this.#video, session: WATCHED_SESSION });
        await firstFrame(call);
        return call;
      } catch (error) {
        const again =
          error instanceof CallError && (error.code === 'capacity' || error.code === 'engine_restarting');
        if (!again || performance.now() > until) throw error;
        await sleep(REDIAL_MS);
      }
    }
  }

  /** @returns whether the call goes on */
  async #turn(call: NodeCall, number: number): Promise<boolean> {
    const questions = this.#script.questions.filter(({ afterEvent }) => !afterEvent);
    const question = questions[(number >> 1) % questions.length];
    if (!question) throw new RangeError('the script has no question');
    const way = (number + this.#number) % 2 === 0 ? 'spoken' : 'typed';
    const startedAt = performance.now();
    try {
      const answer =
        way === 'spoken'
          ? (await askAloud(call, question.clip, ANSWER_MS)).answer
          : await typed(call, question);
      this.#tell(way, question.question, answer, {
        right: check(answer, question.keys, question.cats),
        startedAt,
      });
      return true;
    } catch (error) {
      this.#tell(way, question.question, String(error), { right: false, startedAt });
      return false;
    }
  }

  #tell(
    way: HonestTurn['way'],
    question: string,
    answer: string,
    { right, startedAt }: { right: boolean; startedAt: number },
  ): void {
    this.#told({
      call: this.#number,
      way,
      question,
      answer,
      right,
      tookMs: Math.round(performance.now() - startedAt),
    });
  }

  async #idle(): Promise<void> {
    while (!this.#over && (!this.#asking || this.#url === null)) await sleep(POLL_MS);
  }
}

async function typed(call: NodeCall, { question }: ScriptedQuestion): Promise<string> {
  const late = new AbortController();
  try {
    const { text, status } = await Promise.race([
      call.ask(question),
      sleep(ANSWER_MS, undefined, { signal: late.signal }).then(() => {
        throw new Error(`no answer within ${ANSWER_MS / 1000} s`);
      }),
    ]);
    return status === 'completed' ? text : `${status}: ${text}`;
  } finally {
    late.abort();
  }
}

/** The video until something happens in it: what it shows stays true. */
function upTo(clip: VideoClip, endMs: number): VideoClip {
  return { ...clip, frames: clip.frames.filter(({ ptsMs }) => ptsMs < endMs), durationMs: endMs };
}

function firstFrame(call: NodeCall): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error('no picture was attended')), FIRST_FRAME_MS);
  const off = [
    call.on('frame', () => resolve()),
    call.on('closed', ({ reason }) => reject(new Error(`the call ended: ${reason}`))),
  ];
  return promise.finally(() => {
    clearTimeout(timer);
    for (const unsubscribe of off) unsubscribe();
  });
}
