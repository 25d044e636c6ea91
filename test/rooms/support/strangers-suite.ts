import { randomBytes } from 'node:crypto';
import { startServer, type Guest, type ServerKind } from '../../../tools/call-bot/demo/servers.js';
import { readScene, readSceneQuestion } from '../../../tools/support/scene.js';
import { Gateway } from '../../e2e/support/gateway.js';
import { BotProcess } from './bot-process.js';

const [CALM, WILD] = [1, 2];
const FLOOD = 300;
const VISITS = 6;
const ANSWER_MS = 40_000;
/** On a busy machine what is said comes in pieces, and is not understood every time. */
const TRIES = 3;

/** What goes on in one room is kept from another. */
export function strangersSuite(
  kind: ServerKind,
  botArgs: (url: string, room: number) => readonly string[],
): void {
  it(`keeps what goes on in one room from another: ${kind}`, async () => {
    const [server, gateway] = await Promise.all([startServer(kind, WILD), Gateway.start()]);
    const rooms = [CALM, WILD].flatMap((room) => botArgs(server.url, room));
    const bot = await BotProcess.start(['--gateway', gateway.url, ...rooms]);
    try {
      await bot.reaches('joins_total', 2);
      const video = await readScene();
      const anna = await server.enter(CALM, { name: 'Anna', video });
      await bot.reaches('pictures_total', 1);

      // Text without end, somebody who comes and goes, and media that are none.
      const eve = await server.read(WILD, 'Eve');
      for (let i = 0; i < FLOOD; i += 1) eve.say(`Vis, what color is the star ${i}`).catch(() => undefined);
      const broken = await server.enter(WILD, {
        name: 'Noise',
        video,
        impair: (packet) => {
          packet.payload = randomBytes(packet.payload.length);
          return [packet];
        },
      });
      for (let i = 0; i < VISITS; i += 1) {
        const guest = await server.enter(WILD, { name: `Guest ${i}` });
        if (i % 2) await guest.unpublish();
        await guest.leave();
      }

      expect(await asks(anna)).toMatch(/\bred\b/);
      // Of the flood a burst was taken.
      await eve.text((each) => each.text.startsWith('@Eve'), ANSWER_MS);
      expect(await bot.value('turns_total')).toBeLessThan(40);
      for (const person of [broken, eve, anna]) await person.leave();
      expect(await bot.stop()).toBe(0);
      expect(bot.written).not.toMatch(/unforeseen/);
    } finally {
      await bot.stop();
      await gateway.stop();
      await server.stop();
    }
  }, 180_000);
}

/** What Anna is answered, who asks aloud, and again where nothing comes. */
async function asks(anna: Guest): Promise<string> {
  const question = await readSceneQuestion({ file: 'color-of-star' });
  for (let tried = 1; ; tried += 1) {
    await anna.say('Vis');
    await anna.speak(question);
    try {
      return (await anna.text(({ text }) => text.startsWith('@Anna'), ANSWER_MS)).text;
    } catch (error) {
      if (tried >= TRIES) throw error;
    }
  }
}
