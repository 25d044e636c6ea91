import { readAnswer } from '../../testing/engine-script.js';
import { TOY_CODEC } from '../../testing/toy-model.js';
import { ask, edge, material, openToy, text } from '../../testing/toy-session.js';

// Real: everything in core/. Fake: the model, a toy whose every row depends exactly on all rows before it.

describe('DecoderSession, answering', () => {
  it('leaves the head where it is until the answer is accepted', async () => {
    const { session } = await openToy();
    await ask(session, 'q');
    const before = session.head;
    const { genId, ids } = await readAnswer(session.generate({ maxTokens: 5 }));
    expect(session.head).toEqual(before);
    const after = await session.accept(genId);
    expect(after.tokens).toBe(before.tokens + 1 + ids.length + 1);
  });

  it('keeps the rows of an accepted answer without computing them again', async () => {
    const { session, model } = await openToy();
    await ask(session, 'q');
    const { genId, ids } = await readAnswer(session.generate({ maxTokens: 5 }));
    await session.accept(genId);
    model.runs.length = 0;
    await ask(session, 'r');
    await readAnswer(session.generate({ maxTokens: 1 }));
    const lastOfAnswer = ids.length === 5 ? 1 : 0;
    expect(model.runs).toEqual([lastOfAnswer + 1 + 1 + 'r text'.length + 1 + 1]);
  });

  it.each([0, 2, 4])(
    'keeps the first %i tokens of an answer as if it had ended there',
    async (keepTokens) => {
      const [cut, short] = [(await openToy()).session, (await openToy()).session];
      for (const session of [cut, short]) await ask(session, 'q');
      const { genId, ids } = await readAnswer(cut.generate({ maxTokens: 6 }));
      expect(ids.length).toBeGreaterThanOrEqual(keepTokens);
      await cut.accept(genId, { keepTokens });
      await short.append(edge('answer open', 'open', 'assistant'));
      await short.append(
        text(
          'answer',
          ids
            .slice(0, keepTokens)
            .map((id) => TOY_CODEC.spelling(id))
            .join(''),
        ),
      );
      await short.append(edge('answer close', 'close', 'assistant'));
      expect(cut.head.tokens).toBe(short.head.tokens);
      for (const session of [cut, short]) await ask(session, 'r');
      const [after, expected] = await Promise.all(
        [cut, short].map((session) => readAnswer(session.generate({ maxTokens: 8 }))),
      );
      expect(after?.ids).toEqual(expected?.ids);
    },
  );

  it('ends an answer that is being made when it is accepted', async () => {
    const { session } = await openToy();
    await ask(session, 'q');
    const events = session.generate({ maxTokens: 400 });
    const start = await events.next();
    const genId = start.value.t === 'start' ? start.value.genId : '';
    const accepted = session.accept(genId, { keepTokens: 2 });
    const rest = await readAnswer(events);
    expect(['aborted', 'stop']).toContain(rest.end?.reason);
    await accepted;
  });

  it('ends when its signal is given, and tells so', async () => {
    const { session } = await openToy();
    await ask(session, 'q');
    const signal = AbortSignal.abort();
    const { end, ids } = await readAnswer(session.generate({ maxTokens: 5, signal }));
    expect(end?.reason).toBe('aborted');
    expect(ids).toEqual([]);
  });

  it('tells the same with the same seed', async () => {
    const { session } = await openToy();
    await ask(session, 'q');
    const drawn = async (seed: number) =>
      (await readAnswer(session.generate({ maxTokens: 20, temperature: 5, seed }))).ids;
    const first = await drawn(1);
    expect(await drawn(1)).toEqual(first);
    expect(await drawn(2)).not.toEqual(first);
  });

  it('refuses to answer while the question is open', async () => {
    const { session } = await openToy();
    await session.append(edge('t', 'open'));
    await expect(readAnswer(session.generate({ maxTokens: 5 }))).rejects.toMatchObject({
      code: 'bad_request',
    });
  });

  it('refuses to accept what there is not', async () => {
    const { session } = await openToy();
    await expect(session.accept('gen_9')).rejects.toMatchObject({ code: 'bad_request' });
  });

  it('ends an answer where the context is full, with room for its end', async () => {
    const { session } = await openToy(12);
    await ask(session, 'q');
    const { genId, end } = await readAnswer(session.generate({ maxTokens: 50, temperature: 9 }));
    expect(end?.reason).toBe('length');
    expect((await session.accept(genId)).tokens).toBeLessThanOrEqual(12);
  });
});

describe('DecoderSession, background', () => {
  it('sheds a background frame while there is an answer, and leaves the answer alone', async () => {
    const { session } = await openToy();
    await ask(session, 'q');
    const { genId } = await readAnswer(session.generate({ maxTokens: 3 }));
    const frame = session.append(material.frame('f', 1), { priority: 'background' });
    await expect(frame).rejects.toMatchObject({ code: 'shed' });
    await session.accept(genId);
  });

  it('sheds a background frame that would wait behind too many', async () => {
    const { session } = await openToy();
    await session.append(edge('t', 'open'));
    const appends = ['a', 'b', 'c'].map((id) =>
      session.append(material.frame(id, 1), { priority: 'background' }),
    );
    const outcome = await Promise.allSettled(appends);
    expect(outcome.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(session.head.tokens).toBe(2 + 2 * 4);
  });

  it('computes background rows in chunks of at most 64', async () => {
    const { session, model } = await openToy();
    await session.append(edge('t', 'open'));
    await session.append(text('t', 'x'.repeat(100)));
    await session.append(material.frame('f', 1), { priority: 'background' });
    expect(model.runs).toEqual([64, 42]);
  });

  it('ends an append when its signal is given', async () => {
    const { session } = await openToy();
    await session.append(edge('t', 'open'));
    const abort = new AbortController();
    const append = session.append(material.frame('f', 1), { signal: abort.signal });
    abort.abort();
    await expect(append).rejects.toMatchObject({ code: 'aborted' });
    expect((await session.append(text('t', 'x'))).at.tokens).toBe(3);
  });
});
