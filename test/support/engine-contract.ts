import type { EngineSession, OmniEngine, RgbImage, Segment } from '#modules/contracts';
import { readAnswer } from '../../modules/decoder/testing/engine-script.js';

export interface Subject {
  readonly engine: OmniEngine;
  /** Its receipts and its usage count the same tokens: it is no server that counts, and a log that estimates. */
  readonly exact: boolean;
  stop?(): Promise<void>;
}

/** What a chat template says by itself, at the most. */
const TEMPLATE_TOKENS = 40;

const edge = (id: string, at: 'open' | 'close'): Segment => ({ k: 'turn', id, role: 'user', edge: at });
const text = (id: string): Segment => ({ k: 'text', id, text: 'what color is the star' });
const block = (id: string, samples: number, final: boolean): Extract<Segment, { k: 'audio' }> => ({
  k: 'audio',
  id,
  ptsMs: 0,
  pcm: Float32Array.from({ length: samples }, (_, index) => Math.sin(index * 0.1) * 0.1),
  final,
});

/**
 * What every engine does, whatever it runs on.
 * @param create called once
 */
export function engineContract(name: string, create: () => Promise<Subject>): void {
  describe(name, () => contract(create));
}

function contract(create: () => Promise<Subject>): void {
  let subject: Subject;
  let engine: OmniEngine;
  let session: EngineSession;

  const picture = (): RgbImage => {
    const { width, height } = engine.caps.frameSize;
    return { width, height, data: new Uint8Array(width * height * 3).fill(90) };
  };
  const frame = (id: string): Segment => ({ k: 'frame', id, ptsMs: 0, image: picture() });
  /** What can be compared of two answers: servers send as many tokens at once as are there, and number what they send. */
  const said = ({ ids, text: words }: { ids: number[]; text: string }) =>
    subject.exact ? [words, ids] : [words];
  const ask = async (id: string): Promise<void> => {
    await session.append(edge(`${id} open`, 'open'));
    await session.append(text(`${id} text`));
    await session.append(edge(`${id} close`, 'close'));
  };

  beforeAll(async () => {
    subject = await create();
    engine = subject.engine;
    await engine.load();
  });
  afterAll(async () => {
    await engine.close({ drainMs: 1000 });
    await subject.stop?.();
  });
  beforeEach(async () => {
    session = await engine.open({ system: '', tenant: 'test' });
  });
  afterEach(() => session.close());

  it('counts tokens by its capabilities', async () => {
    const start = session.head.tokens;
    expect((await session.append(edge('t', 'open'))).tokens).toBe(1);
    expect((await session.append(frame('f'))).tokens).toBe(1 + engine.caps.tokensPerFrame);
    expect((await session.append(block('a1', 8_000, false))).tokens).toBe(0);
    const last = await session.append(block('a2', 8_000, true));
    // Others may count a sound of any length alike: what is told is then that of a usual one.
    if (subject.exact) expect(last.tokens).toBe(1 + Math.ceil(engine.caps.audioTokensPerSecond));
    expect(last.tokens).toBeGreaterThan(1);
    expect(last.at).toEqual(session.head);
    expect(last.at.tokens).toBe(start + 1 + (1 + engine.caps.tokensPerFrame) + last.tokens);
  });

  it('tells of the end of a turn what its capabilities promise', async () => {
    await session.append(edge('t', 'open'));
    const asked = await session.append({ ...block('a1', 8_000, false), predict: true });
    const last = await session.append(block('a2', 8_000, true));
    const told = [asked, last].map(({ turnEnd = -1 }) => turnEnd >= 0 && turnEnd <= 1);
    const promised = engine.caps.turnEnd === true;
    expect(told).toEqual([promised, promised]);
    const frameless = await session.append(frame('f'));
    expect(frameless.turnEnd).toBeUndefined();
  });

  it('leaves pixels and samples to the caller', async () => {
    const image = picture();
    const sound = block('a', 2_000, true);
    await session.append(edge('t', 'open'));
    await session.append({ k: 'frame', id: 'f', ptsMs: 0, image });
    await session.append(sound);
    expect(image.data.length).toBeGreaterThan(0);
    expect(sound.k === 'audio' && sound.pcm.length).toBe(2_000);
  });

  it('takes a segment in once', async () => {
    await session.append(edge('t', 'open'));
    await session.append(frame('f'));
    const { tokens } = session.head;
    await session.append(frame('f'));
    expect(session.head.tokens).toBe(tokens);
  });

  it('goes back to a mark, more than once', async () => {
    await session.append(edge('t', 'open'));
    const mark = session.mark();
    for (const id of ['f', 'g']) {
      await session.append(frame(id));
      await session.rollback(mark);
      expect(session.head.tokens).toBe(mark.tokens);
    }
  });

  it('answers, and leaves the head until the answer is accepted', async () => {
    await ask('q');
    const before = session.head;
    const events = [];
    for await (const event of session.generate({ maxTokens: 4 })) events.push(event);
    expect(events[0]).toMatchObject({ t: 'start', base: before });
    const end = events.at(-1);
    const usage = end?.t === 'end' ? end.usage : { prompt: 0, cached: 0, out: 0 };
    if (subject.exact) expect(usage).toMatchObject({ prompt: before.tokens + 1, out: events.length - 2 });
    expect(usage.prompt).toBeGreaterThan(0);
    expect(usage.cached).toBeLessThanOrEqual(usage.prompt);
    expect(usage.out).toBeGreaterThanOrEqual(events.length - 2);
    expect(session.head).toEqual(before);
    const genId = events[0]?.t === 'start' ? events[0].genId : '';
    expect(await session.accept(genId, { keepTokens: 1 })).toEqual(session.head);
    expect(session.head.tokens).toBe(before.tokens + 1 + Math.min(1, events.length - 2) + 1);
  });

  it('takes an answer off that is not accepted', async () => {
    await ask('q');
    const { tokens } = session.head;
    const { genId } = await readAnswer(session.generate({ maxTokens: 4 }));
    await session.append(edge('t', 'open'));
    expect(session.head.tokens).toBe(tokens + 1);
    await expect(session.accept(genId)).rejects.toMatchObject({ code: 'bad_request' });
  });

  it('ends an answer by its signal; it can still be accepted', async () => {
    await ask('q');
    const abort = new AbortController();
    const events = session.generate({ maxTokens: 4, signal: abort.signal });
    const start = await events.next();
    abort.abort();
    const { end } = await readAnswer(events);
    expect(end?.reason).toMatch(/aborted|stop|length/);
    await session.accept(start.value.t === 'start' ? start.value.genId : '', { keepTokens: 0 });
  });

  it('sheds a background frame while there is an answer', async () => {
    await ask('q');
    const { genId } = await readAnswer(session.generate({ maxTokens: 4 }));
    await expect(session.append(frame('f'), { priority: 'background' })).rejects.toMatchObject({
      code: 'shed',
    });
    await session.accept(genId);
  });

  it('evicts old frames, after which older checkpoints are void', async () => {
    await session.append(edge('t', 'open'));
    for (const id of ['a', 'b', 'c']) await session.append(frame(id));
    const mark = session.mark();
    const { epoch, freed, dropped } = await session.evict({ keepFrames: 1, targetTokens: 4096 });
    expect(dropped).toEqual(['a', 'b']);
    expect(freed).toBe(2 * (1 + engine.caps.tokensPerFrame));
    expect(session.head).toMatchObject({ epoch, tokens: mark.tokens - freed });
    await expect(session.rollback(mark)).rejects.toMatchObject({ code: 'stale_checkpoint' });
  });

  it('redacts a frame, an utterance and an answer, after which older checkpoints are void', async () => {
    await session.append(edge('t', 'open'));
    for (const id of ['a', 'b']) await session.append(frame(id));
    const sound = { ...block('s1', 8_000, false), utterance: 's' };
    await session.append(sound);
    const said = await session.append({ ...sound, id: 's2', final: true });
    await session.append(edge('t2', 'close'));
    const { genId } = await readAnswer(session.generate({ maxTokens: 2 }));
    const { tokens } = session.head;
    const answered = await session.accept(genId, { keepTokens: 0 });
    const { epoch, freed, dropped } = await session.redact(['a', 's', genId, 'nobody']);
    expect(dropped).toEqual(['a', 's2', genId]);
    expect(freed).toBe(1 + engine.caps.tokensPerFrame + said.tokens + (answered.tokens - tokens));
    expect(session.head).toMatchObject({ epoch, tokens: answered.tokens - freed });
    await expect(session.rollback(said.at)).rejects.toMatchObject({ code: 'stale_checkpoint' });
    await ask('q');
    expect((await readAnswer(session.generate({ maxTokens: 2 }))).end).not.toBeNull();
  });

  it('is as before a turn that is redacted with its edges and its answer', async () => {
    const start = session.head.tokens;
    await ask('q');
    const first = await readAnswer(session.generate({ maxTokens: 8 }));
    await session.accept(first.genId);
    await session.redact([first.genId]);
    const { dropped } = await session.redact(['q open', 'q text', 'q close']);
    expect(dropped).toEqual(['q open', 'q text', 'q close']);
    expect(session.head.tokens).toBe(start);
    await ask('q');
    const again = await readAnswer(session.generate({ maxTokens: 8 }));
    expect([said(again), again.end?.usage.prompt]).toEqual([said(first), first.end?.usage.prompt]);
  });

  it('answers beside the conversation, which knows nothing of it', async () => {
    await ask('q');
    const before = session.head;
    const alone = await engine.open({ system: '', tenant: 'alone' });
    const other: Segment[] = [
      edge('a', 'open'),
      { k: 'text', id: 'b', text: 'how many circles' },
      edge('a', 'close'),
    ];
    for (const segment of other) await alone.append(segment);
    const [beside, expected] = await Promise.all([
      readAnswer(session.aside({ segments: other, maxTokens: 8 })),
      readAnswer(alone.generate({ maxTokens: 8 })),
    ]);
    expect(said(beside)).toEqual(said(expected));
    expect(beside.end?.usage).toMatchObject({ prompt: expected.end?.usage.prompt });
    expect(session.head).toEqual(before);
    await alone.close();
    const { genId } = await readAnswer(session.generate({ maxTokens: 4 }));
    await session.accept(genId);
  });

  it('reads beside the conversation what the conversation holds', async () => {
    const sound = { ...block('s1', 8_000, false), utterance: 's' };
    const close = edge('t', 'close');
    await session.append(edge('t', 'open'));
    await session.append(frame('f'));
    await session.append(sound);
    const said = await session.append({ ...sound, id: 's2', final: true });
    await session.append(close);
    const known = ['f', 's2'].map((id) => ({ k: 'known', id }) as const);
    const asked = [edge('a', 'open'), ...known, edge('a', 'close')];
    const { end } = await readAnswer(session.aside({ segments: asked, maxTokens: 2, idle: true }));
    const media = 1 + engine.caps.tokensPerFrame + said.tokens;
    if (subject.exact) expect(end?.usage.prompt).toBe(1 + 1 + media + 1 + 1);
    // Of a picture and a sound, and not of a conversation: the server's own count.
    const { prompt = 0 } = end?.usage ?? {};
    expect([prompt > engine.caps.tokensPerFrame, prompt <= media + TEMPLATE_TOKENS]).toEqual([true, true]);
    await session.redact(['f']);
    const gone = readAnswer(session.aside({ segments: asked, maxTokens: 2 }));
    await expect(gone).rejects.toMatchObject({ code: 'bad_request', param: 'f' });
  });

  it('answers several things at once beside an answer, and ends each by its own signal', async () => {
    await ask('q');
    const question = (id: string) => [edge(id, 'open'), text(`${id} text`), edge(id, 'close')];
    const abort = new AbortController();
    const own = readAnswer(session.generate({ maxTokens: 4 }));
    const beside = ['a', 'b'].map((id) =>
      readAnswer(session.aside({ segments: question(id), maxTokens: 4 })),
    );
    const outcome = readAnswer(
      session.aside({ segments: question('c'), maxTokens: 4, signal: abort.signal }),
    ).then(
      ({ end }) => end?.reason,
      (error: { code: string }) => error.code,
    );
    abort.abort();
    const answers = (await Promise.all(beside)).map(said);
    expect(answers[0]).toEqual(answers[1]);
    expect(await outcome).toBe('aborted');
    await session.accept((await own).genId);
  });

  it('shortens an accepted answer, after which older checkpoints are void', async () => {
    await ask('q');
    const { genId, ids } = await readAnswer(session.generate({ maxTokens: 8 }));
    const accepted = await session.accept(genId);
    await session.append(edge('t', 'open'));
    await session.append(frame('f'));
    const mark = session.mark();
    const { epoch, freed, dropped } = await session.cut(genId, { keepTokens: 1 });
    expect(ids.length).toBeGreaterThan(1);
    expect([freed, dropped]).toEqual([ids.length - 1, []]);
    expect(session.head).toMatchObject({ epoch, tokens: mark.tokens - freed });
    await expect(session.rollback(accepted)).rejects.toMatchObject({ code: 'stale_checkpoint' });
    for (const id of [genId, 'nobody']) expect((await session.cut(id, { keepTokens: 1 })).freed).toBe(0);
    await session.append(edge('t', 'close'));
    expect((await readAnswer(session.generate({ maxTokens: 2 }))).end).not.toBeNull();
  });

  it('takes the results of calls where its model calls tools, and refuses them where not', async () => {
    const result: Segment = { k: 'result', id: 'r', callId: 'call_1', output: '{}' };
    const { tokens } = session.head;
    const appended = session.append(result);
    if (engine.caps.tools) {
      const taken = (await appended).tokens;
      expect(taken).toBeGreaterThan(0);
      expect(session.mark().tokens).toBe(tokens + taken);
      return;
    }
    await expect(appended).rejects.toMatchObject({ code: 'bad_request' });
    expect(session.mark().tokens).toBe(tokens);
  });

  it.each([
    ['content outside of a turn', [text('x')], 'bad_request'],
    ['a turn within a turn', [edge('a', 'open'), edge('b', 'open')], 'bad_request'],
    ['an utterance without sound', [edge('a', 'open'), block('b', 0, true)], 'bad_audio'],
    [
      'a picture of another size',
      [
        edge('a', 'open'),
        { k: 'frame', id: 'f', ptsMs: 0, image: { width: 1, height: 1, data: new Uint8Array(3) } },
      ],
      'bad_image',
    ],
  ] satisfies [string, Segment[], string][])(
    'refuses %s and stays as it was',
    async (_name, segments, code) => {
      const last = segments.at(-1) as Segment;
      for (const segment of segments.slice(0, -1)) await session.append(segment);
      const { tokens } = session.head;
      await expect(session.append(last)).rejects.toMatchObject({ code });
      expect(session.mark().tokens).toBe(tokens);
    },
  );

  it('opens as many sessions as it says, and again when one is closed', async () => {
    const others = [
      await engine.open({ system: '', tenant: 'a' }),
      await engine.open({ system: '', tenant: 'b' }),
    ];
    await expect(engine.open({ system: '', tenant: 'c' })).rejects.toMatchObject({
      code: 'capacity',
      retryable: true,
    });
    await Promise.all(others.map((other) => other.close()));
    await (await engine.open({ system: '', tenant: 'c' })).close();
  });

  it('rejects what is asked of a closed session', async () => {
    await session.close();
    await expect(session.append(edge('t', 'open'))).rejects.toMatchObject({ code: 'session_closed' });
    await session.close();
  });
}
