import type { Segment } from '#modules/contracts';
import { readAnswer } from '../../testing/engine-script.js';
import type { LocalSession } from '../../testing/local-session.js';
import { ask, audio, edge, material, openToy, text } from '../../testing/toy-session.js';
import { JOURNAL_LIMIT } from '../context/journal.js';

// Real: everything in core/. Fake: the model, a toy whose every row depends exactly on all rows before it.

describe('DecoderSession, journal', () => {
  it('holds an entry for every operation', async () => {
    const { session } = await openToy();
    await session.append(edge('a', 'open'));
    await session.append(material.frame('f', 1));
    const mark = session.mark();
    await session.append(text('said'));
    await session.rollback(mark);
    await session.append(text('said'));
    await session.append(edge('a', 'close'));
    const { genId } = await readAnswer(session.generate({ maxTokens: 3 }));
    await session.accept(genId, { keepTokens: 2 });
    await session.evict({ keepFrames: 0, targetTokens: 512 });
    await session.redact(['said']);
    await expect(session.append(text('outside'))).rejects.toMatchObject({ code: 'bad_request' });
    const { entries } = session.decoder;
    expect(
      entries.map(({ op, seq, epoch, tokens, span }) => [op, seq, epoch, tokens, span?.from, span?.to]),
    ).toEqual([
      ['open', 0, 0, 1, 0, 1],
      ['append', 1, 0, 2, 1, 2],
      ['append', 2, 0, 6, 2, 6],
      ['mark', 3, 0, 6, undefined, undefined],
      ['append', 4, 0, 10, 6, 10],
      ['rollback', 5, 0, 6, undefined, undefined],
      ['append', 6, 0, 10, 6, 10],
      ['append', 7, 0, 11, 10, 11],
      ['commit', 8, 0, 15, 11, 15],
      ['evict', 9, 1, 11, undefined, undefined],
      ['redact', 10, 2, 7, 2, 7],
      ['failed', 11, 2, 7, undefined, undefined],
    ]);
    expect(entries.find(({ op }) => op === 'commit')).toMatchObject({ owner: { id: genId }, tokensKept: 2 });
    expect(entries.find(({ op }) => op === 'evict')).toMatchObject({ dropped: ['f'], freed: 4 });
    expect(entries.at(-1)).toMatchObject({ code: 'bad_request' });
  });

  it('goes back to any frame and any utterance by its receipt', async () => {
    const { session } = await openToy();
    await session.append(edge('a', 'open'));
    const frame = await session.append(material.frame('f', 1));
    const utterance = await session.append(audio('u', 40, true, 'said'));
    await session.append(material.frame('g', 2));
    await session.rollback(utterance.at);
    expect(session.head.tokens).toBe(utterance.at.tokens);
    await session.rollback(frame.at);
    await session.rollback(frame.at);
    expect(session.head.tokens).toBe(frame.at.tokens);
    await expect(session.rollback(utterance.at)).rejects.toMatchObject({ code: 'stale_checkpoint' });
  });

  it('forgets what is long ago, also where nothing was ever evicted', async () => {
    const { session } = await openToy();
    await session.append(edge('a', 'open'));
    const early = session.mark();
    for (let at = 0; at < JOURNAL_LIMIT; at++) await session.append(audio(`b${at}`, 9, false, `noise ${at}`));
    expect(session.decoder.entries).toHaveLength(JOURNAL_LIMIT);
    await expect(session.rollback(early)).rejects.toMatchObject({ code: 'stale_checkpoint' });
  });

  it('takes a block of an utterance in once', async () => {
    const { session } = await openToy();
    await session.append(edge('a', 'open'));
    for (let times = 0; times < 2; times++) await session.append(audio('u1', 40, false, 'said'));
    expect((await session.append(audio('u2', 8, true, 'said'))).tokens).toBe(1 + 48 / 16);
  });

  it('marks under an answer that is being made, and leaves it alone', async () => {
    const { session } = await openToy();
    await ask(session, 'q');
    const { tokens } = session.head;
    const { genId } = await readAnswer(session.generate({ maxTokens: 3 }));
    const mark = session.mark();
    await session.accept(genId);
    await session.rollback(mark);
    expect(session.head.tokens).toBe(tokens);
  });
});

