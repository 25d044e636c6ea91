import { randomBytes } from 'node:crypto';
import { JanusPerson } from '../../tools/call-bot/demo/janus-person.js';
import { JanusServer } from '../../tools/support/janus-server.js';
import { readScene, readSceneQuestion } from '../../tools/support/scene.js';
import { Gateway } from '../e2e/support/gateway.js';
import { BotProcess } from './support/bot-process.js';

// Real: Janus, the built bot in two rooms of one process, the built gateway, WebRTC. Not real: cameras and microphones are files.

const [CALM, WILD] = [1, 2];
const FLOOD = 300;
const VISITS = 6;
const ANSWER_MS = 40_000;

it('keeps what goes on in one room from another', async () => {
  const [janus, gateway] = await Promise.all([JanusServer.start([CALM, WILD]), Gateway.start()]);
  const { url } = janus;
  const rooms = [CALM, WILD].flatMap((room) => ['--room', `janus+${url}/${room}`]);
  const bot = await BotProcess.start(['--gateway', gateway.url, ...rooms]);
  try {
    await bot.reaches('joins_total', 2);
    const anna = await JanusPerson.enter({ url, room: CALM, name: 'Anna', video: await readScene() });
    await bot.reaches('pictures_total', 1);

    // Text without end, somebody who comes and goes, and media that are none.
    const eve = await JanusPerson.read({ url, room: WILD, name: 'Eve' });
    for (let i = 0; i < FLOOD; i += 1) void eve.say(`Vis, what color is the star ${i}`);
    const broken = await JanusPerson.enter({
      url,
      room: WILD,
      name: 'Noise',
      video: await readScene(),
      impair: (packet) => {
        packet.payload = randomBytes(packet.payload.length);
        return [packet];
      },
    });
    for (let i = 0; i < VISITS; i += 1) {
      const guest = await JanusPerson.enter({ url, room: WILD, name: `Guest ${i}` });
      if (i % 2) await guest.unpublish();
      await guest.leave();
    }

    await anna.say('Vis');
    await anna.speak(await readSceneQuestion({ file: 'color-of-star' }));
    const { text } = await anna.text((each) => each.text.startsWith('@Anna'), ANSWER_MS);
    expect(text).toMatch(/\bred\b/);
    // Of the flood a burst was taken.
    await eve.text((each) => each.text.startsWith('@Eve'), ANSWER_MS);
    expect(await bot.value('turns_total')).toBeLessThan(40);
    for (const person of [broken, eve, anna]) await person.leave();
    expect(await bot.stop()).toBe(0);
    expect(bot.written).not.toMatch(/unforeseen/);
  } finally {
    await bot.stop();
    await gateway.stop();
    await janus.stop();
  }
}, 90_000);
