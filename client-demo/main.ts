import { Caller } from './call/caller.js';
import { Parts } from './call/parts.js';
import { element } from './dom.js';
import { wordsOfPage } from './panel/kept.js';
import { Meter } from './stage/meter.js';
import { TableEditor } from './stage/table-editor.js';

const wanted = new URLSearchParams(location.search);
const words = wordsOfPage();
const caller = new Caller(new Parts(words, new Meter()), new TableEditor(words));

const language = element('language', HTMLSelectElement);
language.value = words.language;
words.speak(words.language);
language.addEventListener('change', () => {
  words.speak(language.value);
  caller.settings.keep({ language: words.language });
});

caller.settings.choose({
  ...(wanted.get('camera') === 'real' && { camera: 'real' }),
  ...(wanted.get('mic') === 'real' && { mic: 'real' }),
});
// Behind the hash it is sent to nobody; and it does not stay where others may read it.
const given = new URLSearchParams(location.hash.slice(1)).get('key');
if (given !== null) {
  caller.useKey(given);
  history.replaceState(null, '', location.pathname + location.search);
}
if (wanted.get('autostart') === '1') void caller.begin();
