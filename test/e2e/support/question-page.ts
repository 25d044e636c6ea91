import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { QUESTIONS, type Question } from '../../../client-demo/questions.js';

/** What happens to the page's microphone between two questions. */
export type Trouble = 'mute' | 'no track' | 'another track' | 'suspend';

/** One question to the page, and all that came of it. */
export interface Asked {
  readonly question: string;
  /** What the page wrote: a turn for each time that it heard somebody speak, and the answers' texts. */
  readonly turns: number;
  readonly answers: readonly string[];
  readonly right: boolean;
}

const TROUBLED_MICROPHONE = fileURLToPath(new URL('troubled-microphone.mjs', import.meta.url));
const ANSWER_MS = 10_000;
/** After an answer: a second turn or answer would be here by now. */
const AFTERWARDS_MS = 600;

/** The demo page in a call, with its own table and its built-in questions. */
export class QuestionPage {
  private constructor(
    private readonly page: Page,
    private readonly table: ReadonlyMap<string, string>,
  ) {}

  static async open(browser: Browser, url: string): Promise<QuestionPage> {
    const page = await browser.newPage({ viewport: { width: 1200, height: 1000 } });
    await page.addInitScript({ path: TROUBLED_MICROPHONE });
    await page.goto(`${url}?autostart=1`);
    await page.locator('#state[data-state=ready]').waitFor({ timeout: 30_000 });
    await page.locator('#saw li').first().waitFor({ timeout: 30_000 });
    const table = new Map<string, string>();
    for (const cell of await page.locator('#cells button').all()) {
      const [place = '', thing = ''] = ((await cell.getAttribute('aria-label')) ?? '').split(': ');
      table.set(place, thing);
    }
    return new QuestionPage(page, table);
  }

  /** Clicks a question, waits for its answer, and a while longer for what should not come. */
  async ask(question: Question): Promise<Asked> {
    const turns = this.page.locator('#conversation .asked.spoken');
    const answers = this.page.locator('#conversation .answer[data-status]');
    const [turnsBefore, answersBefore] = [await turns.count(), await answers.count()];
    const button = this.page.getByRole('button', { name: question.text });
    await button.click();
    await this.page.locator('#questions button:not([disabled])').first().waitFor({ timeout: ANSWER_MS });
    // None at all is a result too.
    await answers
      .nth(answersBefore)
      .waitFor({ timeout: ANSWER_MS })
      .catch(() => undefined);
    await this.wait(AFTERWARDS_MS);
    const texts = await this.page.locator('#conversation .answer[data-status] .text').allInnerTexts();
    const given = texts.slice(answersBefore);
    return {
      question: question.text,
      turns: (await turns.count()) - turnsBefore,
      answers: given,
      right: given.length === 1 && this.fits(question, given[0] ?? ''),
    };
  }

  /** The microphone is taken away for `ms`, and given back. */
  async trouble(what: Trouble, ms: number): Promise<void> {
    await this.page.evaluate(`trouble(${JSON.stringify(what)}, ${ms})`);
  }

  wait(ms: number): Promise<void> {
    return this.page.waitForTimeout(ms);
  }

  async close(): Promise<void> {
    await this.page.close();
  }

  /** Whether it is an answer to the question about what lies on the table. */
  private fits(question: Question, answer: string): boolean {
    return expected(question, this.table).every((key) => key.test(answer));
  }
}

/** What any right answer says, by what the table's cells are labelled with. */
export function expected(question: Question, table: ReadonlyMap<string, string>): RegExp[] {
  const things = [...table].filter(([, thing]) => thing !== 'empty');
  const shapes = things.filter(([, thing]) => !thing.startsWith('card'));
  const find = (word: string) => things.find(([, thing]) => thing.includes(word)) ?? ['', ''];
  const [, , shapeOfGreen] = find('green')[1].split(' ');
  const says = (...keys: string[]) => keys.map((key) => new RegExp(`\\b${key}\\b`, 'i'));
  switch (question.file) {
    case 'color-of-star':
      return says(find('star')[1].split(' ')[1] ?? '');
    case 'how-many-shapes':
      return says(['no', 'one', 'two', 'three', 'four', 'five', 'six'][shapes.length] ?? '');
    case 'what-is-center': {
      const thing = table.get('center');
      return thing === 'empty' ? says('nothing') : says(...(thing ?? '').split(' ').slice(1, 3));
    }
    case 'where-is-circle':
      return says(find('circle')[0]);
    case 'is-there-blue-square':
      return says(things.some(([, thing]) => thing.endsWith('blue square')) ? 'yes' : 'no');
    case 'shape-of-green':
      return says(shapeOfGreen ?? '');
    case 'number-on-card':
      return says(/\d+/.exec(find('card')[1])?.[0] ?? '(no|not)');
    case 'what-changed':
      return says('nothing');
    case 'describe':
      return things.flatMap(([, thing]) => says(...(thing.match(/card|\d+/g) ?? thing.split(' ').slice(1))));
    case 'what-can-you-do':
      return says('shapes', 'colors');
  }
}

/** A number generator whose numbers depend on the seed alone (mulberry32). @returns numbers in [0, 1) */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b_79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The built-in questions in an order of their own. */
export function shuffled(random: () => number): Question[] {
  const keyed = QUESTIONS.map((question) => ({ question, key: random() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ question }) => question);
}
