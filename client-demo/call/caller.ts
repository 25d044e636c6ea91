import { CallError, connect, type Call } from '@vis-a-vis/client';
import type { SessionPatch } from '@vis-a-vis/protocol';
import { turnDetection, type Settings } from '../core/settings.js';
import type { Action } from '../core/advice.js';
import { element } from '../dom.js';
import { keptSettings } from '../panel/kept.js';
import { ProblemView } from '../panel/problem.js';
import { presetOf, SettingsView } from '../panel/settings-view.js';
import { Sources } from '../stage/sources.js';
import type { TableEditor } from '../stage/table-editor.js';
import { SpokenQuestions } from '../talk/questions.js';
import { TAGS } from '../text/language.js';
import { Controls, type OpenCall } from './controls.js';
import { listen } from './listen.js';
import type { Parts } from './parts.js';
import { PushToTalk } from './push-to-talk.js';

/** Far more than any answer about the table needs; less than a screenful. */
const MAX_ANSWER_TOKENS = 128;
/** Nothing was said while the button was held: no error of anybody's. */
const NOTHING_SAID: ReadonlySet<string> = new Set(['input_audio_buffer_commit_empty', 'nothing_to_answer']);

/** Begins calls, ends them, and does in them what the page's controls say. */
export class Caller {
  readonly settings: SettingsView;
  readonly #parts: Parts;
  readonly #table: TableEditor;
  readonly #problem: ProblemView;
  readonly #controls: Controls;
  readonly #push: PushToTalk;
  readonly #questions: SpokenQuestions;
  readonly #key = element('key', HTMLInputElement);
  readonly #start = element('start', HTMLButtonElement);
  #open: OpenCall | null = null;
  #opening: AbortController | null = null;

