import { Conversation } from '../talk/conversation.js';
import { TurnLog } from '../core/turn-log.js';
import { element } from '../dom.js';
import { FilmStrip } from '../evidence/film-strip.js';
import { TimelineView } from '../evidence/timeline-view.js';
import { Inspector } from '../panel/inspector.js';
import { QualityView } from '../panel/quality.js';
import { StateView } from '../panel/state.js';
import type { Meter } from '../stage/meter.js';
import type { Words } from '../text/words.js';
import type { Notice, Shown } from './shown.js';

/** What a call is shown by, in the document. */
export class Parts implements Shown {
  readonly words: Words;
  readonly state: StateView;
  readonly turns = new TurnLog();
  readonly conversation: Conversation;
  readonly film: FilmStrip;
  readonly timeline: TimelineView;
  readonly inspector: Inspector;
  readonly quality: QualityView;
  readonly meter: Meter;
  /** The answer that is looked into. */
  #chosen: string | null = null;

  constructor(words: Words, meter: Meter) {
    this.words = words;
    this.meter = meter;
    this.state = new StateView(words);
    this.conversation = new Conversation(words, (responseId) => this.lookInto(responseId));
    this.film = new FilmStrip(words);
    this.timeline = new TimelineView(words);
    this.inspector = new Inspector(words, this.state);
    this.quality = new QualityView(words);
  }

  hear(heard: boolean): void {
    this.meter.hear(heard);
  }

  lookInto(responseId: string): void {
    this.#chosen = responseId;
    this.conversation.mark(responseId);
    const frames = this.turns.frames(responseId);
    if (frames !== null) this.film.show(frames, this.turns.reference(responseId));
    this.timeline.show(this.turns.timeline(responseId));
  }

  refresh(responseId: string): void {
    if (responseId === this.#chosen) this.lookInto(responseId);
  }

  lookAtNow(): void {
    this.#chosen = null;
    this.conversation.mark(null);
    this.film.live();
  }

  notice(text: Notice | null): void {
    const notice = element('notice', HTMLElement);
    notice.hidden = text === null;
    if (text === null) return;
    this.words.put(notice, text);
    this.state.announce(notice.textContent ?? '');
  }

  showRecorded(recorded: boolean): void {
    element('recorded', HTMLElement).hidden = !recorded;
  }

  /** What is said where nothing has been said yet. */
  showEmpty(): void {
    element('nothing-said', HTMLElement).hidden = !(this.conversation.isEmpty && this.state.isConnected);
  }
}
