import type { Device } from '@vis-a-vis/client';
import { TURN_MODES, type Settings } from '../core/settings.js';
import { choose, chosen, element, make } from '../dom.js';
import type { Choice } from '../stage/sources.js';
import type { Words } from '../text/words.js';
import { keepSettings } from './kept.js';

interface Told {
  /** When turns are over, from now on. */
  turn(settings: Settings): void;
  /** Another source is chosen. @returns false: it cannot be had, and what there was stays */
  microphone(mic: string): Promise<boolean>;
  camera(camera: string): Promise<boolean>;
}

/** The settings: their dialog, and the choice of sources on the first screen. */
export class SettingsView {
  readonly #words: Words;
  readonly #told: Told;
  readonly #camera = element('camera', HTMLSelectElement);
  readonly #mic = element('mic', HTMLSelectElement);
  #now: Settings;
  /** Sources that are in use, or will be. */
  #chosen: Choice = presetOf('table');

  constructor(words: Words, kept: Settings, told: Told) {
    this.#words = words;
    this.#told = told;
    this.#now = kept;
    this.#fill();
    const dialog = element('settings', HTMLDialogElement);
    element('settings-open', HTMLButtonElement).addEventListener('click', () => dialog.showModal());
    // A click beside it shuts it.
    dialog.addEventListener('click', ({ target }) => target === dialog && dialog.close());
    this.#listen();
  }

  get now(): Settings {
    return this.#now;
  }

  get choice(): Choice {
    return { camera: this.#camera.value, mic: this.#mic.value };
  }

  /** Sources, as the address or a button has them. */
  choose({ camera, mic }: Partial<Choice>): void {
    if (camera !== undefined) this.#camera.value = camera;
    if (mic !== undefined) this.#mic.value = mic;
    this.#chosen = this.choice;
    this.#showSources();
  }

  /** Devices that there are; they have names once one of them has been allowed. */
  devices(devices: readonly Device[]): void {
    for (const [select, kind] of [
      [this.#camera, 'camera'],
      [this.#mic, 'microphone'],
    ] as const) {
      const wanted = select.value;
      for (const option of select.querySelectorAll('[data-device]')) option.remove();
      // Chromium names the default one twice.
      const found = devices.filter((one) => one.kind === kind && one.id !== '' && one.id !== 'default');
      for (const [n, { id, label }] of found.entries()) {
        const option = make('option', '', label);
        option.value = id;
        option.dataset['device'] = kind;
        if (label === '') this.#words.put(option, 'settings.device', { n: n + 1 });
        select.append(option);
      }
      select.value = wanted;
      if (select.selectedIndex < 0) select.value = 'real';
    }
  }

  /** What counts from the next call on cannot be changed in this one. */
  lock(inCall: boolean): void {
    const speak = element('speak', HTMLInputElement);
    const hasVoice = 'speechSynthesis' in window;
    speak.disabled = inCall || !hasVoice;
    this.#words.put(
      element('speak-hint', HTMLElement),
      hasVoice ? 'settings.speak.hint' : 'settings.speak.none',
    );
  }

  keep(change: Partial<Settings>): void {
    this.#now = { ...this.#now, ...change };
    keepSettings(this.#now);
    this.#fill();
  }

  #listen(): void {
    this.#camera.addEventListener('change', () => void this.#switch(this.#told.camera(this.#camera.value)));
    this.#mic.addEventListener('change', () => void this.#switch(this.#told.microphone(this.#mic.value)));
    const tell = (change: Partial<Settings>): void => {
      this.keep(change);
      this.#told.turn(this.#now);
    };
    for (const input of document.querySelectorAll('input[name="turn"]'))
      input.addEventListener('change', () =>
        tell({ turn: TURN_MODES.find((mode) => mode === chosen('turn')) ?? this.#now.turn }),
      );
    const silence = element('silence', HTMLInputElement);
    silence.addEventListener(
      'input',
      () => (element('silence-now', HTMLOutputElement).value = `${silence.value} ms`),
    );
    silence.addEventListener('change', () => tell({ silenceMs: Number(silence.value) }));
    const eagerness = element('eagerness', HTMLSelectElement);
    eagerness.addEventListener('change', () => tell({ eagerness: eagerness.value as Settings['eagerness'] }));
    for (const name of ['speak', 'redact'] as const) {
      const box = element(name, HTMLInputElement);
      box.addEventListener('change', () => this.keep({ [name]: box.checked }));
    }
    for (const input of document.querySelectorAll<HTMLInputElement>('input[name="source"]'))
      input.addEventListener('change', () => this.choose(presetOf(input.value)));
  }

  async #switch(done: Promise<boolean>): Promise<void> {
    this.#showSources();
    if (await done) this.#chosen = this.choice;
    else this.choose(this.#chosen);
  }

  #fill(): void {
    const { turn, silenceMs, eagerness, speak, redact } = this.#now;
    choose('turn', turn);
    const silence = element('silence', HTMLInputElement);
    silence.value = String(silenceMs);
    silence.disabled = turn !== 'server';
    element('silence-now', HTMLOutputElement).value = `${silenceMs} ms`;
    const how = element('eagerness', HTMLSelectElement);
    how.value = eagerness;
    how.disabled = turn !== 'semantic';
    element('speak', HTMLInputElement).checked = speak;
    element('redact', HTMLInputElement).checked = redact;
    this.#showSources();
  }

  #showSources(): void {
    const { camera, mic } = this.choice;
    const table = camera === 'table';
    for (const id of ['table', 'cells', 'toolbox']) element(id, HTMLElement).hidden = !table;
    element('video', HTMLElement).hidden = table;
    element('questions', HTMLElement).hidden = mic !== 'clips';
    const preset = table && mic === 'clips' ? 'table' : camera === 'real' && mic === 'real' ? 'real' : null;
    choose('source', preset);
    const hint = this.#now.turn === 'push' && mic !== 'clips' ? 'hold' : mic === 'clips' ? 'clips' : 'mic';
    this.#words.put(element('nothing-said', HTMLElement), `talk.empty.${hint}`);
  }
}

/** Both sources at once. */
export function presetOf(source: string): Choice {
  return source === 'real' ? { camera: 'real', mic: 'real' } : { camera: 'table', mic: 'clips' };
}
