import fc from 'fast-check';
import type { Segment } from '#modules/contracts';
import { Coverage } from '../../testing/coverage.js';
import { readAnswer } from '../../testing/engine-script.js';
import { exactness } from '../../testing/exactness.js';
import { localHost } from '../../testing/local-session.js';
import { ProbedModel } from '../../testing/probed-model.js';
import type { Step } from '../../testing/random-steps.js';
import { TOY_CODEC, ToyModel } from '../../testing/toy-model.js';
import { audio, edge, material, openToy, text } from '../../testing/toy-session.js';

// Real: everything in core/. Fake: the model, a toy whose every row depends exactly on all rows before it.

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

  it('attends to an utterance in idle time, so that at its end only the rest is computed', async () => {
    const { session, model } = await openToy();
    await session.append(edge('t', 'open'));
    await session.append(audio('a1', 70, false));
    const idle = async () => {
      await session.decoder.idle();
      await session.decoder.idle();
    };
    await idle();
    // The start, the turn's edge, and the utterance's mark with the four tokens of its two whole blocks.
    expect(model.runs).toEqual([1 + 1 + 1 + 4]);
    // A frame comes in front of the utterance, which is attended to anew.
    await session.append(material.frame('f', 1));
    await idle();
    expect(model.runs.slice(1)).toEqual([4, 1 + 4]);
    expect(session.head.tokens).toBe(1 + 1 + 4);
    await session.append(audio('a2', 10, true));
    await session.append(edge('t', 'close'));
    await readAnswer(session.generate({ maxTokens: 1 }));
    expect(model.runs.slice(3)).toEqual([1 + 1 + 1]);
  });

  it.each(['rolled back', 'given up'])(
    'answers as if an utterance had not been attended to that was %s',
    async (how) => {
      const [attended, fresh] = [await openToy(), await openToy()];
      for (const { session } of [attended, fresh]) await session.append(edge('t', 'open'));
      const mark = attended.session.mark();
      await attended.session.append(audio('a1', 70, false, 'a'));
      await attended.session.decoder.idle();
      await attended.session.decoder.idle();
      expect(attended.model.runs).toEqual([1 + 1 + 1 + 4]);
      if (how === 'rolled back') await attended.session.rollback(mark);
      const answers = [attended, fresh].map(async ({ session }) => {
        await session.append(audio('b', 70, true, 'b'));
        await session.append(edge('t', 'close'));
        return readAnswer(session.generate({ maxTokens: 8 }));
      });
      expect((await answers[0])?.ids).toEqual((await answers[1])?.ids);
    },
  );

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
