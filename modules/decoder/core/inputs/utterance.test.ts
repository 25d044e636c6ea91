import type { AudioShape } from '../model/model-config.js';
import { MAX_UTTERANCE_MS, Utterance, type AudioBlock } from './utterance.js';

const shape: AudioShape = {
  mels: 2,
  hop: 160,
  lead: 240,
  blockMelFrames: 64,
  melPerToken: 8,
  melPerFrame: 2,
  leftContextFrames: 48,
  layers: 1,
  heads: 2,
  headDim: 2,
  hiddenSize: 3,
};

const ramp = (length: number, from = 0) => Float32Array.from({ length }, (_, index) => from + index + 1);

/** Encodes everything there is; the state after block n is n. */
function encodeAll(utterance: Utterance, final: boolean): AudioBlock[] {
  const blocks: AudioBlock[] = [];
  for (let block = utterance.nextBlock(final); block; block = utterance.nextBlock(final)) {
    blocks.push(block);
    const mark = block.position / 32 + 1;
    const filled = (length: number) => new Float32Array(length).fill(mark);
    const rows = [filled(block.melFrames * 2)];
    const features = filled((block.melFrames / 8) * 3);
    utterance.takeEncoded(block, { features, conv1: filled(4), conv2: filled(3), keys: rows, values: rows });
  }
  return blocks;
}

const newUtterance = () => new Utterance(shape, 3, null);

