import { auc, wilson } from '../support/statistics.js';
import { bleu } from './bleu.js';
import type { Outcome } from './evaluate.js';
import { guessable, isRecognition, isTranslation, needsEyes } from './families.js';
import { errorRate, tokenErrors } from './token-error.js';
import { isChinese, tokens } from './tokens.js';

/** A share of right answers; null where nothing was asked. */
export interface Accuracy {
  readonly n: number;
  readonly accuracy: number | null;
}

/** With Wilson's 95 % interval. */
export interface IntervalAccuracy extends Accuracy {
  readonly low: number;
  readonly high: number;
}

export interface FamilyAccuracy extends IntervalAccuracy {
  /** What the best constant answer gets right, of the same questions. */
  readonly guess: number | null;
  /** Of a sample of the same questions: without pictures, and without speech. */
  readonly ablated: number;
  readonly blind: number | null;
  readonly deaf: number | null;
}

/** Something withheld, beside the rate of guessing. */
export interface Ablation extends Accuracy {
  /** What the best constant answer of each family would get right of them. */
  readonly guess: number | null;
}

/** Errors over the tokens that should have been said: words of English (WER), characters of Chinese (CER). */
export interface RecognitionErrors {
  readonly n: number;
  readonly unit: 'word' | 'character';
  readonly rate: number | null;
}

/** What `--json` writes, but for `webrtc` and `seconds`. All figures are of held-out voices, but for `ood`. */
export interface EvalReport {
  readonly model: string;
  readonly overall: FamilyAccuracy;
  readonly languages: Readonly<Record<string, IntervalAccuracy>>;
  readonly families: Readonly<Record<string, FamilyAccuracy>>;
  readonly ablations: {
    /** Of the families that need the pictures. */
    readonly blind: Ablation;
    readonly deaf: Ablation;
    /** Speech at once against speech in packets. */
    readonly oneShot: { readonly n: number; readonly identical: number };
  };
  /** Over the families of speech recognition; `wer` and `cer` over all of a language. */
  readonly asr: {
    readonly wer: number | null;
    readonly cer: number | null;
    readonly families: Readonly<Record<string, RecognitionErrors>>;
  };
  /** Corpus BLEU-4, words of English, characters of Chinese. */
  readonly s2tt: {
    readonly en2zh: { readonly n: number; readonly bleu: number | null };
    readonly zh2en: { readonly n: number; readonly bleu: number | null };
  };
  /** Questions against the same ones cut off inside. */
  readonly turnEnd: { readonly n: number; readonly auc: number | null };
  /** A synthesiser that training never heard. */
  readonly ood: { readonly flite: IntervalAccuracy };
}

export function report(model: string, outcomes: readonly Outcome[]): EvalReport {
  const { espeak: heldOut = [], flite = [] } = Object.groupBy(outcomes, (o) => o.question.synthesiser);
  const families = Object.groupBy(heldOut, (o) => o.question.family);
  const languages = Object.groupBy(heldOut, (o) => o.question.lang);
  const tried = heldOut.filter((o) => o.oneShotIdentical !== null);
  return {
    model,
    overall: familyAccuracy(heldOut),
    languages: mapGroups(languages, (group) => interval(group)),
    families: mapGroups(families, (group) => familyAccuracy(group)),
    ablations: {
      blind: ablation(
        heldOut.filter((o) => needsEyes(o.question.family)),
        'blind',
      ),
      deaf: ablation(heldOut, 'deaf'),
      oneShot: { n: tried.length, identical: tried.filter((o) => o.oneShotIdentical).length },
    },
    asr: recognition(heldOut),
    s2tt: translation(heldOut),
    turnEnd: turnEnd(heldOut),
    ood: { flite: interval(flite) },
  };
}

function familyAccuracy(outcomes: readonly Outcome[]): FamilyAccuracy {
  const ablated = outcomes.filter((o) => o.ablated !== null);
  return {
    ...interval(outcomes),
    guess: guessRate(outcomes),
    ablated: ablated.length,
    blind: share(ablated, (o) => o.ablated?.blind === true),
    deaf: share(ablated, (o) => o.ablated?.deaf === true),
  };
}

function ablation(outcomes: readonly Outcome[], withheld: 'blind' | 'deaf'): Ablation {
  const ablated = outcomes.filter((o) => o.ablated !== null);
  return {
    n: ablated.length,
    accuracy: share(ablated, (o) => o.ablated?.[withheld] === true),
    guess: guessRate(outcomes),
  };
}

/** Whoever guesses knows the family. */
function guessRate(outcomes: readonly Outcome[]): number | null {
  if (outcomes.length === 0) return null;
  const families = Map.groupBy(
    outcomes.map((o) => o.question),
    ({ family }) => family,
  );
  const guessed = [...families.values()].reduce((sum, questions) => sum + guessable(questions), 0);
  return guessed / outcomes.length;
}

function recognition(heldOut: readonly Outcome[]): EvalReport['asr'] {
  const asked = heldOut.filter((o) => isRecognition(o.question.family));
  const { word = [], character = [] } = Object.groupBy(asked, unitOf);
  return {
    wer: errors(word),
    cer: errors(character),
    families: mapGroups(
      Object.groupBy(asked, (o) => o.question.family),
      (group) => ({ n: group.length, unit: unitOf(group[0]), rate: errors(group) }),
    ),
  };
}

function unitOf(outcome: Outcome | undefined): RecognitionErrors['unit'] {
  return outcome?.question.lang === 'zh' ? 'character' : 'word';
}

function errors(outcomes: readonly Outcome[]): number | null {
  return errorRate(outcomes.map((o) => tokenErrors(o.question.answer, o.text)));
}

function translation(heldOut: readonly Outcome[]): EvalReport['s2tt'] {
  const asked = heldOut.filter((o) => isTranslation(o.question.family));
  const { en2zh = [], zh2en = [] } = Object.groupBy(asked, (o) =>
    isChinese(o.question.answer) ? 'en2zh' : 'zh2en',
  );
  const score = (outcomes: readonly Outcome[]) => ({
    n: outcomes.length,
    bleu: bleu(outcomes.map((o) => ({ reference: tokens(o.question.answer), hypothesis: tokens(o.text) }))),
  });
  return { en2zh: score(en2zh), zh2en: score(zh2en) };
}

export function turnEnd(heldOut: readonly Outcome[]): EvalReport['turnEnd'] {
  const scores = heldOut.map((o) => o.turnEnd).filter((score) => score !== null);
  const [whole, cut] = [scores.map((score) => score.whole), scores.map((score) => score.cut)];
  return { n: scores.length, auc: auc(whole, cut) };
}

export function interval(outcomes: readonly Outcome[]): IntervalAccuracy {
  const correct = outcomes.filter((o) => o.correct).length;
  return {
    n: outcomes.length,
    accuracy: share(outcomes, (o) => o.correct),
    ...wilson(correct, outcomes.length),
  };
}

function share(outcomes: readonly Outcome[], holds: (outcome: Outcome) => boolean): number | null {
  return outcomes.length === 0 ? null : outcomes.filter(holds).length / outcomes.length;
}

function mapGroups<T>(
  groups: Partial<Record<string, Outcome[]>>,
  figure: (group: readonly Outcome[]) => T,
): Record<string, T> {
  return Object.fromEntries(Object.entries(groups).map(([name, group = []]) => [name, figure(group)]));
}
