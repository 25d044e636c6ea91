import { readAnswer } from '../../modules/decoder/testing/engine-script.js';
import { block, edge, type Bench } from './engine-contract-parts.js';

/** What is taken out of a context: evicted, redacted, cut. */
export function removalContract(bench: Bench): void {
  it('evicts old frames, after which older checkpoints are void', async () => {
    await bench.session.append(edge('t', 'open'));
    for (const id of ['a', 'b', 'c']) await bench.session.append(bench.frame(id));
    const mark = bench.session.mark();
    const { epoch, freed, dropped } = await bench.session.evict({ keepFrames: 1, targetTokens: 4096 });
    expect(dropped).toEqual(['a', 'b']);
    expect(freed).toBe(2 * (1 + bench.engine.caps.tokensPerFrame));
    expect(bench.session.head).toMatchObject({ epoch, tokens: mark.tokens - freed });
    await expect(bench.session.rollback(mark)).rejects.toMatchObject({ code: 'stale_checkpoint' });
  });

  it('gives up an exchange that was answered where another is about to be opened, and no sooner', async () => {
    await bench.ask('q');
    const { genId } = await readAnswer(bench.session.generate({ maxTokens: 8 }));
    await bench.session.accept(genId);
    const goal = { keepFrames: 0, targetTokens: 0 };
    expect((await bench.session.evict(goal)).dropped).toEqual([]);
    const { tokens } = bench.session.head;
    const { freed, dropped } = await bench.session.evict({ ...goal, opening: true });
    expect(dropped).toEqual(['q open', 'q text', 'q close', genId]);
    expect(bench.session.head.tokens).toBe(tokens - freed);
    await bench.ask('r');
    const next = await readAnswer(bench.session.generate({ maxTokens: 8 }));
    await bench.session.accept(next.genId);
    // Exchanges are counted on: the one under way stays.
    expect((await bench.session.evict(goal)).dropped).toEqual([]);
  });

  it('redacts a frame, an utterance and an answer, after which older checkpoints are void', async () => {
    await bench.session.append(edge('t', 'open'));
    for (const id of ['a', 'b']) await bench.session.append(bench.frame(id));
    const sound = { ...block('s1', 8_000, false), utterance: 's' };
    await bench.session.append(sound);
    const said = await bench.session.append({ ...sound, id: 's2', final: true });
    await bench.session.append(edge('t2', 'close'));
    const { genId } = await readAnswer(bench.session.generate({ maxTokens: 2 }));
    const { tokens } = bench.session.head;
    const answered = await bench.session.accept(genId, { keepTokens: 0 });
    const { epoch, freed, dropped } = await bench.session.redact(['a', 's', genId, 'nobody']);
    expect(dropped).toEqual(['a', 's2', genId]);
    expect(freed).toBe(1 + bench.engine.caps.tokensPerFrame + said.tokens + (answered.tokens - tokens));
    expect(bench.session.head).toMatchObject({ epoch, tokens: answered.tokens - freed });
    await expect(bench.session.rollback(said.at)).rejects.toMatchObject({ code: 'stale_checkpoint' });
    await bench.ask('q');
    expect((await readAnswer(bench.session.generate({ maxTokens: 2 }))).end).not.toBeNull();
  });

  it('is as before a turn that is redacted with its edges and its answer', async () => {
    const start = bench.session.head.tokens;
    await bench.ask('q');
    const first = await readAnswer(bench.session.generate({ maxTokens: 8 }));
    await bench.session.accept(first.genId);
    await bench.session.redact([first.genId]);
    const { dropped } = await bench.session.redact(['q open', 'q text', 'q close']);
    expect(dropped).toEqual(['q open', 'q text', 'q close']);
    expect(bench.session.head.tokens).toBe(start);
    await bench.ask('q');
    const again = await readAnswer(bench.session.generate({ maxTokens: 8 }));
    expect([bench.said(again), again.end?.usage.prompt]).toEqual([
      bench.said(first),
      first.end?.usage.prompt,
    ]);
  });

  it('shortens an accepted answer, after which older checkpoints are void', async () => {
    await bench.ask('q');
    const { genId, ids } = await readAnswer(bench.session.generate({ maxTokens: 8 }));
    const accepted = await bench.session.accept(genId);
    await bench.session.append(edge('t', 'open'));
    await bench.session.append(bench.frame('f'));
    const mark = bench.session.mark();
    const { epoch, freed, dropped } = await bench.session.cut(genId, { keepTokens: 1 });
    expect(ids.length).toBeGreaterThan(1);
    expect([freed, dropped]).toEqual([ids.length - 1, []]);
    expect(bench.session.head).toMatchObject({ epoch, tokens: mark.tokens - freed });
    await expect(bench.session.rollback(accepted)).rejects.toMatchObject({ code: 'stale_checkpoint' });
    for (const id of [genId, 'nobody'])
      expect((await bench.session.cut(id, { keepTokens: 1 })).freed).toBe(0);
    await bench.session.append(edge('t', 'close'));
    expect((await readAnswer(bench.session.generate({ maxTokens: 2 }))).end).not.toBeNull();
  });
}
