import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as ort from 'onnxruntime-node';

const vadWeb = dirname(createRequire(import.meta.url).resolve('@ricky0123/vad-web'));

describe('the jest environment', () => {
  test('lets a native add-on take and give typed arrays of the test’s realm', async () => {
    const session = await ort.InferenceSession.create(join(vadWeb, 'silero_vad_v6.onnx'));

    const out = await session.run({
      input: new ort.Tensor('float32', new Float32Array(64 + 512), [1, 576]),
      state: new ort.Tensor('float32', new Float32Array(2 * 128), [2, 1, 128]),
      sr: new ort.Tensor('int64', BigInt64Array.of(16_000n), []),
    });

    expect(out['output']?.data).toBeInstanceOf(Float32Array);
    expect(out['output']?.data[0]).toBeLessThan(0.1);
  });
});
