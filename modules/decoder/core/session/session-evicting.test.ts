import { readAnswer } from '../../testing/engine-script.js';
import { ask, edge, material, openToy, text } from '../../testing/toy-session.js';

// Real: everything in core/. Fake: the model, a toy whose every row depends exactly on all rows before it.

describe('DecoderSession, evicting', () => {
  it('takes out the oldest frames and makes older checkpoints void', async () => {
    const { session } = await openToy();
    await session.append(edge('t', 'open'));
    for (const id of ['a', 'b', 'c']) await session.append(material.frame(id, 1));
    const mark = session.mark();
    expect(await session.evict({ keepFrames: 1, targetTokens: 512 })).toEqual({
      epoch: 1,
      freed: 8,
      dropped: ['a', 'b'],
    });
    expect(session.head.tokens).toBe(2 + 4);
    await expect(session.rollback(mark)).rejects.toMatchObject({ code: 'stale_checkpoint' });
    const since = session.mark();
    await session.append(text('x'));
    await session.rollback(since);
    expect(session.head.tokens).toBe(2 + 4);
  });

  it('goes on counting positions as if nothing had been taken out', async () => {
    const { session, model } = await openToy();
    await session.append(edge('t', 'open'));
    for (const id of ['a', 'b']) await session.append(material.frame(id, 1));
    await session.evict({ keepFrames: 1, targetTokens: 512 });
    await session.append(material.frame('c', 1));
    expect(model.positions).toEqual([0, 6, 10]);
    expect(session.head.tokens).toBe(2 + 2 * 4);
  });

  it('takes out whole old exchanges where frames are not enough', async () => {
    const { session } = await openToy();
    for (const id of ['q', 'r']) {
      await ask(session, id);
      const { genId } = await readAnswer(session.generate({ maxTokens: 1 }));
      await session.accept(genId);
    }
    const before = session.head.tokens;
    const { freed } = await session.evict({ keepFrames: 0, targetTokens: before - 1 });
    expect(freed).toBeGreaterThan('q text'.length);
    await ask(session, 's');
    expect((await readAnswer(session.generate({ maxTokens: 3 }))).end).not.toBeNull();
  });
});
