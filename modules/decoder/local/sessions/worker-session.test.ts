import { jest } from '@jest/globals';
import type { EngineSession, Segment } from '#modules/contracts';
import { readAnswer } from '../../testing/engine-script.js';
import { Rig, ask, edge, material, text, until, type Settings } from '../../testing/worker-rig.js';

// Real: the threads, the protocol, the sessions and their rebuilding. Fake: the model, a toy in which one wrong row changes
// all that follows. Workers die by their own hand, on request.

// Workers are started by the dozen.
jest.setTimeout(120_000);

let rig: Rig;
const begin = async (settings?: Settings) => (rig = await new Rig(settings).start());
afterEach(() => rig.stop());

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

  it('says of the rest of an utterance what it would have said of its end', async () => {
    await begin();
    const [session, other] = [await rig.open(), await rig.open()];
    const run = (id: string, final: boolean): Segment => {
      const pcm = material.sound(1, final ? 30 : 90);
      return { k: 'audio', id, ptsMs: 0, pcm, final, utterance: 'u', predict: true };
    };
    for (const one of [session, other]) {
      await one.append(edge('q', 'open'));
      await one.append(run('a', false));
    }
    const expected = await other.append(run('b', true));
    await rig.lose();
    const { turnEnd } = await session.append(run('b', true));
    expect(turnEnd).toBeGreaterThan(0);
    expect(turnEnd).toBe(expected.turnEnd);
  });

  it('judges a sound beside an answer, which goes on, and says what an utterance of it would say', async () => {
    await begin();
    const [session, other] = [await rig.open(), await rig.open()];
    for (const one of [session, other]) await ask(one, 'q');
    const pcm = material.sound(5, 90);
    const expected = await readAnswer(other.generate({ maxTokens: 8 }));
    const answer = readAnswer(session.generate({ maxTokens: 8 }));
    const told = await session.judge!(pcm);
    expect((await answer).ids).toEqual(expected.ids);
    await other.append(edge('r', 'open'));
    const { turnEnd } = await other.append({
      k: 'audio',
      id: 's',
      ptsMs: 0,
      pcm,
      final: true,
      predict: true,
    });
    expect(turnEnd).toBeGreaterThan(0);
    expect(told.turnEnd).toBe(turnEnd);
    await rig.lose();
    expect(await session.judge!(pcm)).toEqual(told);
  });

  it('fails an answer that had begun, and keeps what was told of it', async () => {
    await begin();
    const [session, fresh] = [await rig.open(), await rig.open()];
    for (const one of [session, fresh]) await ask(one, 'q');
    let genId = '';
    let told: number[] = [];
    let seed = 0;
    let failure: unknown = null;
    // An answer may be over before its worker dies; then another is tried.
    while (failure === null && seed < 10) {
      const { died } = rig.engine.stats.lost;
      told = [];
      seed += 1;
      try {
        for await (const event of session.generate({ maxTokens: 400, temperature: 2, seed })) {
          if (event.t === 'start') genId = event.genId;
          if (event.t === 'token' && told.push(event.id) === 1) rig.mortal.kill();
        }
        await until(() => rig.engine.stats.lost.died > died);
      } catch (error) {
        failure = error;
      }
    }
    expect(failure).toMatchObject({ code: 'engine_restarting', retryable: true });
    expect(told.length).toBeGreaterThan(0);
    const keepTokens = Math.min(told.length, 5);
    const at = await session.accept(genId, { keepTokens });
    expect(at).toEqual(session.head);

    const copy = await readAnswer(fresh.generate({ maxTokens: 5, temperature: 2, seed }));
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

  it.each([
    ['evicted', (session: EngineSession) => session.evict({ keepFrames: 0, targetTokens: 0 })],
    ['redacted', (session: EngineSession) => session.redact(['speech'])],
  ])(
    'takes the blocks of an utterance in again that was %s, in a worker and in the log',
    async (_, remove) => {
      await begin();
      const [session, fresh] = [await rig.open(), await rig.open()];
      const speak = async (one: EngineSession, turn: string) => {
        await one.append(edge(turn, 'open'));
        for (const [id, final] of [
          ['block 1', false],
          ['block 2', true],
        ] as const) {
          const pcm = material.sound(id.length, 90);
          await one.append({ k: 'audio', id, ptsMs: 0, pcm, final, utterance: 'speech' });
        }
        await one.append(edge(turn, 'close'));
      };
      await speak(session, 'a');
      await ask(session, 'b');
      const before = session.head.tokens;
      expect(await remove(session)).toMatchObject({ dropped: expect.arrayContaining(['block 2']) });
      const left = session.head.tokens;
      expect(left).toBeLessThan(before);
      const start = fresh.head.tokens;
      await speak(fresh, 'c');
      await speak(session, 'c');
      expect(session.head.tokens - left).toBe(fresh.head.tokens - start);
      const { tokens } = session.head;
      await rig.lose();
      const { end } = await readAnswer(session.generate({ maxTokens: 2 }));
      expect(end?.usage.prompt).toBe(tokens + 1);
    },
  );

  it('does not bring back what was redacted while there was no worker', async () => {
    await begin();
    const [session, fresh] = [await rig.open(), await rig.open()];
    for (const one of [session, fresh]) await one.append(edge('q', 'open'));
    await session.append(material.frame('secret', 5));
    await rig.lose();
    expect(await session.redact(['secret'])).toEqual({ epoch: 1, freed: 4, dropped: ['secret'] });
    for (const one of [session, fresh]) {
      await one.append(text('t'));
      await one.append(edge('q', 'close'));
    }
    const answers = [session, fresh].map((one) => readAnswer(one.generate({ maxTokens: 8 })));
    expect((await answers[0])?.ids).toEqual((await answers[1])?.ids);
  });

  it('does not let one operation kill worker after worker', async () => {
    await begin();
    const [session, other] = [await rig.open(), await rig.open()];
    for (const one of [session, other]) await one.append(edge('q', 'open'));
    await expect(session.append(text('p', 'poison'))).rejects.toMatchObject({ code: 'engine_restarting' });
    expect(rig.engine.stats.lost.died).toBe(2);
    for (const one of [session, other]) await one.append(text('t'));
  });

  it('is given up where one entry of its log kills every worker', async () => {
    await begin();
    const session = await rig.open();
    const told: string[] = [];
    session.onLost?.((why) => told.push(why.code));
    for (const segment of [edge('q', 'open'), text('v', 'venom')]) await session.append(segment);
    await rig.lose();
    await expect(session.append(text('t'))).rejects.toMatchObject({
      code: 'session_closed',
      message: expect.stringContaining('every worker that it was rebuilt in was lost'),
    });
    expect(rig.engine.stats).toMatchObject({ lost: { died: 4 }, sessionsGivenUp: 1 });
    expect(told).toEqual(['session_closed']);
  });

  it('is rebuilt where the workers that die are at another entry each time', async () => {
    await begin();
    const session = await rig.open();
    await session.append(edge('q', 'open'));
    for (let curse = 1; curse <= 5; curse++) await session.append(text(`c${curse}`, `curse ${curse}`));
    await rig.lose();
    await session.append(text('t'));
    expect(rig.engine.stats).toMatchObject({ lost: { died: 6 }, sessionsRebuilt: 1, sessionsGivenUp: 0 });
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
