import { Context } from '../../modules/decoder/core/context/context.js';
import { DecodeStep, ModelRunner, Sequence } from '../../modules/decoder/core/scheduling/model-runner.js';
import { greedy, seededRandom } from '../../modules/decoder/core/text/sampler.js';
import { loadModelFolder } from '../../modules/decoder/folders/pocket/model-folder.js';
import { OrtModel } from '../../modules/decoder/local/onnx/ort-model.js';
import { TEST_MODEL } from '../support/model-folder.js';

// The real decoder of the model that ships: a batch of sequences of different lengths against each of them alone.

const LENGTHS = [1, 40, 300, 129, 2];
const TOKENS = 20;
/** Rows that a run has to itself are multiplied in another order than those of a batch. */
const TOLERANCE = 1e-4;

interface Begun {
  readonly sequence: Sequence;
  logits: Float32Array;
}

describe('OrtModel, decoding a batch', () => {
  let model: OrtModel;
  let runner: ModelRunner;

  beforeAll(async () => {
    model = await OrtModel.load(await loadModelFolder(TEST_MODEL), 1);
    runner = new ModelRunner(model);
  });
  afterAll(() => model.release());

  async function begin(rows: number): Promise<Begun> {
    const { hiddenSize, vocabSize, maxContextTokens } = model.config.text;
    const random = seededRandom(rows);
    const ids = Array.from({ length: rows }, () => Math.floor(random() * vocabSize));
    const context = new Context(model.kv, hiddenSize, maxContextTokens);
    context.add('content', await model.embed(ids), rows);
    return { sequence: new Sequence(context), logits: await runner.prefill(context, Infinity) };
  }

  it('gives the logits and the greedy tokens that each sequence has alone', async () => {
    const shared: Begun[] = [];
    for (const rows of LENGTHS) shared.push(await begin(rows));
    const alone: Begun[] = [];
    for (const rows of LENGTHS) alone.push(await begin(rows));
    let worst = 0;
    for (let turn = 0; turn < TOKENS; turn++) {
      // Who takes part changes, as it does when answers begin and end.
      const members = LENGTHS.map((_, at) => at).filter((at) => (turn + at) % 5 !== 0);
      const steps = members.flatMap((at) => {
        const one = shared[at];
        return one ? new DecodeStep(one.sequence, greedy(one.logits)) : [];
      });
      const together = await runner.decode(steps);
      for (const [index, at] of members.entries()) {
        const [one, other] = [shared[at], alone[at]];
        const logits = together[index];
        if (!one || !other || !logits) throw new Error(`sequence ${at} has no logits`);
        const token = greedy(other.logits);
        expect(greedy(one.logits)).toBe(token);
        other.logits = (await runner.decode([new DecodeStep(other.sequence, token)]))[0] ?? other.logits;
        one.logits = logits;
        worst = logits.reduce(
          (max, value, id) => Math.max(max, Math.abs(value - (other.logits[id] ?? NaN))),
          worst,
        );
      }
    }
    expect(worst).toBeLessThanOrEqual(TOLERANCE);
  });
});
