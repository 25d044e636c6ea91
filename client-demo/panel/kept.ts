import { readSettings, type Settings } from '../core/settings.js';
import { pickLanguage } from '../text/language.js';
import { Words } from '../text/words.js';

const KEPT_AS = 'vis-a-vis';

/** What the visitor chose, this time or before. */
export function keptSettings(): Settings {
  try {
    return readSettings(localStorage.getItem(KEPT_AS));
  } catch {
    return readSettings(null);
  }
}

export function keepSettings(settings: Settings): void {
  try {
    localStorage.setItem(KEPT_AS, JSON.stringify(settings));
  } catch {
    // A browser that keeps nothing: it lasts as long as the page.
  }
}

/** The page's words: in the language of its address (`lang`), else as chosen before, else as the browser has it. */
export function wordsOfPage(): Words {
  const asked = new URLSearchParams(location.search).get('lang') ?? '';
  const { language } = keptSettings();
  return new Words(pickLanguage([asked, ...(language ? [language] : navigator.languages)]));
}
