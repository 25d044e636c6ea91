import { isForNobody, isMeant, NO_EVIDENCE, type Evidence } from './evidence.js';

const evidence = (known: Partial<Evidence>): Evidence => ({ ...NO_EVIDENCE, ...known });
const ALONE = { speechMs: 1500, before: null };
const WORD = { speechMs: 400, before: null };
const CLOSE = { speechMs: 500, before: { sinceMs: 600, turnEnd: 0.9 } };
const LATER = { ...CLOSE, before: { sinceMs: 3000, turnEnd: 0.9 } };
const CUT_OFF = { ...CLOSE, before: { sinceMs: 600, turnEnd: 0.1 } };
const AMONG_OTHERS = { ...ALONE, overheardMs: 4000 };
const UNKNOWN = { ...CLOSE, before: { sinceMs: 600, turnEnd: null } };

describe('isForNobody', () => {
  test.each([
    ['speech of which nobody tells anything', {}, ALONE, false],
    ['the same, short and close behind a turn', {}, CLOSE, false],
    ['a question, says the ear', { notForMe: 0.1, speech: 0.9 }, ALONE, false],
    ['a question, says the ear, though there is music', { notForMe: 0.1, speech: 0.2 }, ALONE, false],
    ['no question, says the ear', { notForMe: 0.6, speech: 0.9 }, ALONE, true],
    ['laughter, of which the ear is in doubt', { notForMe: 0.4, speech: 0.99 }, ALONE, true],
    ['the same, which would interrupt', { notForMe: 0.4, interrupts: 0.9, speech: 0.99 }, ALONE, false],
    [
      'nine seconds of talk, whose last words would interrupt',
      { notForMe: 0.4, interrupts: 0.9, speech: 0.99 },
      { ...ALONE, speechMs: 9000 },
      true,
    ],
    ['talk, of which it has some doubt', { notForMe: 0.08, speech: 0.9 }, ALONE, false],
    ['the same, where others talk', { notForMe: 0.08, speech: 0.9 }, AMONG_OTHERS, true],
    ['a question among others', { notForMe: 0.02, speech: 0.9 }, AMONG_OTHERS, false],
    ['a sentence that it does not know an answer to', { notForMe: 0.05, sureness: 0.4 }, ALONE, true],
    ['the same, of which the ear is sure', { notForMe: 0.01, sureness: 0.4 }, ALONE, false],
    ['the same, which would interrupt', { notForMe: 0.05, interrupts: 0.9, sureness: 0.4 }, ALONE, true],
    ['a sentence that it knows an answer to', { notForMe: 0.1, sureness: 0.95 }, ALONE, false],
    ['a question in doubt, to which it surely knows one', { notForMe: 0.35, sureness: 0.995 }, ALONE, false],
    ['the same among others', { notForMe: 0.35, sureness: 0.995 }, AMONG_OTHERS, false],
    ['a song, to which it surely knows one', { notForMe: 0.05, speech: 0.01, sureness: 0.995 }, ALONE, true],
    ['no question, to which it surely knows one', { notForMe: 0.6, sureness: 0.995 }, ALONE, true],
    ['a word that it does not know an answer to', { notForMe: 0.05, sureness: 0.4 }, WORD, false],
    [
      'a short laugh, to which it does not either',
      { notForMe: 0.3, speech: 0.99, sureness: 0.2 },
      WORD,
      true,
    ],
    ['a short word among others', { notForMe: 0.08, speech: 0.9 }, { ...AMONG_OTHERS, speechMs: 400 }, false],
    ['a short word, of which it is in doubt', { notForMe: 0.35, speech: 0.99 }, WORD, false],
    ['a short laugh', { notForMe: 0.45, speech: 0.99 }, WORD, true],
    ['a short word, in which words are not surely heard', { notForMe: 0.35, speech: 0.4 }, WORD, true],
    ['a song, which the ear nearly takes for a question', { notForMe: 0.05, speech: 0.01 }, ALONE, true],
    ['a question through loud music', { notForMe: 0.002, speech: 0.01 }, ALONE, false],
    ['what is too short for a word', { notForMe: 0.002, speech: 0.7 }, { ...ALONE, speechMs: 96 }, true],
    ['the same, where nobody listens', {}, { ...ALONE, speechMs: 96 }, false],
    ['speech, where there is no ear', { speech: 0.9 }, ALONE, false],
    ['laughter, where there is no ear', { speech: 0.1 }, ALONE, true],
    ['a short word close behind a turn, where there is no ear', { speech: 0.9 }, CLOSE, true],
    ['the same, which the ear takes for a question', { notForMe: 0.01, speech: 0.9 }, CLOSE, true],
    ['a short word later', { speech: 0.9 }, LATER, false],
    ['the same, which the ear takes for a question', { notForMe: 0.01, speech: 0.9 }, LATER, false],
    ['a sentence close behind a turn', { speech: 0.9 }, { ...CLOSE, speechMs: 900 }, false],
    ['the rest of what was cut off', { speech: 0.9 }, CUT_OFF, false],
    ['the same, which the ear hears', { notForMe: 0.01, speech: 0.9 }, CUT_OFF, false],
    ['a "please" behind what the ear took for unfinished', { notForMe: 0.3, speech: 0.9 }, CUT_OFF, true],
    ['what may be the rest', { speech: 0.9 }, UNKNOWN, false],
    ['laughter behind what was cut off', { speech: 0.1 }, CUT_OFF, true],
  ])('%s', (_name, known, situation, expected) => {
    expect(isForNobody(evidence(known), situation)).toBe(expected);
  });
});

