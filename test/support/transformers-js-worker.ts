import { basename, dirname } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import {
  AutoProcessor,
  env,
  Gemma3nForConditionalGeneration,
  Gemma4ForConditionalGeneration,
  RawImage,
  Tensor,
} from '@huggingface/transformers';
import type { ReferenceRequest, ReferenceReply, ReferenceTurn } from './transformers-js.js';

// transformers.js in a thread of its own, with the process's own typed arrays and the library's own onnxruntime-common

type Inputs = Record<string, Tensor> & { input_ids: Tensor };

const CLASSES = { gemma3n: Gemma3nForConditionalGeneration, gemma4: Gemma4ForConditionalGeneration };
const { dir, modelType } = workerData as { dir: string; modelType: keyof typeof CLASSES };

env.allowRemoteModels = false;
env.localModelPath = `${dirname(dir)}/`;
const processor = await AutoProcessor.from_pretrained(basename(dir));
const model = await CLASSES[modelType].from_pretrained(basename(dir), { dtype: 'fp32', device: 'cpu' });

/** What the model takes for a user turn, up to the answer. */
async function inputsOf({ image, pcm, text }: ReferenceTurn): Promise<Inputs> {
  const content = [
    ...(image ? [{ type: 'image' }] : []),
    ...(pcm ? [{ type: 'audio' }] : []),
    ...(text === undefined ? [] : [{ type: 'text', text }]),
  ];
  const prompt = processor.apply_chat_template([{ role: 'user', content }] as never, {
    add_generation_prompt: true,
  });
  const picture = image
    ? new RawImage(new Uint8ClampedArray(image.data), image.width, image.height, 3)
    : null;
  const call = processor as unknown as (...args: unknown[]) => Promise<Inputs>;
  return call(prompt, picture, pcm ?? null, { add_special_tokens: false });
}

async function answer(inputs: Record<string, Tensor>, ids: readonly number[], count: number) {
  const { length } = ids;
  const out = (await model.generate({
    ...inputs,
    input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), [1, length]),
    attention_mask: new Tensor('int64', new BigInt64Array(length).fill(1n), [1, length]),
    max_new_tokens: count,
    do_sample: false,
  })) as Tensor;
  return numbers(out).slice(length);
}

function numbers(tensor: Tensor): number[] {
  return Array.from(tensor.data as BigInt64Array, Number);
}

async function reply({ turns, ids, count }: ReferenceRequest): Promise<ReferenceReply> {
  const inputs = [];
  for (const turn of turns) inputs.push(await inputsOf(turn));
  const prompts = inputs.map((one) => numbers(one.input_ids));
  const media = Object.assign({}, ...inputs) as Record<string, Tensor>;
  return { prompts, answer: count > 0 ? await answer(media, ids ?? prompts.flat(), count) : [] };
}

parentPort?.on('message', (request: ReferenceRequest) => {
  void reply(request).then(
    (done) => parentPort?.postMessage(done),
    (error: unknown) => parentPort?.postMessage({ error: String(error) }),
  );
});
