import { jest } from '@jest/globals';
import fc from 'fast-check';
import { LocalSession, localHost } from '../../testing/local-session.js';
import { steps } from '../../testing/random-steps.js';
import { TOY_CODEC, ToyModel } from '../../testing/toy-model.js';
import { Actor, Rig, actorSteps, material, type Settings } from '../../testing/worker-rig.js';

// Real: the threads, the protocol, the sessions and their rebuilding. Fake: the model, a toy in which one wrong row changes
// all that follows. Workers die by their own hand, on request.

// Workers are started by the dozen.
jest.setTimeout(120_000);

let rig: Rig;
const begin = async (settings?: Settings) => (rig = await new Rig(settings).start());
afterEach(() => rig.stop());

describe('a session whose worker is lost now and then', () => {
  it('is, after any operations and losses, what a session is that lost nothing', async () => {
    await begin({ workers: 2 });
    const host = await localHost(new ToyModel(), TOY_CODEC);
    // Not evictions: what is evicted is not replayed.
    const taken = actorSteps().map((list) => list.filter((step) => step.do !== 'evict'));
    const tried = { cuts: 0, asides: 0 };
    const losses = fc.array(fc.nat(15), { minLength: 1, maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(taken, losses, async (list, lost) => {
        const session = await rig.open();
        const pair = [new Actor(session), new Actor(await LocalSession.open(host))] as const;
        for (const [index, step] of list.entries()) {
          if (lost.includes(index)) await rig.lose();
          for (const actor of pair) await actor.take(step);
          expect(session.head.tokens).toBe(pair[1].session.head.tokens);
        }
        expect(pair[0].asides).toEqual(pair[1].asides);
        tried.asides += pair[0].asides.length;
        tried.cuts += list.filter((step) => step.do === 'cut').length;
        const [answer, expected] = [await pair[0].answer(10), await pair[1].answer(10)];
        expect(answer.ids).toEqual(expected.ids);
        expect(answer.end?.usage.prompt).toBe(expected.end?.usage.prompt);
        await session.close();
      }),
      { numRuns: 12, seed: 11 },
    );
    expect(Math.min(tried.asides, tried.cuts)).toBeGreaterThan(3);
  });

  it('takes out what its worker takes out, whole exchanges too, also where it was rebuilt before', async () => {
    await begin({ workers: 2 });
    const host = await localHost(new ToyModel(), TOY_CODEC);
    let exchanges = 0;
    await fc.assert(
      fc.asyncProperty(steps(material, 30), fc.nat(10), async (list, loss) => {
        const session = await rig.open();
        const pair = [new Actor(session), new Actor(await LocalSession.open(host))] as const;
        const firstEviction = list.findIndex((step) => step.do === 'evict');
        for (const [index, step] of list.entries()) {
          // What was evicted is not replayed: a session that loses its worker later is not the same any more.
          if (index === loss && index <= firstEviction) await rig.lose();
          for (const actor of pair) await actor.take(step);
          expect(session.head.tokens).toBe(pair[1].session.head.tokens);
        }
        expect(pair[0].evicted).toEqual(pair[1].evicted);
        exchanges += pair[0].evicted.filter((ids) => ids.some((id) => pair[0].edges.has(id))).length;
        const [answer, expected] = [await pair[0].answer(10), await pair[1].answer(10)];
        expect(answer.ids).toEqual(expected.ids);
        expect(answer.end?.usage.prompt).toBe(expected.end?.usage.prompt);
        await session.close();
      }),
      { numRuns: 30, seed: 3 },
    );
    expect(exchanges).toBeGreaterThan(10);
  });

  it('is as long as its worker says, also where it lost another after an eviction', async () => {
    await begin({ workers: 2 });
    let losses = 0;
    await fc.assert(
      fc.asyncProperty(steps(material, 30), async (list) => {
        const session = await rig.open();
        const actor = new Actor(session);
        for (const step of list) {
          await actor.take(step);
          if (step.do !== 'evict' || losses >= 8) continue;
          losses += 1;
          await rig.lose();
        }
        // The head is the log's, the length of the prompt the worker's, and the mark that an answer begins with is one.
        const { end } = await actor.answer(4);
        expect(end?.usage.prompt).toBe(session.head.tokens + 1);
        await session.close();
      }),
      { numRuns: 20, seed: 4 },
    );
    expect(losses).toBe(8);
  });
});
