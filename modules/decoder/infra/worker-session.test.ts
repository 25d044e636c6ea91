import { jest } from '@jest/globals';
import fc from 'fast-check';
import { workerEntry, type EngineSession, type Segment } from '#modules/contracts';
import { MortalWorkers } from '../../../test/support/mortal-workers.js';
import { capsOf } from '../core/caps.js';
import { DEFAULT_OPTIONS } from '../core/options.js';
import { seededRandom } from '../core/sampler.js';
import { SessionScript, readAnswer, steps, type Material } from '../testing/engine-script.js';
import { ToyModel } from '../testing/toy-model.js';
import { WorkerEngine } from './worker-engine.js';
import type { EngineWorkerData } from './worker-protocol.js';

// Real: the threads, the protocol, the sessions and their rebuilding. Fake: the model, a toy in which one wrong row changes
// all that follows. Workers die by their own hand, on request.

// Workers are started by the dozen.
jest.setTimeout(120_000);

const edge = (id: string, at: 'open' | 'close'): Segment => ({ k: 'turn', id, role: 'user', edge: at });
const text = (id: string, words = `words of ${id}`): Segment => ({ k: 'text', id, text: words });

const material: Material = {
  maxSamples: 200,
  frame: (id, seed) => {
    const data = Uint8Array.from({ length: 12 }, (_, index) => (seed * 7 + index * 31) % 256);
    return { k: 'frame', id, ptsMs: seed, image: { width: 2, height: 2, data } };
  },
  sound: (seed, samples) => Float32Array.from({ length: samples }, (_, index) => Math.sin(seed + index)),
};

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(holds: () => boolean, withinMs = 30_000): Promise<void> {
  for (const end = performance.now() + withinMs; !holds(); await pause(2)) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${holds.toString()}`);
  }
}

interface Settings {
  readonly workers?: number;
  readonly recoveryMs?: number;
  readonly stallMs?: number;
}

class Rig {
  readonly mortal = new MortalWorkers();
  readonly engine: WorkerEngine;

  constructor({ workers = 1, recoveryMs = 30_000, stallMs = 60_000 }: Settings = {}) {
    this.engine = new WorkerEngine({
      data: { shedLimits: DEFAULT_OPTIONS.shedLimits } as EngineWorkerData,
      caps: capsOf(new ToyModel().config, 16),
      workers,
      recoveryMs,
      stallMs,
      entry: this.mortal.entry(workerEntry('../testing/toy-worker', import.meta.url)),
      onLost: () => undefined,
    });
  }

  async start(): Promise<this> {
    await this.engine.start();
    return this;
  }

  open(): Promise<EngineSession> {
    return this.engine.open({ system: '' });
  }

  /** Kills a worker, and waits until that is known. */
  async lose(which = 0): Promise<void> {
    const { died } = this.engine.stats.lost;
    await until(() => this.mortal.kill(which));
    await until(() => this.engine.stats.lost.died > died);
  }

  async stop(): Promise<void> {
    await this.engine.close(0);
    this.mortal.close();
  }
}

let rig: Rig;
const begin = async (settings?: Settings) => (rig = await new Rig(settings).start());
afterEach(() => rig.stop());

async function ask(session: EngineSession, id: string): Promise<void> {
  await session.append(edge(id, 'open'));
  await session.append(text(`${id} text`));
  await session.append(edge(id, 'close'));
}

describe('a session whose worker is lost', () => {
  it('answers late what it would have answered', async () => {
    await begin();
    const [session, other] = [await rig.open(), await rig.open()];
    for (const one of [session, other]) await ask(one, 'q');
    const expected = await readAnswer(other.generate({ maxTokens: 8 }));
    await rig.lose();
    const answer = await readAnswer(session.generate({ maxTokens: 8 }));
    expect(answer).toMatchObject({ ids: expected.ids, end: expected.end && { reason: expected.end.reason } });
    await until(() => rig.engine.stats.sessionsRebuilt === 2);
    expect(rig.engine.stats).toMatchObject({ lost: { died: 1, stuck: 0 }, sessions: 2, sessionsGivenUp: 0 });
  });

  it('fails an answer that had begun, and keeps what was told of it', async () => {
    await begin();
    const [session, fresh] = [await rig.open(), await rig.open()];
    for (const one of [session, fresh]) await ask(one, 'q');
    const events = session.generate({ maxTokens: 400, temperature: 2, seed: 3 });
    let genId = '';
    const told: number[] = [];
    const reading = (async () => {
      for await (const event of events) {
        if (event.t === 'start') genId = event.genId;
        if (event.t === 'token' && told.push(event.id) === 1) rig.mortal.kill();
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: 'engine_restarting', retryable: true });
    expect(told.length).toBeGreaterThan(0);
    const keepTokens = Math.min(told.length, 5);
    const at = await session.accept(genId, { keepTokens });
    expect(at).toEqual(session.head);

    const copy = await readAnswer(fresh.generate({ maxTokens: 5, temperature: 2, seed: 3 }));
    expect(copy.ids.slice(0, keepTokens)).toEqual(told.slice(0, keepTokens));
    await fresh.accept(copy.genId, { keepTokens });
    for (const one of [session, fresh]) await ask(one, 'r');
    const answers = [session, fresh].map((one) => readAnswer(one.generate({ maxTokens: 8 })));
    expect((await answers[0])?.ids).toEqual((await answers[1])?.ids);
  });

  it('takes up what was under way, in its order', async () => {
    await begin();
    const [session, fresh] = [await rig.open(), await rig.open()];
    await rig.lose();
    const calls = [ask(session, 'q'), ask(fresh, 'q')];
    await Promise.all(calls);
    const mark = session.mark();
    const frame = session.append(material.frame('late', 1), { priority: 'background' });
    await Promise.allSettled([frame]);
    await session.rollback(mark);
    expect((await readAnswer(session.generate({ maxTokens: 8 }))).ids).toEqual(
      (await readAnswer(fresh.generate({ maxTokens: 8 }))).ids,
    );
  });

  it('needs no worker for edges of turns, to go back, to keep an answer and to evict', async () => {
    await begin({ recoveryMs: 0 });
    const session = await rig.open();
    await session.append(edge('q', 'open'));
    await session.append(material.frame('f', 1));
    await session.append(edge('q', 'close'));
    const mark = session.mark();
    const { genId, ids } = await readAnswer(session.generate({ maxTokens: 4 }));
    await rig.lose();
    expect((await session.accept(genId)).tokens).toBe(mark.tokens + 2 + ids.length);
    await session.append(edge('r', 'open'));
    await expect(session.append(text('r'))).rejects.toMatchObject({ code: 'engine_restarting' });
    await expect(session.append(material.frame('g', 2), { priority: 'background' })).rejects.toMatchObject({
      code: 'shed',
    });
    await session.rollback(mark);
    expect(session.head.tokens).toBe(mark.tokens);
    expect(await session.evict({ keepFrames: 0, targetTokens: 1000 })).toMatchObject({ epoch: 1, freed: 4 });
    await expect(session.rollback(mark)).rejects.toMatchObject({ code: 'stale_checkpoint' });
    await until(() => rig.engine.stats.sessionsRebuilt === 1);
    const { tokens } = session.head;
    expect((await session.append(edge('r', 'open'))).at.tokens).toBe(tokens + 1);
  });

  it('is rebuilt alike time after time, also where something was evicted', async () => {
    await begin();
    const sessions = [await rig.open(), await rig.open()];
    for (const session of sessions) {
      for (const turn of ['1', '2', '3']) {
        await session.append(edge(turn, 'open'));
        await session.append(material.frame(`f${turn}`, Number(turn)));
        await session.append(text(`t${turn}`));
        await session.append(edge(turn, 'close'));
        const { genId } = await readAnswer(session.generate({ maxTokens: 4 }));
        await session.accept(genId);
      }
      await session.evict({ keepFrames: 1, targetTokens: 20 });
    }
    await rig.lose();
    await until(() => rig.engine.stats.sessionsRebuilt === 2);
    await sessions[0]?.close();
    await rig.lose();
    await until(() => rig.engine.stats.sessionsRebuilt === 3);
    const again = sessions[1] as EngineSession;
    await ask(again, 'last');
    const { ids, end } = await readAnswer(again.generate({ maxTokens: 8 }));
    expect(ids.length).toBeGreaterThan(0);
    expect(end?.usage.prompt).toBe(again.head.tokens + 1);
  });

  it('is, after any operations and losses, what a fresh session is that replays what is left', async () => {
    await begin({ workers: 2 });
    const scripts = fc.tuple(steps(material), fc.array(fc.nat(15), { minLength: 1, maxLength: 2 }));
    await fc.assert(
      fc.asyncProperty(scripts, async ([taken, losses]) => {
        const [session, fresh] = [await rig.open(), await rig.open()];
        const script = new SessionScript(session, material);
        for (const [index, step] of taken.entries()) {
          if (losses.includes(index)) await rig.lose();
          await script.take(step);
        }
        const answer = await script.finish(10);
        await script.replayInto(fresh);
        expect((await readAnswer(fresh.generate({ maxTokens: 10 }))).ids).toEqual(answer);
        expect(fresh.head.tokens).toBe(session.head.tokens);
        await Promise.all([session.close(), fresh.close()]);
      }),
      { numRuns: 12, seed: 11 },
    );
  });

  it('does not let one operation kill worker after worker', async () => {
    await begin();
    const [session, other] = [await rig.open(), await rig.open()];
    for (const one of [session, other]) await one.append(edge('q', 'open'));
    await expect(session.append(text('p', 'poison'))).rejects.toMatchObject({ code: 'engine_restarting' });
    expect(rig.engine.stats.lost.died).toBe(2);
    for (const one of [session, other]) await one.append(text('t'));
  });

  it('is closed without a worker', async () => {
    await begin();
    const session = await rig.open();
    await rig.lose();
    const held = session.append(edge('q', 'open'));
    const closed = session.close();
    await expect(held).rejects.toMatchObject({ code: 'session_closed' });
    await closed;
    expect(rig.engine.stats.sessions).toBe(0);
  });
});

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
    expect(rig.engine.stats.lost.died).toBeGreaterThan(2);
    expect(rig.engine.stats.sessionsGivenUp).toBe(0);
    expect(longestMs).toBeLessThan(5000);
  });
});
