import type { Browser } from 'playwright-core';
import { launchChromium } from '../../e2e/support/chromium.js';
import { Gateway } from '../../e2e/support/gateway.js';
import { BotProcess } from './bot-process.js';
import { PagePerson, type Entry, type Thing } from './page-person.js';

/** "What color is the star?" has another answer for each. */
const ANNAS: readonly Thing[] = [
  [0, 'star', 'red'],
  [4, 'circle', 'blue'],
];
const BENS: readonly Thing[] = [
  [2, 'star', 'blue'],
  [6, 'square', 'green'],
];
const SCREEN: readonly Thing[] = [
  [4, 'star', 'green'],
  [8, 'heart', 'red'],
];
/** Anna and Ben. */
const PEOPLE = 2;

/** A server with a room, and the bot's and people's ways into it. */
export interface CallStage {
  /** What the bot is told of the room. */
  readonly botArgs: readonly string[];
  /** Of somebody of that name. */
  entry(name: string): Promise<Entry>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** The acceptance of the bot: a call before a real server, with real browsers. */
export function callSuite(name: string, start: () => Promise<CallStage>): void {
  describe(`a bot in a call: ${name}`, () => {
    let stage: CallStage;
    let gateway: Gateway;
    let browser: Browser;
    let bot: BotProcess;
    let anna: PagePerson;
    let ben: PagePerson;

    const enter = async (who: string) => PagePerson.enter(browser, gateway.url, await stage.entry(who));
    /** Somebody asks aloud, once they have pushed; what Ben reads. */
    const asks = async (person: PagePerson, who: string) => {
      const from = (await ben.texts()).length;
      await person.say('Vis');
      await person.speak();
      return ben.answer(who, from);
    };
    /** What Anna is answered in writing, once the pictures of all who are heard are others than before. */
    const seesAfter = async (change: () => Promise<void>) => {
      const seen = await bot.value('pictures_total');
      await change();
      await bot.reaches('pictures_total', seen + PEOPLE);
      const from = (await ben.texts()).length;
      await anna.say('Vis, what color is the star?');
      return ben.answer('Anna', from);
    };

    beforeAll(async () => {
      [stage, gateway, browser] = await Promise.all([start(), Gateway.start(), launchChromium()]);
      bot = await BotProcess.start(['--gateway', gateway.url, ...stage.botArgs]);
      await bot.reaches('joins_total', 1);
      anna = await enter('Anna');
      ben = await enter('Ben');
    }, 90_000);
    afterAll(async () => {
      await browser?.close();
      await bot?.stop();
      await gateway?.stop();
      await stage?.stop();
    });

    it('says who it is, and answers about the camera of who asks, for all to read', async () => {
      await ben.reads('Vis is here');
      await anna.publish(ANNAS);
      await bot.reaches('pictures_total', 1);
      expect(await asks(anna, 'Anna')).toMatch(/^@Anna: .*\bred\b/);
    });

    it('answers nothing that was not said to it', async () => {
      const from = (await ben.texts()).length;
      const overheard = await bot.value('overheard_total');
      await anna.speak();
      await bot.reaches('overheard_total', overheard + 1);
      await anna.say('what color is the star?');
      // An answer to either would come before the one to this.
      await anna.say('Vis, what color is the star?');
      await ben.answer('Anna', from);
      expect((await ben.texts()).slice(from).filter((text) => text.startsWith('@'))).toHaveLength(1);
    });

    it('answers two people in turn, each about their own camera', async () => {
      const seen = await bot.value('pictures_total');
      await ben.publish(BENS);
      await bot.reaches('pictures_total', seen + 1);
      expect(await asks(anna, 'Anna')).toMatch(/\bred\b/);
      const from = (await anna.texts()).length;
      await ben.say('Vis');
      await ben.speak();
      expect(await anna.answer('Ben', from)).toMatch(/^@Ben: .*\bblue\b/);
    });

    it('sees a screen that is shared, and the camera again behind it', async () => {
      expect(await seesAfter(() => ben.share(SCREEN))).toMatch(/\bgreen\b/);
      expect(await seesAfter(() => ben.unshare())).toMatch(/\bred\b/);
    });

    it('forgets what a camera showed that goes off, while the microphone goes on', async () => {
      const before = await bot.value('redactions_total');
      await ben.cameraOff();
      await bot.reaches('redactions_total', before + 1);
      // The sound comes by another subscription now.
      const overheard = await bot.value('overheard_total');
      await ben.speak();
      await bot.reaches('overheard_total', overheard + 1);
      expect(await bot.value('sessions')).toBe(PEOPLE);
    });

    it('comes back behind a restart of the server, and answers again', async () => {
      await anna.close();
      await stage.restart();
      await bot.reaches('joins_total', 2);
      await ben.close();
      ben = await enter('Ben');
      anna = await enter('Anna');
      const seen = await bot.value('pictures_total');
      await anna.publish(BENS);
      await bot.reaches('pictures_total', seen + 1);
      expect(await asks(anna, 'Anna')).toMatch(/\bblue\b/);
    });

    it('leaves when it is asked to end', async () => {
      expect(await bot.stop()).toBe(0);
      expect(bot.written).not.toMatch(/unforeseen/);
      // Nothing of what was said is in its log.
      expect(bot.written).not.toMatch(/star|Anna/);
    });
  });
}
