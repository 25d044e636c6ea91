import { setTimeout as sleep } from 'node:timers/promises';
import { connectNode, type NodeCall } from '@vis-a-vis/client/node';
import { check } from '../eval/check.js';
import type { CallScript, ScriptedQuestion } from '../support/call-script.js';
import { ToolError } from '../support/cli.js';
import { askAloud, WATCHED_SESSION, type SpokenTurn } from '../support/spoken-turn.js';

/** Longest wait for an answer after the question (ms). */
const ANSWER_MS = 30_000;
/** Longest wait for the first picture to be attended (ms). */
const FIRST_FRAME_MS = 15_000;
/** The camera is sampled once a second: by then (ms) a picture from after the event has been taken. */
const SAMPLED_MS = 1500;

/** One question of the call, as `--json` tells it. */
export interface DemoTurn {
  readonly question: string;
  readonly expected: string;
  readonly answer: string;
  readonly correct: boolean;
  readonly framesAttended: number;
  readonly speechEndToFirstTokenMs: number | null;
  readonly commitToFirstTokenMs: number | null;
  /** From the question's last packet to the first text, as the client saw it. */
  readonly lastPacketToFirstTextMs: number | null;
}

/** Is told of the call as it goes on; times are ms since it was connected. */
export interface CallListener {
  onConnected(tookMs: number): void;
  onFirstFrame(atMs: number): void;
  onWaiting(untilMs: number): void;
  onQuestion(question: ScriptedQuestion, atMs: number): void;
  onAnswer(turn: DemoTurn, atMs: number): void;
}

/** Asks all questions of the script, in one call. @throws ToolError or CallError where the call or an answer fails */
export async function holdCall(url: string, script: CallScript, listener: CallListener): Promise<DemoTurn[]> {
  const dialledAt = performance.now();
  const call = await connectNode({
    url,
    video: script.video,
    videoOptions: { loop: false },
    session: WATCHED_SESSION,
  });
  // The video starts as the call does.
  const startedAt = performance.now();
  const sinceStart = () => performance.now() - startedAt;
  listener.onConnected(startedAt - dialledAt);
  try {
    await firstFrame(call);
    listener.onFirstFrame(sinceStart());
    const turns: DemoTurn[] = [];
    for (const question of script.questions) {
      const dueMs = question.afterEvent ? script.eventAtMs + SAMPLED_MS : 0;
      if (dueMs > sinceStart()) {
        listener.onWaiting(dueMs);
        await sleep(dueMs - sinceStart());
      }
      listener.onQuestion(question, sinceStart());
      const turn = assess(question, await askAloud(call, question.clip, ANSWER_MS));
      turns.push(turn);
      listener.onAnswer(turn, sinceStart());
    }
    return turns;
  } finally {
    await call.close();
  }
}

function firstFrame(call: NodeCall): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new ToolError(`no picture was attended within ${FIRST_FRAME_MS / 1000} s`)),
      FIRST_FRAME_MS,
    );
    const off = call.on('frame', () => {
      clearTimeout(timer);
      off();
      resolve();
    });
  });
}

function assess(question: ScriptedQuestion, turn: SpokenTurn): DemoTurn {
  const { timing } = turn;
  return {
    question: question.question,
    expected: question.answer,
    answer: turn.answer,
    correct: check(turn.answer, question.keys, question.cats),
    framesAttended: turn.framesAttended,
    speechEndToFirstTokenMs: timing.speech_end_to_first_token_ms,
    commitToFirstTokenMs: timing.commit_to_first_token_ms,
    lastPacketToFirstTextMs: turn.lastPacketToFirstTextMs,
  };
}
