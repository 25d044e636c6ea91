import { setImmediate } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { readAnswer } from '../../testing/engine-script.js';
import { LocalSession, localHost } from '../../testing/local-session.js';
import { TOY_CODEC, ToyModel } from '../../testing/toy-model.js';
import { Context } from '../context/context.js';
import { DecodeStep, ModelRunner, Sequence } from './model-runner.js';

// Real: everything in core/. Fake: the model, a toy whose every row depends exactly on all rows before it.

/** Contexts of these lengths, computed. */
async function contexts(model: ToyModel, runner: ModelRunner, lengths: readonly number[]) {
  const made: Context[] = [];
  for (const [index, rows] of lengths.entries()) {
    const context = new Context(model.kv, model.config.text.hiddenSize, 512);
    const ids = Array.from({ length: rows }, (_, at) => 6 + ((index * 7 + at) % 18));
    context.add('content', await model.embed(ids), rows);
    await runner.prefill(context, Infinity);
    made.push(context);
  }
  return made;
}

describe('ModelRunner', () => {
  it('gives in one run the logits that each sequence has alone, while sequences come and go', async () => {
    const model = new ToyModel();
    const runner = new ModelRunner(model);
    const lengths = [3, 150, 1, 40, 90];
    const [shared, alone] = [await contexts(model, runner, lengths), await contexts(model, runner, lengths)];
    const sequences = shared.map((context) => new Sequence(context));
    for (const [turn, members] of [[0, 1, 2], [2, 1, 0, 4], [4, 3], [3], [3, 0, 1, 2, 4]].entries()) {
      const taken = members.flatMap((at) => sequences[at] ?? []);
      const logits = await runner.decode(
        taken.map((sequence, at) => new DecodeStep(sequence, 6 + turn + at)),
      );
      for (const [at, member] of members.entries()) {
        const context = alone[member] as Context;
        const [expected] = await runner.decode([new DecodeStep(new Sequence(context), 6 + turn + at)]);
        expect(logits[at]).toEqual(expected);
      }
    }
    expect(model.batches).toEqual([3, 4, 2, 5]);
  });

  it('computes one alone on its own cache', async () => {
    const model = new ToyModel();
    const runner = new ModelRunner(model);
    const [context] = await contexts(model, runner, [5]);
    const sequence = new Sequence(context as Context);
    await runner.decode([new DecodeStep(sequence, 7)]);
    expect(model.batches).toEqual([]);
    expect(sequence.slab).toBeNull();
  });

  it('looks the tokens of a batch up in one run', async () => {
    const model = new ToyModel();
    const runner = new ModelRunner(model);
    const made = await contexts(model, runner, [5, 6]);
    const embed = jest.spyOn(model, 'embed');
    await runner.decode(made.map((context) => new DecodeStep(new Sequence(context), 7)));
    expect(embed.mock.calls).toEqual([[[7, 7]]]);
  });

  it('runs one by one a model that cannot share runs', async () => {
    const model = new ToyModel();
    Object.assign(model, { decodeBatch: undefined });
    const runner = new ModelRunner(model);
    expect(runner.limits.size).toBe(1);
    const made = await contexts(model, runner, [5, 6]);
    const logits = await runner.decode(made.map((context) => new DecodeStep(new Sequence(context), 7)));
    expect(logits.map(({ length }) => length)).toEqual([24, 24]);
  });
});

describe('sessions that answer at once', () => {
  const QUESTIONS = ['a', 'a longer question', 'x'.repeat(120), 'and another'];

  async function ask(session: LocalSession, question: string) {
    await session.append({ k: 'turn', id: 'open', role: 'user', edge: 'open' });
    await session.append({ k: 'text', id: 'text', text: question });
    await session.append({ k: 'turn', id: 'close', role: 'user', edge: 'close' });
    const { ids, genId } = await readAnswer(session.generate({ maxTokens: 20 }));
    await session.accept(genId);
    return ids;
  }

  it('answer what they answer alone, in shared runs', async () => {
    const model = new ToyModel();
    const host = await localHost(model, TOY_CODEC, () => setImmediate());
    const alone: number[][] = [];
    for (const question of QUESTIONS) alone.push(await ask(await LocalSession.open(host), question));
    expect(model.batches).toEqual([]);
    const sessions = await Promise.all(QUESTIONS.map(() => LocalSession.open(host)));
    const together = await Promise.all(sessions.map((session, at) => ask(session, QUESTIONS[at] ?? '')));
    expect(together).toEqual(alone);
    expect(Math.max(...model.batches)).toBe(QUESTIONS.length);
  });
});
