import { jest } from '@jest/globals';
import type { EngineSession } from '#modules/contracts';
import { seededRandom } from '../../core/text/sampler.js';
import { readAnswer } from '../../testing/engine-script.js';
import { Rig, ask, pause, until, type Settings } from '../../testing/worker-rig.js';

// Real: the threads, the protocol, the sessions and their rebuilding. Fake: the model, a toy in which one wrong row changes
// all that follows. Workers die by their own hand, on request.

// Workers are started by the dozen.
jest.setTimeout(120_000);

let rig: Rig;
const begin = async (settings?: Settings) => (rig = await new Rig(settings).start());
afterEach(() => rig.stop());

describe('a worker that is stuck', () => {
  it('is given up and replaced, and ends when it can', async () => {
    await begin({ stallMs: 300 });
    const session = await rig.open();
    await ask(session, 'q');
    rig.mortal.hang(4000);
    const { ids } = await readAnswer(session.generate({ maxTokens: 4 }));
    expect(ids.length).toBeGreaterThan(0);
    expect(rig.engine.stats).toMatchObject({ lost: { died: 0, stuck: 1 }, workersUp: 1 });
    await until(() => rig.engine.stats.workersStuck === 0);
  });
});

describe('sessions whose workers die at random', () => {
  it('end every turn in an answer or an error that may be retried, and none hangs', async () => {
    await begin({ workers: 2, recoveryMs: 3000 });
    const random = seededRandom(5);
    const sessions = await Promise.all(Array.from({ length: 4 }, () => rig.open()));
    const outcomes: string[] = [];
    let longestMs = 0;
    let over = false;
    const killer = (async () => {
      while (!over) {
        await until(() => over || rig.engine.stats.workersUp === 2);
        await pause(500 + random() * 1500);
        rig.mortal.kill(random());
      }
    })();
    const turn = async (session: EngineSession, id: string): Promise<string> => {
      const before = session.mark();
      try {
        await ask(session, id);
        const { genId } = await readAnswer(session.generate({ maxTokens: 40, temperature: 2, seed: 1 }));
        await session.accept(genId);
        await session.evict({ keepFrames: 4, targetTokens: 200 });
        return 'answered';
      } catch (error) {
        await session.rollback(before);
        return (error as { code: string }).code;
      }
    };
    await Promise.all(
      sessions.map(async (session, call) => {
        for (let count = 0; count < 13; count++) {
          const startedAt = performance.now();
          outcomes.push(await turn(session, `${call}.${count}`));
          longestMs = Math.max(longestMs, performance.now() - startedAt);
          await pause(random() * 400);
        }
      }),
    );
    over = true;
    await killer;
    expect(outcomes.filter((outcome) => outcome !== 'answered' && outcome !== 'engine_restarting')).toEqual(
      [],
    );
    expect(outcomes.filter((outcome) => outcome === 'answered').length).toBeGreaterThan(outcomes.length / 2);
    // How many depends on how fast workers start here.
    expect(rig.engine.stats.lost.died).toBeGreaterThan(0);
    expect(rig.engine.stats.sessionsGivenUp).toBe(0);
    expect(longestMs).toBeLessThan(5000);
  });
});
