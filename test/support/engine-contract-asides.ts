import type { Segment } from '#modules/contracts';
import { readAnswer } from '../../modules/decoder/testing/engine-script.js';
import { block, edge, text, type Bench } from './engine-contract-parts.js';

/** What a chat template says by itself, at the most. */
const TEMPLATE_TOKENS = 40;

/** Answers beside the conversation. */
export function asidesContract(bench: Bench): void {
  it('answers beside the conversation, which knows nothing of it', async () => {
    await bench.ask('q');
    const before = bench.session.head;
    const alone = await bench.engine.open({ system: '', tenant: 'alone' });
    const other: Segment[] = [
      edge('a', 'open'),
      { k: 'text', id: 'b', text: 'how many circles' },
      edge('a', 'close'),
    ];
    for (const segment of other) await alone.append(segment);
    const [beside, expected] = await Promise.all([
      readAnswer(bench.session.aside({ segments: other, maxTokens: 8 })),
      readAnswer(alone.generate({ maxTokens: 8 })),
    ]);
    expect(bench.said(beside)).toEqual(bench.said(expected));
    expect(beside.end?.usage).toMatchObject({ prompt: expected.end?.usage.prompt });
    expect(bench.session.head).toEqual(before);
    await alone.close();
    const { genId } = await readAnswer(bench.session.generate({ maxTokens: 4 }));
    await bench.session.accept(genId);
  });

  it('reads beside the conversation what the conversation holds', async () => {
    const sound = { ...block('s1', 8_000, false), utterance: 's' };
    const close = edge('t', 'close');
    await bench.session.append(edge('t', 'open'));
    await bench.session.append(bench.frame('f'));
    await bench.session.append(sound);
    const said = await bench.session.append({ ...sound, id: 's2', final: true });
    await bench.session.append(close);
    const known = ['f', 's2'].map((id) => ({ k: 'known', id }) as const);
    const asked = [edge('a', 'open'), ...known, edge('a', 'close')];
    const { end } = await readAnswer(bench.session.aside({ segments: asked, maxTokens: 2, idle: true }));
    const media = 1 + bench.engine.caps.tokensPerFrame + said.tokens;
    if (bench.exact) expect(end?.usage.prompt).toBe(1 + 1 + media + 1 + 1);
    // Of a picture and a sound, and not of a conversation: the server's own count.
    const { prompt = 0 } = end?.usage ?? {};
    expect([prompt > bench.engine.caps.tokensPerFrame, prompt <= media + TEMPLATE_TOKENS]).toEqual([
      true,
      true,
    ]);
    await bench.session.redact(['f']);
    const gone = readAnswer(bench.session.aside({ segments: asked, maxTokens: 2 }));
    await expect(gone).rejects.toMatchObject({ code: 'bad_request', param: 'f' });
  });

  it('answers several things at once beside an answer, and ends each by its own signal', async () => {
    await bench.ask('q');
    const question = (id: string) => [edge(id, 'open'), text(`${id} text`), edge(id, 'close')];
    const abort = new AbortController();
    const own = readAnswer(bench.session.generate({ maxTokens: 4 }));
    const beside = ['a', 'b'].map((id) =>
      readAnswer(bench.session.aside({ segments: question(id), maxTokens: 4 })),
    );
    const outcome = readAnswer(
      bench.session.aside({ segments: question('c'), maxTokens: 4, signal: abort.signal }),
    ).then(
      ({ end }) => end?.reason,
      (error: { code: string }) => error.code,
    );
    abort.abort();
    const answers = (await Promise.all(beside)).map(bench.said);
    expect(answers[0]).toEqual(answers[1]);
    expect(await outcome).toBe('aborted');
    await bench.session.accept((await own).genId);
  });
}
