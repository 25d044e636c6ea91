import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { EngineSession, RgbImage, Segment } from '#modules/contracts';
import type { SpecialTokens } from '../../modules/decoder/core/model/model-config.js';
import { seededRandom } from '../../modules/decoder/core/text/sampler.js';
import {
  loadStandardFolder,
  type StandardFolder,
} from '../../modules/decoder/folders/gemma/standard-folder.js';
import { StandardModel } from '../../modules/decoder/local/onnx/standard-model.js';
import { StandardTokenizer } from '../../modules/decoder/folders/gemma/standard-tokenizer.js';
import { readAnswer } from '../../modules/decoder/testing/engine-script.js';
import { localHost, LocalSession } from '../../modules/decoder/testing/local-session.js';
import { TransformersJs, type ReferenceTurn } from '../support/transformers-js.js';

// Real: the tiny exports, onnxruntime, our processors and session logic on one side, @huggingface/transformers on the other.
// Not real: the weights, which are random.
//
// A live context grows piece by piece and each piece is tokenized by itself, so where a picture's blank line follows the line
// break behind "user" the same text may be cut into tokens elsewhere (ADR 14). The reference is therefore given our tokens
// where there are pictures or sounds, after a check that they spell what its own prompt spells.

const TOKENS = 20;
const text = 'the see in there?';

const image = (side: number, seed: number): RgbImage => {
  const random = seededRandom(seed);
  const data = Uint8Array.from({ length: side * side * 3 }, () => Math.floor(random() * 256));
  return { width: side, height: side, data };
};

const sound = (samples: number, seed: number): Float32Array => {
  const random = seededRandom(seed);
  return Float32Array.from(
    { length: samples },
    (_, n) => 0.3 * Math.sin(n * 0.05 * seed) + 0.05 * (random() - 0.5),
  );
};

async function readTokens(dir: string): Promise<Map<number, string>> {
  const { model } = JSON.parse(await readFile(join(dir, 'tokenizer.json'), 'utf8')) as {
    model: { vocab: Record<string, number> };
  };
  return new Map(Object.entries(model.vocab).map(([token, id]) => [id, token]));
}

