import { jest } from '@jest/globals';
import type { AsideSegment, EngineSession } from '#modules/contracts';
import { readAnswer } from '../../testing/engine-script.js';
import { Rig, ask, edge, material, text } from '../../testing/worker-rig.js';

// Real: the threads, the protocol, the sessions and their rebuilding. Fake: the model, a toy in which one wrong row changes
// all that follows. Workers die by their own hand, on request.

jest.setTimeout(120_000);

let rig: Rig;
beforeEach(async () => (rig = await new Rig().start()));
afterEach(() => rig.stop());

const reading = (...read: AsideSegment[]): AsideSegment[] => [
  edge('a1', 'open'),
  ...read,
  edge('a2', 'close'),
];
const beside = (session: EngineSession, segments: AsideSegment[], maxTokens = 8) =>
  session.aside({ segments, maxTokens });

describe('a session that is asked beside its context, and whose worker is lost', () => {
  it('answers from what it was shown before, and itself as if it had not been asked', async () => {
    const [session, other] = [await rig.open(), await rig.open()];
    for (const one of [session, other]) {
      await one.append(edge('q', 'open'));
      await one.append(material.frame('shown', 7));
      await one.append(text('said'));
      await one.append(edge('q end', 'close'));
    }
    const segments = reading({ k: 'known', id: 'shown' }, text('what was that'));
    const expected = await readAnswer(beside(other, segments));
    await rig.lose();
    expect((await readAnswer(beside(session, segments))).ids).toEqual(expected.ids);
    const [answer, undisturbed] = [
      await readAnswer(session.generate({ maxTokens: 8 })),
      await readAnswer(other.generate({ maxTokens: 8 })),
    ];
    expect(answer.ids).toEqual(undisturbed.ids);
  });

  it('fails an answer beside it that had begun, and goes on itself', async () => {
    const session = await rig.open();
    await ask(session, 'q');
    let failure: unknown = null;
    // An answer may be over before its worker dies; then another is tried.
    for (let seed = 0; failure === null && seed < 10; seed++) {
      const events = session.aside({ segments: reading(text('a3')), maxTokens: 60, temperature: 1, seed });
      await events.next();
      const lost = rig.lose();
      try {
        for await (const _ of events);
      } catch (error) {
        failure = error;
      }
      await lost;
    }
    expect(failure).toMatchObject({ code: 'engine_restarting', retryable: true });
    expect((await readAnswer(beside(session, reading(text('a4'))))).ids.length).toBeGreaterThan(0);
    expect((await readAnswer(session.generate({ maxTokens: 4 }))).end).not.toBeNull();
  });
});
