import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { check } from '../../eval/check.js';
import { ToolError } from '../../support/cli.js';
import { GatewayProcess } from '../../support/gateway-process.js';
import { REPOSITORY } from '../../support/repository.js';
import { readScene, readSceneQuestion, SCENE_QUESTIONS, type SceneQuestion } from '../../support/scene.js';
import { DEFAULT_MANNERS } from '../core/manners-config.js';
import { gatewayDoor } from '../gateway.js';
import { BotMetrics } from '../metrics.js';
import { RoomBot } from '../room-bot.js';
import type { RoomAdapter } from '../rooms/room.js';
import { startServer, type Guest, type ServerKind } from './servers.js';

const ROOM = 1;
/** Longest wait for an answer, and for the first picture (ms). */
const ANSWER_MS = 30_000;
const SEEN_MS = 30_000;
const POLL_MS = 100;
/** What somebody says without a push; an answer to it would be here by then (ms). */
const SILENCE_MS = 4000;

export interface DemoResult {
  readonly ok: boolean;
  readonly answers: readonly {
    readonly question: string;
    readonly answer: string;
    readonly correct: boolean;
  }[];
  /** Texts of the bot behind something that was not said to it: none. */
  readonly unasked: readonly string[];
}

/**
 * A video call server, the gateway, the bot, and Anna, who shows a table and asks about it.
 * @throws ToolError where one of them does not come up, or does not answer
 */
export async function runDemo(kind: ServerKind, print: (line: string) => void): Promise<DemoResult> {
  install(kind);
  const closing: (() => Promise<void>)[] = [];
  try {
    const server = await startServer(kind, ROOM);
    closing.push(() => server.stop());
    print(`${kind} at ${server.url}`);
    const gateway = await GatewayProcess.start();
    closing.push(() => gateway.stop());
    print(`gateway at ${gateway.url}`);
    const anna = await server.enter(ROOM, { name: 'Anna', video: await readScene() });
    closing.push(() => anna.leave());
    print('Anna is in the room: her camera shows a table');
    const metrics = new BotMetrics();
    const bot = startBot(server.adapter(ROOM), gateway.url, metrics);
    closing.push(() => bot.stop());
    await Promise.race([seen(metrics), bot.failed]);
    return await talk(anna, print);
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

export function install(kind: ServerKind): void {
  const { status } = spawnSync(process.execPath, [join(REPOSITORY, 'scripts/bot-parts.mjs'), kind], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new ToolError(`there is no ${kind} server here`);
}

function startBot(
  adapter: RoomAdapter,
  gateway: string,
  metrics: BotMetrics,
): { stop: () => Promise<void>; failed: Promise<never> } {
  const config = DEFAULT_MANNERS;
  const log = { info: () => undefined, warn: () => undefined };
  const bot = new RoomBot({ adapter, door: gatewayDoor({ url: gateway }, config), config, metrics, log });
  const run = bot.run();
  const failed = run.then((end): never => {
    throw new ToolError(`the bot left: ${end}`);
  });
  failed.catch(() => undefined);
  return {
    failed,
    async stop() {
      bot.stop();
      await run.catch(() => undefined);
    },
  };
}

/** @throws ToolError where the model sees nothing */
async function seen({ pictures }: BotMetrics): Promise<void> {
  for (const end = performance.now() + SEEN_MS; performance.now() < end; await sleep(POLL_MS)) {
    const { values } = await pictures.get();
    if (values.some(({ value }) => value > 0)) return;
  }
  throw new ToolError('the bot saw nothing of the room');
}

async function talk(anna: Guest, print: (line: string) => void): Promise<DemoResult> {
  let told = 0;
  const tell = () => {
    for (const { from, text } of anna.texts.slice(told)) print(`  ${from}: ${text}`);
    told = anna.texts.length;
  };
  const [aloud, count, ignored, written] = SCENE_QUESTIONS;
  if (!aloud || !count || !ignored || !written) throw new ToolError('the scene has too few questions');
  tell();

  const answers: DemoResult['answers'][number][] = [];
  const ask = async (question: SceneQuestion, put: () => Promise<void>) => {
    const before = anna.texts.length;
    await put();
    const { text: line } = await anna.text((each) => anna.texts.indexOf(each) >= before, ANSWER_MS);
    tell();
    // Whom it is for, and the question where it was typed, stand before it.
    const text = line.replace(/^@Anna(?::| “.*?” –) /, '');
    answers.push({
      question: question.text,
      answer: text,
      correct: check(text, question.keys, question.cats),
    });
  };
  for (const question of [aloud, count]) {
    print(`Anna writes "Vis", and says "${question.text}"`);
    const clip = await readSceneQuestion(question);
    await ask(question, async () => {
      await anna.say('Vis');
      await anna.speak(clip);
    });
  }
  print(`Anna says to somebody else "${ignored.text}"`);
  const before = anna.texts.length;
  await anna.speak(await readSceneQuestion(ignored));
  await sleep(SILENCE_MS);
  tell();
  const unasked = anna.texts.slice(before).map(({ text }) => text);
  print(`Anna writes "Vis, ${written.text}?"`);
  await ask(written, () => anna.say(`Vis, ${written.text}?`));

  const right = answers.filter(({ correct }) => correct).length;
  print(`${right} of ${answers.length} answers are right`);
  return { ok: right === answers.length && unasked.length === 0, answers, unasked };
}
