import type { Answering } from '../answering/answering.js';
import type { Speculation } from '../answering/speculation.js';
import type { Session } from '../session.js';
import { isForNobody } from '../turn-rules/evidence.js';
import { OverheardTalk } from '../turn-rules/overheard.js';
import { Patience } from './patience.js';
import type { Utterance } from './utterance.js';

/** What is made of an utterance while it lasts: whom to ask about it, how long to wait for its end, and whether it is for the model. */
export class Attention {
  readonly #session: Session;
  readonly #answering: Answering;
  readonly #speculation: Speculation;
  readonly #patience: Patience;
  readonly #overheard = new OverheardTalk();
  /** Where the last turn ended (media clock), and whether it was over there, as far as is known; null: there was none. */
  #turn: { readonly endMs: number; readonly turnEnd: number | null } | null = null;

  constructor(
    session: Session,
    { answering, speculation }: { answering: Answering; speculation: Speculation },
  ) {
    this.#session = session;
    this.#answering = answering;
    this.#speculation = speculation;
    this.#patience = new Patience(session);
  }

  /** In a pause, the model's ear is to be asked. */
  get asksEar(): boolean {
    const session = this.#session;
    const turnEnd = session.turnEndBy === 'model' && session.policy?.asksModel === true;
    return turnEnd || (session.policy !== null && session.earTells('notForMe'));
  }

  /** In a pause, the gateway's judge is to be asked; while an answer is held back, whoever can tell. */
  get asksJudge(): boolean {
    const { judge, turnEndBy, policy } = this.#session;
    return judge.speech || (turnEndBy === 'judge' && policy?.asksModel === true) || this.#answering.held;
  }

  /** Something new is known. What is for nobody is let go after the silence of the rule, however unfinished it may be. */
  adapt(utterance: Utterance): void {
    if (!utterance.pause) return;
    if (this.isForNobody(utterance)) this.#patience.reset();
    else this.#patience.adapt(utterance.turnEnd, utterance.speechMs(this.#session.heardToMs));
  }

  /** Speech goes on, or there is none. */
  reset(): void {
    this.#patience.reset();
  }

  /** The detector was set anew. */
  forget(): void {
    this.#patience.forget();
  }

  turnEnded({ turnEnd }: Utterance, speechEndMs: number): void {
    this.#turn = { endMs: speechEndMs, turnEnd };
    this.#overheard.forget();
  }

  /** It was for nobody. */
  letGo(utterance: Utterance): void {
    const { heardToMs } = this.#session;
    this.#overheard.add({ endMs: heardToMs, speechMs: utterance.speechMs(heardToMs) });
  }

  isForNobody(utterance: Utterance): boolean {
    const turn = this.#turn;
    const before = turn && { sinceMs: utterance.speechFromMs - turn.endMs, turnEnd: turn.turnEnd };
    const { heardToMs } = this.#session;
    const overheardMs = this.#overheard.speechMs(heardToMs);
    const evidence = { ...utterance.evidence, sureness: this.#speculation.sureness };
    return isForNobody(evidence, { speechMs: utterance.speechMs(heardToMs), before, overheardMs });
  }
}