describe('DecoderSession, closing', () => {
  it('rejects what is under way', async () => {
    const { session } = await openToy();
    await session.append(edge('t', 'open'));
    const append = session.append(material.frame('f', 1)).catch((error: unknown) => error);
    await session.close();
    expect(await append).toMatchObject({ code: 'session_closed' });
  });

  describe('with a turn-end head', () => {
    /** An utterance of 200 samples in runs of so many. @returns what the receipts say of the turn's end */
    async function say(session: LocalSession, runs: readonly number[], predict = false) {
      await session.append(edge('t', 'open'));
      const whole = material.sound(1, 200);
      const told: (number | undefined)[] = [];
      let from = 0;
      for (const [index, samples] of runs.entries()) {
        const pcm = whole.slice(from, (from += samples));
        const final = from === 200;
        const segment = {
          k: 'audio',
          id: `s${index}`,
          ptsMs: 0,
          pcm,
          final,
          utterance: 's',
          predict,
        } as const;
        told.push((await session.append(segment)).turnEnd);
      }
      return told;
    }
    const openSession = async () => (await openToy()).session;

    it('says at the end of an utterance how likely the turn is over, however the sound was cut up', async () => {
      const [whole] = await say(await openSession(), [200]);
      expect(whole).toBeGreaterThan(0);
      // A block is 32 samples: the second run ends inside of one, the third with one.
      expect(await say(await openSession(), [32, 40, 56, 72])).toEqual([
        expect.any(Number),
        undefined,
        expect.any(Number),
        whole,
      ]);
    });

    it('says it of any block that asks, and nothing else changes by that', async () => {
      const [asking, silent] = [await openSession(), await openSession()];
      const told = await say(asking, [50, 60, 90], true);
      const last = (await say(silent, [50, 60, 90])).at(-1);
      expect(told.slice(0, 2)).toEqual([expect.any(Number), expect.any(Number)]);
      expect(told.at(-1)).toBe(last);
      for (const session of [asking, silent]) await session.append(edge('t', 'close'));
      const [a, b] = [
        await readAnswer(asking.generate({ maxTokens: 5 })),
        await readAnswer(silent.generate({ maxTokens: 5 })),
      ];
      expect(a.ids).toEqual(b.ids);
    });

    it('says of a block what it says of an utterance that ends there', async () => {
      const [first] = await say(await openSession(), [50, 150], true);
      const session = await openSession();
      await session.append(edge('t', 'open'));
      const { turnEnd } = await session.append(audio('a', 50, true));
      expect(first).toBe(turnEnd);
    });

    it('says the same again after a rollback, and nothing of what is there already', async () => {
      const session = await openSession();
      await session.append(edge('t', 'open'));
      await session.append(audio('a', 70, false, 's'));
      const mark = session.mark();
      const { turnEnd } = await session.append(audio('b', 30, true, 's'));
      expect(turnEnd).toBeGreaterThan(0);
      expect((await session.append(audio('b', 30, true, 's'))).turnEnd).toBeUndefined();
      await session.rollback(mark);
      expect((await session.append(audio('b', 30, true, 's'))).turnEnd).toBe(turnEnd);
    });

    it('says it of an utterance whose end is an empty run', async () => {
      const session = await openSession();
      await session.append(edge('t', 'open'));
      const { turnEnd } = await session.append({ ...audio('a', 64, false, 's'), predict: true } as Segment);
      expect((await session.append(audio('b', 0, true, 's'))).turnEnd).toBe(turnEnd);
    });
  });
});
