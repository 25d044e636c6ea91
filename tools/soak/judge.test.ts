import { NEVER_OPENED } from './journal.js';
import { judge } from './judge.js';
import { Notes } from './record.js';

const RIGHT = { k: 'spoken' as const, question: 'q', answer: 'a', right: true, failure: null };
const record = (leaving: 'hangup' | 'killed', fill: (notes: Notes) => void = () => undefined) => {
  const notes = new Notes();
  notes.left = true;
  fill(notes);
  return notes.record({ n: 1, leaving, camera: false });
};
const ended = (reason: string) => ({ reason, atMs: 0 });

describe('judge', () => {
  it('finds nothing in a call that was as it should be', () => {
    const good = record('hangup', ({ asked }) => asked.push(RIGHT, RIGHT));
    expect(judge(good, [ended('hangup')])).toEqual({ failures: [], wrong: 0 });
  });

  it('tells a wrong answer from none: only a call without an answer has failed', () => {
    const wrong = record('killed', ({ asked }) => asked.push(RIGHT, { ...RIGHT, right: false }));
    expect(judge(wrong, [ended('failed')])).toEqual({ failures: [], wrong: 1 });
    const deaf = record('killed', ({ asked }) =>
      asked.push({ ...RIGHT, answer: null, right: false, failure: 'no answer within 20 s' }),
    );
    expect(judge(deaf, [ended('failed')])).toEqual({ failures: ['not_answered'], wrong: 0 });
  });

  it('wants each of its calls to have ended', () => {
    expect(judge(record('killed'), [ended('failed'), null]).failures).toEqual(['not_ended']);
  });

  it('wants a call that was hung up to have ended for that', () => {
    expect(judge(record('hangup'), [ended('closed_by_peer')]).failures).toEqual(['wrong_reason']);
    // So soon after it connected that there was no call yet.
    expect(judge(record('hangup'), [NEVER_OPENED]).failures).toEqual([]);
    expect(judge(record('hangup'), [null]).failures).toEqual(['not_ended']);
    const early = record('hangup', (notes) => (notes.left = false));
    expect(judge(early, [ended('closed_by_peer')]).failures).toEqual([]);
  });

  it('names the kinds of faults, once each', () => {
    const bad = record('killed', (notes) => {
      notes.fault('foreign_event', 'response.done');
      notes.fault('foreign_event', 'response.created');
      notes.fault('error', 'engine_failed');
    });
    expect(judge(bad, []).failures).toEqual(['foreign_event', 'error']);
  });
});
