import { setTimeout as sleep } from 'node:timers/promises';
import { check } from '../../eval/check.js';
import { GatewayProcess } from '../../support/gateway-process.js';
import { readScene, readSceneQuestion, SCENE_QUESTIONS, type SceneQuestion } from '../../support/scene.js';
import { freePort } from '../../support/rooms/ports.js';
import { summarize, type Summary } from '../../support/statistics.js';
import { install } from './demo.js';
import { CORE, PinnedBot } from './pinned-bot.js';
import { startServer, type Guest, type ServerKind } from './servers.js';

/** Between two questions of one person, and the longest wait for an answer (ms). */
const EVERY_MS = 15_000;
const ANSWER_MS = 30_000;
const SAMPLE_MS = 5000;

export interface RoomsRunOptions {
  readonly kind: ServerKind;
  readonly rooms: number;
  readonly minutes: number;
}

export interface RoomsRunResult {
  /** No turn was lost. */
  readonly ok: boolean;
  readonly server: ServerKind;
  readonly rooms: number;
  readonly minutes: number;
  readonly turns: {
    readonly asked: number;
    readonly answered: number;
    readonly correct: number;
    readonly lost: number;
  };
  /** From the end of a question to its answer in the room, as who asked it reads it (ms). */
  readonly answerMs: Summary;
  readonly bot: {
    /** Of its one core, over the run. */
    readonly cpu: number;
    /** Resident memory (MB): a sample each 5 s, and the means of the first minute's end and of the last minute. */
    readonly rssMb: readonly number[];
    readonly firstMb: number;
    readonly lastMb: number;
    /** `visavis_bot_failures_total`, all together. */
    readonly failures: number;
  };
}

/**
 * One bot process on one core sits in many rooms, each with somebody who shows a table and asks about it, aloud and in writing in turn.
 * @throws ToolError where something does not come up
 */
export async function runRooms(
  { kind, rooms, minutes }: RoomsRunOptions,
  print: (line: string) => void,
): Promise<RoomsRunResult> {
  install(kind);
  const closing: (() => Promise<unknown>)[] = [];
  try {
    const server = await startServer(kind, rooms);
    closing.push(() => server.stop());
    const gateway = await GatewayProcess.start({ VISAVIS_MAX_CALLS: String(rooms + 2) });
    closing.push(() => gateway.stop());
    const numbers = Array.from({ length: rooms }, (_, i) => i + 1);
    const addresses = await Promise.all(numbers.map((room) => server.address(room)));
    const bot = new PinnedBot(gateway.url, addresses, await freePort());
    closing.push(() => bot.stop());
    await bot.reaches('rooms', rooms);
    print(`the bot sits in ${rooms} rooms of ${kind}, on core ${CORE}`);
    const video = await readScene();
    const guests: Guest[] = [];
    for (const room of numbers) {
      const guest = await server.enter(room, { name: `Guest${room}`, video });
      closing.push(() => guest.leave());
      guests.push(guest);
    }
    await bot.reaches('sessions', rooms);
    await bot.reaches('pictures_total', rooms);
    print(`${rooms} people are in, and seen`);

    const endMs = performance.now() + minutes * 60_000;
    const samples = sample(bot, endMs);
    const turns = (
      await Promise.all(guests.map((guest, i) => converse(guest, { first: i, of: rooms, endMs })))
    ).flat();
    const { cpu, rssMb } = await samples;
    const failures = await bot.value('failures_total');
    return result({ kind, rooms, minutes }, turns, { cpu, rssMb, failures });
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

/** Null: the answer did not come. */
interface TurnOutcome {
  readonly answerMs: number | null;
  readonly correct: boolean;
}

/** One person's part: questions at even distances, the people of the rooms one after the other. */
async function converse(
  guest: Guest,
  { first, of, endMs }: { readonly first: number; readonly of: number; readonly endMs: number },
): Promise<TurnOutcome[]> {
  const outcomes: TurnOutcome[] = [];
  await sleep((first * EVERY_MS) / of);
  for (let n = first; performance.now() < endMs - ANSWER_MS / 2; n += 1) {
    const beganMs = performance.now();
    const question = SCENE_QUESTIONS[n % SCENE_QUESTIONS.length];
    if (question) outcomes.push(await ask(guest, question, n % 2 === 0));
    await sleep(Math.max(0, beganMs + EVERY_MS - performance.now()));
  }
  return outcomes;
}

async function ask(guest: Guest, question: SceneQuestion, aloud: boolean): Promise<TurnOutcome> {
  const before = guest.texts.length;
  if (aloud) {
    await guest.say('Vis');
    await guest.speak(await readSceneQuestion(question));
  } else await guest.say(`Vis, ${question.text}?`);
  const askedMs = performance.now();
  try {
    const { text } = await guest.text(
      (each) => each.text.startsWith('@') && guest.texts.indexOf(each) >= before,
      ANSWER_MS,
    );
    const answer = text.replace(/^@\w+(?::| “.*?” –) /, '');
    return { answerMs: performance.now() - askedMs, correct: check(answer, question.keys, question.cats) };
  } catch {
    return { answerMs: null, correct: false };
  }
}

async function sample(bot: PinnedBot, endMs: number): Promise<{ cpu: number; rssMb: number[] }> {
  const beganMs = performance.now();
  const before = await bot.cpuSeconds();
  const rssMb: number[] = [];
  while (performance.now() < endMs) {
    rssMb.push(await bot.residentMb());
    await sleep(SAMPLE_MS);
  }
  const seconds = (performance.now() - beganMs) / 1000;
  return { cpu: ((await bot.cpuSeconds()) - before) / seconds, rssMb };
}

function result(
  { kind, rooms, minutes }: RoomsRunOptions,
  turns: readonly TurnOutcome[],
  {
    cpu,
    rssMb,
    failures,
  }: { readonly cpu: number; readonly rssMb: readonly number[]; readonly failures: number },
): RoomsRunResult {
  const times = turns.flatMap(({ answerMs }) => answerMs ?? []);
  const minute = 60_000 / SAMPLE_MS;
  const lost = turns.length - times.length;
  return {
    ok: lost === 0 && turns.length > 0,
    server: kind,
    rooms,
    minutes,
    turns: {
      asked: turns.length,
      answered: times.length,
      correct: turns.filter(({ correct }) => correct).length,
      lost,
    },
    answerMs: summarize(times.map(Math.round)),
    bot: {
      cpu: rounded(cpu),
      rssMb: rssMb.map(rounded),
      // What the first minute needs for itself is not growth.
      firstMb: rounded(mean(rssMb.slice(minute / 2, minute))),
      lastMb: rounded(mean(rssMb.slice(-minute))),
      failures,
    },
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
