import type { Segment } from '#modules/contracts';
import { readAnswer } from '../../testing/engine-script.js';
import { ask, audio, edge, material, openToy, text } from '../../testing/toy-session.js';

// Real: everything in core/. Fake: the model, a toy whose every row depends exactly on all rows before it.

describe('DecoderSession, redacting', () => {
  /** What a session says that has seen and heard these. */
  async function answerTo(segments: readonly Segment[]): Promise<number[]> {
    const { session } = await openToy();
    for (const segment of segments) await session.append(segment);
    return (await readAnswer(session.generate({ maxTokens: 8 }))).ids;
  }

  it('leaves nothing of a frame, an utterance or an answer', async () => {
    const { session } = await openToy();
    const [open, star, ball] = [edge('a', 'open'), material.frame('star', 1), material.frame('ball', 2)];
    for (const segment of [open, star, ball, audio('u1', 40, true, 'said'), edge('a', 'close')]) {
      await session.append(segment);
    }
    const { genId } = await readAnswer(session.generate({ maxTokens: 5 }));
    await session.accept(genId);
    const before = session.head;
    const { dropped, freed, epoch } = await session.redact(['star', 'said', genId]);
    expect(dropped).toEqual(['star', 'u1', genId]);
    expect(session.head).toMatchObject({ epoch, tokens: before.tokens - freed });
    await ask(session, 'q');
    const left = [
      open,
      ball,
      edge('a', 'close'),
      edge('q open', 'open'),
      text('q text'),
      edge('q close', 'close'),
    ];
    expect((await readAnswer(session.generate({ maxTokens: 8 }))).ids).toEqual(await answerTo(left));
  });

  it('is as if a turn had not been whose edges go with all that is in it', async () => {
    const { session } = await openToy();
    const start = session.head.tokens;
    const accepted = async (id: string) => {
      await ask(session, id);
      const { genId, ids } = await readAnswer(session.generate({ maxTokens: 5 }));
      await session.accept(genId);
      return { genId, ids };
    };
    const first = await accepted('a');
    for (const id of ['b', 'c']) {
      const { genId } = await accepted(id);
      await session.redact([`${id} open`, `${id} text`, `${id} close`]);
      await session.redact([genId]);
    }
    const { freed } = await session.redact(['a text', first.genId, 'a open', 'a close']);
    expect(session.head.tokens).toBe(start);
    expect(freed).toBeGreaterThan(0);
    expect((await accepted('a')).ids).toEqual(first.ids);
  });

  it('forgets an utterance that is still being spoken', async () => {
    const { session } = await openToy();
    await session.append(edge('a', 'open'));
    await session.append(audio('u1', 50, false, 'said'));
    await session.redact(['said']);
    await session.append(audio('u2', 20, true, 'said'));
    await session.append(edge('a', 'close'));
    const left = [edge('a', 'open'), audio('u2', 20, true, 'said'), edge('a', 'close')];
    expect((await readAnswer(session.generate({ maxTokens: 8 }))).ids).toEqual(await answerTo(left));
  });

  it('computes what is behind in the background, at once where a commit waits for it', async () => {
    const { session, model } = await openToy();
    await session.append(edge('t', 'open'));
    await session.append(material.frame('f', 1));
    await session.append(text('t', 'x'.repeat(100)));
    await session.append(material.frame('g', 1));
    model.runs.length = 0;
    await session.redact(['f']);
    expect(session.head.tokens).toBe(2 + 100 + 4);
    await session.decoder.idle();
    expect(model.runs).toEqual([64, 40]);
    expect(model.positions.at(-2)).toBe(2);
    model.runs.length = 0;
    void session.redact(['t']);
    await session.append(edge('t', 'close'));
    expect(model.runs).toEqual([4]);
  });

  it('computes nothing that was not computed before', async () => {
    const { session, model } = await openToy();
    await session.append(edge('t', 'open'));
    await session.append(material.frame('f', 1));
    await session.append(text('t'));
    model.runs.length = 0;
    await session.redact(['f']);
    await session.decoder.idle();
    expect(model.runs).toEqual([]);
  });

  it('computes anew what knows of something evicted, and only then', async () => {
    const { session, model } = await openToy();
    await session.append(edge('t', 'open'));
    for (const id of ['a', 'b', 'c']) await session.append(material.frame(id, 1));
    await session.redact(['nobody']);
    await session.evict({ keepFrames: 2, targetTokens: 512 });
    model.runs.length = 0;
    const { dropped } = await session.redact(['a']);
    await session.decoder.idle();
    expect(dropped).toEqual([]);
    expect(model.runs).toEqual([8]);
    expect(model.positions.at(-1)).toBe(2);
    await session.redact(['a']);
    await session.decoder.idle();
    expect(model.runs).toEqual([8]);
  });

  it('makes older checkpoints void', async () => {
    const { session } = await openToy();
    await session.append(edge('t', 'open'));
    const { at } = await session.append(material.frame('f', 1));
    await session.redact(['f']);
    await expect(session.rollback(at)).rejects.toMatchObject({ code: 'stale_checkpoint' });
  });

  it('takes an answer off that waits to be accepted', async () => {
    const { session } = await openToy();
    await ask(session, 'q');
    const { genId } = await readAnswer(session.generate({ maxTokens: 3 }));
    await session.redact(['q text']);
    await expect(session.accept(genId)).rejects.toMatchObject({ code: 'bad_request' });
    expect(session.head.tokens).toBe(1 + 2);
  });

  it('goes on where the model fails to compute what is behind', async () => {
    const { session, model } = await openToy();
    await session.append(edge('t', 'open'));
    for (const id of ['a', 'b']) await session.append(material.frame(id, 1));
    const decode = model.decode.bind(model);
    model.decode = () => Promise.reject(new Error('broke'));
    await session.redact(['a']);
    await session.decoder.idle();
    model.decode = decode;
    await session.append(text('t'));
    await session.append(edge('t', 'close'));
    const left = [edge('t', 'open'), material.frame('b', 1), text('t'), edge('t', 'close')];
    expect((await readAnswer(session.generate({ maxTokens: 8 }))).ids).toEqual(await answerTo(left));
  });
});