describe.each(['gemma3n', 'gemma4'] as const)('a %s export', (modelType) => {
  const dir = resolve(`test/fixtures/models/tiny-${modelType}`);
  let folder: StandardFolder;
  let codec: StandardTokenizer;
  let tokens: ReadonlyMap<number, string>;
  let reference: TransformersJs;
  let open: () => Promise<LocalSession>;
  let release: () => Promise<void>;

  beforeAll(async () => {
    folder = await loadStandardFolder(dir, modelType);
    codec = await StandardTokenizer.load(folder);
    const model = await StandardModel.load(folder, codec, 1);
    tokens = await readTokens(dir);
    const host = await localHost(model, codec);
    open = () => LocalSession.open(host);
    release = () => model.release();
    reference = new TransformersJs(dir, modelType);
    // Loading it is the long part.
    await reference.ask({ turns: [], count: 0 });
  }, 60_000);
  afterAll(async () => {
    await release();
    await reference.close();
  });

  let count = 0;
  const edge = (at: 'open' | 'close'): Segment => ({
    k: 'turn',
    id: `edge ${++count}`,
    role: 'user',
    edge: at,
  });

  async function say(session: EngineSession, turn: ReferenceTurn, blockSamples = 5000): Promise<void> {
    await session.append(edge('open'));
    if (turn.image) await session.append({ k: 'frame', id: `frame ${++count}`, ptsMs: 0, image: turn.image });
    const { pcm } = turn;
    for (let from = 0; pcm && from < pcm.length; from += blockSamples) {
      const final = from + blockSamples >= pcm.length;
      const part = pcm.subarray(from, from + blockSamples);
      await session.append({ k: 'audio', id: `sound ${++count}`, ptsMs: 0, pcm: part, final });
    }
    if (turn.text) await session.append({ k: 'text', id: `text ${++count}`, text: turn.text });
    await session.append(edge('close'));
  }

  const answer = async (session: EngineSession) => readAnswer(session.generate({ maxTokens: TOKENS }));

  const mark = (name: keyof SpecialTokens): readonly number[] =>
    codec.marks.get(codec.special[name] ?? 0) ?? [];

  /** Our tokens of a turn, with as many placeholders as the reference's prompt of it has. */
  function turnIds(
    { image: picture, pcm, text: words = '' }: ReferenceTurn,
    prompt: readonly number[],
  ): number[] {
    const { imageTokenId, audioTokenId } = folder;
    const soft = (id: number) => prompt.filter((one) => one === id);
    const { frameWrap, audioWrap } = codec;
    const seen = [...mark('frame'), ...frameWrap.before, ...soft(imageTokenId), ...frameWrap.after];
    const heard = [...mark('audio'), ...audioWrap.before, ...soft(audioTokenId), ...audioWrap.after];
    return [
      ...mark('user'),
      ...(picture ? seen : []),
      ...(pcm ? heard : []),
      ...codec.encode(words),
      ...mark('end'),
    ];
  }

  const spelt = (ids: readonly number[]): string => ids.map((id) => tokens.get(id)).join('');

  it.each([
    ['text', () => ({ text })],
    ['a picture', () => ({ image: image(folder.config.vision.imageSize, 3), text })],
    ['a sound', () => ({ pcm: sound(16_000, 2) })],
    ['a sound of an odd length', () => ({ pcm: sound(12_345, 3), text })],
    ['all of them', () => ({ image: image(folder.config.vision.imageSize, 5), pcm: sound(9_000, 1), text })],
  ])('answers to %s token for token as transformers.js does', async (_, turn) => {
    const { prompts } = await reference.ask({ turns: [turn()], count: 0 });
    const [prompt = []] = prompts;
    const ids = [...mark('bos'), ...turnIds(turn(), prompt), ...mark('assistant')];
    expect(spelt(ids)).toBe(spelt(prompt));
    const { answer: expected } = await reference.ask({ turns: [turn()], ids, count: TOKENS });
    const session = await open();
    await say(session, turn());
    const { ids: answered, end } = await answer(session);
    expect(end?.usage.prompt).toBe(ids.length);
    expect(answered).toEqual(expected.filter((id) => !folder.stopIds.includes(id)));
  });

  it('cuts a turn of text into the tokens that transformers.js does', async () => {
    const { prompts } = await reference.ask({ turns: [{ text }], count: 0 });
    expect([...mark('bos'), ...turnIds({ text }, []), ...mark('assistant')]).toEqual(prompts[0]);
  });

  it('goes on token for token in a second turn, after what was rolled back', async () => {
    const first = { image: image(folder.config.vision.imageSize, 7), text };
    const second = { pcm: sound(20_000, 4), text: 'see' };
    const session = await open();
    await say(session, first);
    const before = session.mark();
    await say(session, { pcm: sound(8_000, 9), text: 'not this' });
    await answer(session);
    await session.rollback(before);
    const one = await answer(session);
    // Random weights may answer with a placeholder, which the reference would take for a picture.
    const placeholder = one.ids.findIndex((id) => id === folder.imageTokenId || id === folder.audioTokenId);
    const kept = placeholder < 0 ? one.ids : one.ids.slice(0, placeholder);
    await session.accept(one.genId, { keepTokens: kept.length });
    await say(session, second);
    const { ids: answered, end } = await answer(session);

    const { prompts } = await reference.ask({ turns: [first, second], count: 0 });
    const asked = [...mark('bos'), ...turnIds(first, prompts[0] ?? []), ...mark('assistant')];
    const alone = await reference.ask({ turns: [first], ids: asked, count: TOKENS });
    expect(one.ids).toEqual(alone.answer);
    const next = [...mark('end'), ...turnIds(second, prompts[1] ?? []), ...mark('assistant')];
    const ids = [...asked, ...kept, ...next];
    const both = await reference.ask({ turns: [first, second], ids, count: TOKENS });
    expect(end?.usage.prompt).toBe(ids.length);
    expect(answered).toEqual(both.answer);
    expect(new Set([...alone.answer, ...both.answer]).size).toBeGreaterThan(4);
  });

  it('goes on after an eviction as if the rows were still counted', async () => {
    const session = await open();
    await say(session, { image: image(folder.config.vision.imageSize, 7), text });
    const before = session.head.tokens;
    const { freed } = await session.evict({ keepFrames: 0, targetTokens: 1000 });
    expect(freed).toBe(folder.config.vision.tokensPerFrame + 1);
    expect(session.head.tokens).toBe(before - freed);
    expect((await answer(session)).ids).toHaveLength(TOKENS);
  });
});
