import fc from 'fast-check';
import type { Segment } from '#modules/contracts';
import { Coverage } from '../testing/coverage.js';
import { readAnswer } from '../testing/engine-script.js';
import { exactness } from '../testing/exactness.js';
import { LocalSession, localHost } from '../testing/local-session.js';
import { ProbedModel } from '../testing/probed-model.js';
import type { Material, Step } from '../testing/random-steps.js';
import { TOY_CODEC, ToyModel } from '../testing/toy-model.js';
import { JOURNAL_LIMIT } from './journal.js';

// Real: everything in core/. Fake: the model, a toy whose every row depends exactly on all rows before it.

const material: Material = {
  maxSamples: 90,
  frame: (id, seed) => ({
    k: 'frame',
    id,
    ptsMs: seed,
    image: {
      width: 2,
      height: 2,
      data: Uint8Array.from({ length: 12 }, (_, index) => (seed * 31 + index) % 256),
    },
  }),
  sound: (seed, samples) => Float32Array.from({ length: samples }, (_, index) => Math.sin(seed + index)),
};

const edge = (id: string, at: 'open' | 'close', role: 'user' | 'assistant' = 'user'): Segment => ({
  k: 'turn',
  id,
  role,
  edge: at,
});
const text = (id: string, content = id): Segment => ({ k: 'text', id, text: content });
const audio = (id: string, samples: number, final: boolean, utterance?: string): Segment => ({
  k: 'audio',
  id,
  ptsMs: 0,
  pcm: material.sound(1, samples),
  final,
  ...(utterance !== undefined && { utterance }),
});

async function openToy(budgetTokens?: number) {
  const model = new ToyModel();
  const host = await localHost(model, TOY_CODEC);
  return { model, host, session: await LocalSession.open(host, budgetTokens) };
}

async function ask(session: LocalSession, id: string): Promise<void> {
  await session.append(edge(`${id} open`, 'open'));
  await session.append(text(`${id} text`));
  await session.append(edge(`${id} close`, 'close'));
}

// An utterance in two blocks, of which only the second has tokens, is evicted; then a redaction names nothing.
const REDACTED_AFTER_SPEECH_WAS_EVICTED: Step[] = [
  { do: 'sound', seed: 0, samples: 1 },
  { do: 'ask', seed: 0, keep: 0, how: 'accept' },
  { do: 'ask', seed: 0, keep: 0, how: 'accept' },
  { do: 'evict', keepFrames: 0, share: 0 },
  { do: 'redact', which: [0] },
];