describe('isMeant', () => {
  const manner = { raised: false, heardOut: false };

  test.each([
    ['"stop", says the ear', { interrupts: 0.97, notForMe: 0.1 }, 400, true],
    ['"mm-hmm", of which it is in doubt', { interrupts: 0.8, notForMe: 0.02 }, 700, false],
    ['half a sentence, of which it is in doubt', { interrupts: 0.8, notForMe: 0.02 }, 1000, true],
    ['"hold on", which asks for nothing', { interrupts: 0.97, notForMe: 0.6 }, 400, true],
    ['"uh-huh", says the ear', { interrupts: 0.1, notForMe: 0.3 }, 500, false],
    ['a long sentence that the ear does not take for it', { interrupts: 0.2, notForMe: 0.1 }, 2000, true],
    ['a long laugh', { interrupts: 0.2, notForMe: 0.4 }, 3000, false],
    ['what went on a moment ago', { interrupts: 0.2 }, 3000, false],
  ])('heard out: %s', (_name, known, speechMs, expected) => {
    expect(isMeant(evidence(known), { ...manner, speechMs, heardOut: true })).toBe(expected);
  });

  test.each([
    ['half a sentence, says the ear', { interrupts: 0.97, notForMe: 0.01 }, 400, true],
    ['what may be half a cough', { interrupts: 0.8, notForMe: 0.01 }, 400, false],
    ['the same, where it lasts', { interrupts: 0.8, notForMe: 0.01 }, 1000, true],
    ['where there is no ear, what is short', { speech: 0.9 }, 750, false],
    ['where there is no ear, what is long', { speech: 0.9 }, 1000, true],
    ['humming, where there is no ear', { speech: 0.1 }, 5000, false],
    ['what nobody tells anything of, by its length', {}, 1000, true],
  ])('while it lasts: %s', (_name, known, speechMs, expected) => {
    expect(isMeant(evidence(known), { ...manner, speechMs })).toBe(expected);
  });

  test.each([
    ['"stop", where there is no ear', { speech: 0.9 }, 350, true],
    ['"uh-huh", says the ear', { speech: 0.9, interrupts: 0.1 }, 350, false],
    ['a loud laugh, where there is no ear', { speech: 0.3 }, 600, false],
    ['what is loud, where nobody tells anything of it', {}, 600, false],
  ])('with a raised voice: %s', (_name, known, speechMs, expected) => {
    expect(isMeant(evidence(known), { ...manner, speechMs, raised: true })).toBe(expected);
  });
});
