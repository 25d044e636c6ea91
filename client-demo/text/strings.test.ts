import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { pickLanguage, translate } from './language.js';
import { STRINGS, type StringKey } from './strings.js';

const DEMO = fileURLToPath(new URL('..', import.meta.url));
const KEYS = Object.keys(STRINGS) as StringKey[];
/** Keys that are put together: `state.${state}`. */
const MADE = /^(state|place|shape|color|size|quality|time|problem|check|talk\.empty)\./;
const holes = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(String).toSorted();

describe('the strings of the page', () => {
  it.each(KEYS)('%s is whole in both languages', (key) => {
    const [en, zh] = STRINGS[key];
    expect(en).toMatch(/\S/);
    expect(zh).toMatch(/\S/);
    expect(holes(zh)).toEqual(holes(en));
    expect(en).not.toMatch(/\p{Script=Han}/u);
    // Numbers with units alone look the same.
    expect(zh.replaceAll(/\{\w+\}/g, '')).toMatch(/\p{Script=Han}|^[\s（）…：]*$/u);
  });

  describe.each(['index.html', 'check.html'])('in %s', (name) => {
    let html = '';
    beforeAll(async () => {
      html = await readFile(`${DEMO}${name}`, 'utf8');
    });

    it('are those that it asks for', () => {
      const asked = [...html.matchAll(/data-(?:text|label|hint|tip)="([^"]+)"/g)].map(([, key]) => key ?? '');
      expect(asked.length).toBeGreaterThan(5);
      expect(asked.filter((key) => !(key in STRINGS))).toEqual([]);
    });

    it('are all that it says: it has no words of its own', () => {
      const body = html.slice(html.indexOf('<body'), html.indexOf('</body>'));
      const words = body
        .replaceAll(/<noscript>[^]*?<\/noscript>/g, '')
        .replaceAll(/<[^>]*>/g, '')
        .match(/\p{Letter}+/gu);
      const names = new Set(['Vis', 'à', 'vis', 'English', '中文']);
      expect((words ?? []).filter((word) => !names.has(word))).toEqual([]);
      expect(body).not.toMatch(/\s(?:aria-label|placeholder|title|alt)="[^"]*\p{Letter}/u);
    });
  });

  it('are all used', async () => {
    const files = globSync(`${DEMO}**/*.{ts,html}`).filter((file) => !/\/text\/strings/.test(file));
    const text = (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join('\n');
    expect(KEYS.filter((key) => !MADE.test(key) && !text.includes(key))).toEqual([]);
  });
});

describe('translate', () => {
  it('fills in what is asked for', () => {
    expect(translate('en', 'thing.card', { n: 42 })).toBe('card with the number 42');
    expect(translate('zh', 'thing.card', { n: 42 })).toBe('写着 42 的卡片');
    expect(translate('en', 'thing.card')).toBe('card with the number {n}');
  });

  it('puts one string into another', () => {
    const thing = { thing: '=thing.shape', size: '=size.large', color: '=color.red', shape: '=shape.star' };
    expect(translate('en', 'place.thing', { place: '=place.4', ...thing })).toBe('center: large red star');
    expect(translate('zh', 'place.thing', { place: '=place.4', ...thing })).toBe('中：大红色星形');
  });

  it('takes what is said for what it is, and comes to an end', () => {
    expect(translate('en', 'tell.answer', { text: '=1+1' })).toBe('Answer: =1+1');
    expect(translate('en', 'tell.answer', { text: '=tell.answer' })).toContain('=tell.answer');
  });
});

describe('pickLanguage', () => {
  it.each([
    [['zh-TW', 'en'], 'zh'],
    [['de-DE', 'zh-Hans-CN', 'en'], 'zh'],
    [['en-GB', 'zh'], 'en'],
    [['de'], 'en'],
    [[], 'en'],
  ])('of %p is %p', (wanted, language) => {
    expect(pickLanguage(wanted)).toBe(language);
  });
});