describe('Utterance', () => {
  it('gives out whole blocks, each with what came before it', () => {
    const utterance = newUtterance();
    utterance.append(ramp(10_239));
    expect(utterance.nextBlock(false)).toBeNull();
    utterance.append(ramp(10_242, 10_239));
    const [first, second, ...more] = encodeAll(utterance, false);
    expect(more).toEqual([]);
    expect(first?.pcm.length).toBe(240 + 10_240);
    expect([first?.pcm[239], first?.pcm[240], first?.pcm.at(-1)]).toEqual([0, 1, 10_240]);
    expect([second?.pcm[0], second?.pcm[240], second?.position]).toEqual([10_001, 10_241, 32]);
    expect([first?.past.rows, second?.past.rows]).toEqual([0, 32]);
    expect([first?.conv1[0], second?.conv1[0]]).toEqual([0, 1]);
  });

  it('bounds the past by the left context', () => {
    const utterance = newUtterance();
    utterance.append(ramp(3 * 10_240));
    expect(encodeAll(utterance, false).map(({ past }) => past.rows)).toEqual([0, 32, 48]);
  });

  it('pads what is left at the end with zeros to a whole token', () => {
    const utterance = newUtterance();
    utterance.append(ramp(1281));
    const [block] = encodeAll(utterance, true);
    expect(block?.melFrames).toBe(16);
    expect([block?.pcm[240 + 1280], block?.pcm[240 + 1281]]).toEqual([1281, 0]);
    expect(utterance.features().tokens).toBe(2);
  });

  it('makes the same blocks however the sound is cut up', () => {
    const [whole, cut] = [newUtterance(), newUtterance()];
    whole.append(ramp(30_000));
    const atOnce = encodeAll(whole, true);
    const inPieces: AudioBlock[] = [];
    for (let from = 0; from < 30_000; from += 777) {
      cut.append(ramp(Math.min(777, 30_000 - from), from));
      inPieces.push(...encodeAll(cut, false));
    }
    expect([...inPieces, ...encodeAll(cut, true)]).toEqual(atOnce);
  });

  it.each([5_000, 10_240, 15_000])('goes back to %i samples and on again', (samples) => {
    const [undone, straight] = [newUtterance(), newUtterance()];
    undone.append(ramp(samples));
    encodeAll(undone, false);
    undone.append(ramp(9_000, 50_000));
    encodeAll(undone, true);
    undone.truncate(samples);
    for (const utterance of [undone, straight]) {
      utterance.append(utterance === undone ? ramp(12_000, samples) : ramp(samples + 12_000));
    }
    encodeAll(undone, true);
    encodeAll(straight, true);
    expect(undone.features()).toEqual(straight.features());
  });

  it('can be gone on with after what was encoded has been dropped', () => {
    const utterance = newUtterance();
    utterance.append(ramp(20_480));
    const first = encodeAll(utterance, false);
    utterance.dropEncoded();
    expect(utterance.features().tokens).toBe(0);
    expect(encodeAll(utterance, false)).toEqual(first);
  });

  it('tells of each block what was said of the last frame that has sound', () => {
    const utterance = newUtterance();
    const told = (block: AudioBlock) =>
      Float32Array.from({ length: block.melFrames / 2 }, (_, frame) => frame);
    const encode = (block: AudioBlock) => {
      const [features, rows] = [new Float32Array(block.melFrames), new Float32Array(block.melFrames * 2)];
      const kept = { features, conv1: rows, conv2: rows, keys: [rows], values: [rows] };
      return { ...kept, turnEnd: told(block) };
    };
    expect(utterance.toldSoFar).toBeNull();
    utterance.append(ramp(10_240 + 1_700));
    const first = utterance.nextBlock(false)!;
    utterance.takeEncoded(first, encode(first));
    expect(utterance.toldSoFar).toBeNull();
    const rest = utterance.nextBlock(true)!;
    // 1,700 samples end in the sixth frame of 320; the block is padded to eight.
    expect([rest.melFrames, utterance.toldOf(rest, encode(rest)).turnEnd]).toEqual([16, 5]);
    utterance.takeEncoded(rest, encode(rest));
    expect(utterance.toldSoFar?.turnEnd).toBe(5);
    utterance.truncate(10_240);
    expect(utterance.toldSoFar?.turnEnd).toBe(31);
    utterance.dropEncoded();
    expect(utterance.toldSoFar).toBeNull();
  });

  it('says nothing of a model without a head', () => {
    const utterance = newUtterance();
    utterance.append(ramp(5_000));
    encodeAll(utterance, true);
    expect(utterance.toldSoFar).toEqual({});
  });

  it('gives a block of an ear without a past what came before it to hear', () => {
    const utterance = new Utterance({ ...shape, layers: 0, hiddenSize: 0, contextMelFrames: 16 }, 3, null);
    utterance.append(ramp(2 * 10_240 + 100));
    const [first, second, rest] = encodeAll(utterance, true);
    expect([first, second, rest].map((block) => block?.contextMelFrames)).toEqual([0, 16, 16]);
    expect(second?.pcm.length).toBe(240 + 160 * (16 + 64));
    // Its own sound begins behind 240 samples of lead and 16 hops of context.
    expect([second?.pcm[0], second?.pcm[240 + 16 * 160], rest?.pcm[240 + 16 * 160]]).toEqual([
      10_241 - 2_800,
      10_241,
      20_481,
    ]);
    expect(rest?.melFrames).toBe(8);
    expect(utterance.features().tokens).toBe(17);
  });

  it('takes what was encoded to be asked about, as long as no sound has come since', () => {
    const utterance = newUtterance();
    const encode = (block: AudioBlock) => {
      const rows = new Float32Array(block.melFrames * 2);
      const told = { turnEnd: 0.25, notForMe: 0.5 };
      return {
        features: new Float32Array((block.melFrames / 8) * 3),
        conv1: rows,
        conv2: rows,
        keys: [rows],
        values: [rows],
        told,
      };
    };
    utterance.append(ramp(5_000));
    const rest = utterance.nextBlock(true)!;
    const encoded = encode(rest);
    utterance.keepPeeked(encoded);
    expect(utterance.takePeeked()).toBe(encoded);
    utterance.append(ramp(1));
    expect(utterance.takePeeked()).toBeNull();
    utterance.truncate(5_000);
    expect(utterance.takePeeked()).toBeNull();
    utterance.keepPeeked(encoded);
    utterance.takeEncoded(rest, encoded);
    expect(utterance.toldSoFar).toEqual({ turnEnd: 0.25, notForMe: 0.5 });
    expect(utterance.takePeeked()).toBeNull();
  });

  it('refuses sound beyond its limit and stays as it was', () => {
    const utterance = newUtterance();
    utterance.append(ramp(100));
    expect(() => utterance.append(new Float32Array(MAX_UTTERANCE_MS * 16))).toThrow(/at most 30 s/);
    expect(utterance.samples).toBe(100);
  });
});