describe('DecoderSession', () => {
  it('is after any sequence of operations what a fresh session is that replays what is left', async () => {
    const seen = new Coverage();
    const rig = async () => {
      const model = new ProbedModel(new ToyModel());
      const [host, fresh] = [await localHost(model, TOY_CODEC), await localHost(model, TOY_CODEC)];
      return { model, host, fresh };
    };
    const options = { material, maxSessions: 3, maxSteps: 20, answerTokens: 8, seen };
    await fc.assert(exactness(rig, options), {
      numRuns: 200,
      examples: [[[REDACTED_AFTER_SPEECH_WAS_EVICTED, []]]],
    });
    expect(seen.rarerThan(10)).toEqual([]);
  });

  it('computes audio, end and assistant in one run, which gives the first token', async () => {
    const { session, model } = await openToy();
    await session.append(edge('t', 'open'));
    await session.append(material.frame('f', 1));
    await session.append(audio('a1', 70, false));
    model.runs.length = 0;
    await session.append(audio('a2', 10, true));
    await session.append(edge('t', 'close'));
    expect(model.runs).toEqual([]);
    await readAnswer(session.generate({ maxTokens: 1 }));
    const audioTokens = Math.ceil(80 / 16);
    expect(model.runs).toEqual([1 + audioTokens + 1 + 1]);
  });

  it('reports how many tokens a segment added', async () => {
    const { session } = await openToy();
    expect((await session.append(edge('t', 'open'))).tokens).toBe(1);
    expect((await session.append(material.frame('f', 1))).tokens).toBe(4);
    expect((await session.append(audio('a1', 33, false))).tokens).toBe(0);
    expect((await session.append(audio('a2', 1, true))).tokens).toBe(1 + 3);
  });

  it('takes a segment in once, however often it is sent', async () => {
    const { session } = await openToy();
    await session.append(edge('t', 'open'));
    const first = await session.append(material.frame('f', 1));
    const again = await session.append(material.frame('f', 1));
    expect(again.tokens).toBe(first.tokens);
    expect(again.at.tokens).toBe(first.at.tokens);
  });

  it('takes a segment in again after a rollback has undone it', async () => {
    const { session } = await openToy();
    await session.append(edge('t', 'open'));
    const mark = session.mark();
    const first = await session.append(material.frame('f', 1));
    await session.rollback(mark);
    expect((await session.append(material.frame('f', 1))).at.tokens).toBe(first.at.tokens);
  });

  it('refuses a checkpoint that a rollback has undone', async () => {
    const { session } = await openToy();
    await session.append(edge('t', 'open'));
    const mark = session.mark();
    await session.append(material.frame('f', 1));
    const undone = session.mark();
    await session.rollback(mark);
    await expect(session.rollback(undone)).rejects.toMatchObject({ code: 'stale_checkpoint' });
  });

  it('marks what was called before, also where it is not done yet', async () => {
    const { session } = await openToy();
    void session.append(edge('t', 'open'));
    void session.append(material.frame('f', 1));
    const mark = session.mark();
    const undone = session.append(material.frame('g', 2)).catch((error: unknown) => error);
    await session.rollback(mark);
    expect(await undone).toMatchObject({ code: 'aborted' });
    expect(session.head.tokens).toBe(1 + 1 + 4);
  });

  it('leaves the context as it was when an append fails', async () => {
    const { session } = await openToy(12);
    await session.append(edge('t', 'open'));
    await session.append(material.frame('f', 1));
    const before = session.head.tokens;
    await expect(session.append(text('long', 'longer than what is left'))).rejects.toMatchObject({
      code: 'context_full',
    });
    expect(session.mark().tokens).toBe(before);
    expect((await session.append(text('short', 'abc'))).tokens).toBe(3);
  });

  it.each([
    ['content outside of a turn', [text('x')]],
    ['a turn within a turn', [edge('a', 'open'), edge('b', 'open')]],
    ['the end of a turn that is not open', [edge('a', 'close')]],
    ['a frame in an assistant turn', [edge('a', 'open', 'assistant'), material.frame('f', 1)]],
  ])('refuses %s', async (_, segments) => {
    const { session } = await openToy();
    const last = segments.pop() as Segment;
    for (const segment of segments) await session.append(segment);
    await expect(session.append(last)).rejects.toMatchObject({ code: 'bad_request' });
  });

  it('refuses an utterance without sound', async () => {
    const { session } = await openToy();
    await session.append(edge('t', 'open'));
    await expect(session.append(audio('a', 0, true))).rejects.toMatchObject({ code: 'bad_audio' });
  });

  it('forgets an utterance that was given up when another begins', async () => {
    const [given, fresh] = [await openToy(), await openToy()];
    for (const { session } of [given, fresh]) await session.append(edge('t', 'open'));
    await given.session.append(audio('a1', 50, false, 'a'));
    for (const { session } of [given, fresh]) {
      await session.append(audio('b1', 40, false, 'b'));
      await session.append(audio('b2', 20, true, 'b'));
      await session.append(edge('t', 'close'));
    }
    const answers = await Promise.all(
      [given, fresh].map(({ session }) => readAnswer(session.generate({ maxTokens: 8 }))),
    );
    expect(answers[0]?.ids).toEqual(answers[1]?.ids);
  });
});

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
