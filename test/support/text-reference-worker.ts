import { basename, dirname } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { AutoTokenizer, env, LlamaForCausalLM, type Tensor } from '@huggingface/transformers';
import type { TextReply, TextRequest } from './text-reference.js';

// transformers.js in a thread of its own, with the process's own typed arrays and the library's own onnxruntime-common

const { dir } = workerData as { dir: string };
env.allowRemoteModels = false;
env.localModelPath = `${dirname(dir)}/`;
const tokenizer = await AutoTokenizer.from_pretrained(basename(dir));
const model = await LlamaForCausalLM.from_pretrained(basename(dir), { dtype: 'fp32', device: 'cpu' });

async function reply({ messages, count }: TextRequest): Promise<TextReply> {
  const inputs = tokenizer.apply_chat_template([...messages], {
    add_generation_prompt: true,
    return_dict: true,
  }) as { input_ids: Tensor };
  const prompt = numbers(inputs.input_ids);
  const out = (await model.generate({ ...inputs, max_new_tokens: count, do_sample: false })) as Tensor;
  const answer = numbers(out).slice(prompt.length);
  return { prompt, answer, text: tokenizer.decode(answer, { skip_special_tokens: true }) };
}

const numbers = (tensor: Tensor): number[] => Array.from(tensor.data as BigInt64Array, Number);

parentPort?.on('message', (request: TextRequest) => {
  void reply(request).then(
    (done) => parentPort?.postMessage(done),
    (error: unknown) => parentPort?.postMessage({ error: String(error) }),
  );
});
