import { timeline, readWav } from '../testing/speech-timeline.js';
import type { ModelRow } from '../core/model-port.js';
import { OnnxVadModel } from './onnx-vad-model.js';

const SPEECH = new URL('../../../test/fixtures/speech/how-many-circles.wav', import.meta.url);

describe.each(['v6', 'legacy'] as const)('OnnxVadModel %s', (name) => {
  let model: OnnxVadModel;
  beforeAll(async () => void (model = await OnnxVadModel.load(name)));
  afterAll(() => model.release());

  const STEPS = 6;

  /** Rows that each hear the same recording from another place, with everything that `step` needs to go on. */
  function listeners(count: number) {
    const samples = model.contextSamples + model.windowSamples;
    const pcm = timeline(2400, [{ pcm: readWav(SPEECH), atMs: 100 }]);
    const rows = Array.from({ length: count }, () => ({
      input: new Float32Array(samples),
      state: new Float32Array(model.stateFloats),
    }));
    const load = (row: ModelRow, listener: number, step: number) => {
      const at = listener * 700 + step * model.windowSamples;
      row.input.copyWithin(0, model.windowSamples);
      row.input.set(pcm.subarray(at, at + model.windowSamples), model.contextSamples);
    };
    return { rows, load };
  }

  it('gives batched what it gives one by one', async () => {
    const together = listeners(8);
    const alone = listeners(8);
    for (let step = 0; step < STEPS; step++) {
      together.rows.forEach((row, i) => together.load(row, i, step));
      const batched = await model.run(together.rows);
      for (const [i, row] of alone.rows.entries()) {
        alone.load(row, i, step);
        const single = await model.run([row]);
        expect(Math.abs((batched[i] ?? NaN) - (single[0] ?? NaN))).toBeLessThan(1e-5);
        const drift = row.state.map((x, k) => Math.abs(x - (together.rows[i]?.state[k] ?? NaN)));
        expect(Math.max(...drift)).toBeLessThan(1e-4);
      }
    }
  });
});