  constructor(parts: Parts, table: TableEditor) {
    const { words } = parts;
    this.#parts = parts;
    this.#table = table;
    this.#problem = new ProblemView(words, (action) => this.#act(action));
    const open = (): OpenCall | null => this.#open;
    const complain = (error: unknown): void => this.#problem.show(error, true);
    this.#controls = new Controls(words, {
      open,
      camera: () => this.settings.choice.camera,
      redacts: () => this.settings.now.redact,
      complain,
    });
    this.#push = new PushToTalk(
      words,
      () => this.#open?.call ?? null,
      (held) => this.#handleHeld(held),
    );
    this.#questions = new SpokenQuestions({
      clips: () => this.#open?.sources.clips ?? null,
      press: () => this.settings.now.turn === 'push' && this.#push.press(),
      release: () => this.#push.release(),
      complain,
    });
    this.settings = new SettingsView(words, keptSettings(), {
      turn: (settings) => this.#changeTurn(settings),
      microphone: async (mic) => {
        const done = await this.#controls.microphone(mic);
        if (done && this.#open) this.#askForTranscripts(this.#open.call);
        return done;
      },
      camera: (camera) => this.#controls.camera(camera),
    });
    this.#listenToPage();
    this.#show('idle');
  }

  /** Begins a call. What goes wrong is shown, with what to do. */
  async begin(): Promise<void> {
    if (this.#opening || this.#open) return;
    const opening = new AbortController();
    this.#opening = opening;
    this.#problem.clear();
    this.#show('connecting');
    let sources: Sources | null = null;
    try {
      sources = await Sources.open(this.settings.choice, this.#table);
      const call = await connect({ ...this.#options(sources), signal: opening.signal });
      this.#open = { call, sources };
      this.#run(call, sources);
    } catch (error) {
      await sources?.release();
      this.#show('idle');
      if (!opening.signal.aborted) this.#problem.show(error, false);
    } finally {
      this.#opening = null;
    }
  }

  /** A key, which somebody was given with the address. */
  useKey(key: string): void {
    this.#key.value = key;
    element('key-row', HTMLElement).hidden = false;
  }

  #options(sources: Sources): NonNullable<Parameters<typeof connect>[0]> {
    const { microphone, camera } = sources;
    const settings = this.settings.now;
    const secret = this.#key.value.trim();
    return {
      ...(microphone && { microphone }),
      ...(camera && { camera }),
      ...(secret !== '' && { secret }),
      ...(settings.speak &&
        'speechSynthesis' in window && { speak: { lang: TAGS[this.#parts.words.language] } }),
      session: { max_output_tokens: MAX_ANSWER_TOKENS, audio: { input: turnDetection(settings) } },
    };
  }

  #run(call: Call, sources: Sources): void {
    const { film, state, words } = this.#parts;
    document.body.classList.add('called');
    film.start(() => sources.picture);
    this.#controls.begin(call);
    listen(call, {
      shown: this.#parts,
      said: () => (sources.clips ? this.#questions.said : null),
      held: () => this.#push.held,
      complain: (error) => this.#complain(error),
    });
    call.on('event', (event) => {
      if (event.type === 'session.created') this.#askForTranscripts(call);
    });
    if (call.caps) this.#askForTranscripts(call);
    call.on('devices', (devices) => this.settings.devices(devices));
    call.on('closed', ({ reason, error }) => this.#handleClosed(reason, error));
    call.devices().then(
      (devices) => this.settings.devices(devices),
      () => undefined,
    );
    this.#parts.meter.start(() => this.#open?.sources.ear ?? null);
    this.#show('ready');
    if (this.settings.now.turn === 'push') call.mute();
    state.announce(words.say('tell.connected'));
    // Who began by the keyboard goes on there.
    if (document.activeElement === document.body || document.activeElement === this.#start)
      element('question', HTMLInputElement).focus({ preventScroll: true });
  }

  /** What is said is written down where the model does that; what the page itself says it knows. */
  #askForTranscripts(call: Call): void {
    if (!call.caps?.transcription || this.#open?.sources.clips) return;
    call.update({ audio: { input: { transcription: {} } } });
  }

  #handleClosed(reason: string, error: CallError | null): void {
    const { film, meter, quality, state, words } = this.#parts;
    const { sources } = this.#open ?? {};
    this.#open = null;
    film.stop();
    meter.stop();
    this.#controls.end();
    quality.forget();
    this.#parts.notice(null);
    this.#show('idle');
    state.announce(words.say('tell.ended'));
    if (reason !== 'closed')
      this.#problem.show(error ?? new CallError('session_expired', `The call ended: ${reason}.`), false);
    sources?.release().catch((failed: unknown) => this.#problem.show(failed, false));
    this.#start.focus({ preventScroll: true });
  }

  #handleHeld(held: boolean): void {
    this.#parts.lookAtNow();
    this.#parts.state.show(held ? 'listening' : 'thinking');
    this.#parts.meter.hear(held);
  }

  #changeTurn(settings: Settings): void {
    const { call } = this.#open ?? {};
    this.#showTurn();
    if (!call) return;
    const session: SessionPatch = { audio: { input: turnDetection(settings) } };
    call.update(session);
    call.mute(settings.turn === 'push');
  }

  #complain(error: CallError): void {
    if (NOTHING_SAID.has(error.code)) this.#parts.state.show('ready');
    else this.#problem.show(error, true);
  }

  #act(action: Action): void {
    if (action === 'key') {
      element('key-row', HTMLElement).hidden = false;
      this.#key.focus();
      return;
    }
    if (action === 'table') this.settings.choose(presetOf('table'));
    void this.begin();
  }

  #show(state: 'idle' | 'connecting' | 'ready'): void {
    const { state: view, words } = this.#parts;
    view.show(state);
    const called = document.body.classList.contains('called');
    words.put(this.#start, state === 'connecting' ? 'call.connecting' : called ? 'call.again' : 'call.start');
    element('welcome', HTMLElement).hidden = view.isConnected;
    this.settings.lock(view.isConnected);
    this.#questions.enable(view.isConnected);
    this.#parts.showEmpty();
    this.#showTurn();
  }

  /** The button to hold is there where turns are over when it is let go. */
  #showTurn(): void {
    const push = this.settings.now.turn === 'push';
    element('hold', HTMLElement).hidden = !(push && this.#parts.state.isConnected);
    element('mute', HTMLElement).hidden = push;
  }

  #ask(text: string): void {
    const { call } = this.#open ?? {};
    if (text === '' || !call) return;
    const { conversation, state } = this.#parts;
    conversation.typed(text);
    this.#parts.lookAtNow();
    this.#parts.showEmpty();
    state.show('thinking');
    // The answer and any error come by the events; here only the wait ends.
    call.say(text).done.catch(() => this.#open && state.show('ready'));
  }

  #listenToPage(): void {
    this.#start.addEventListener('click', () => void this.begin());
    element('hangup', HTMLButtonElement).addEventListener('click', () => {
      if (this.#open) this.#open.call.close();
      else this.#opening?.abort();
    });
    // Who leaves the page takes leave: the gateway would miss it, and keep its place, for half a minute.
    addEventListener('pagehide', () => this.#open?.call.close());
    element('cancel', HTMLButtonElement).addEventListener('click', () => this.#open?.call.interrupt());
    element('ask', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      const question = element('question', HTMLInputElement);
      const text = question.value.trim();
      question.value = '';
      this.#ask(text);
    });
    this.#key.addEventListener('keydown', ({ key }) => key === 'Enter' && void this.begin());
  }
}
