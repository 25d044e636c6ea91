import fc from 'fast-check';
import type { Segment } from '#modules/contracts';

/** One step of a random session. Steps that the state does not allow are skipped. */
export type Step =
  | { readonly do: 'frame'; readonly seed: number; readonly how: 'commit' | 'background' | 'abort' }
  | { readonly do: 'sound'; readonly seed: number; readonly samples: number }
  | {
      readonly do: 'ask';
      readonly seed: number;
      readonly keep: number;
      /** `abort`: before the first token; `interrupt`: after it, and what was told is kept. */
      readonly how: 'accept' | 'leave' | 'abort' | 'interrupt';
    }
  | { readonly do: 'mark' }
  | { readonly do: 'rollback'; readonly which: number }
  /** `share` of the tokens may stay. */
  | { readonly do: 'evict'; readonly keepFrames: number; readonly share: number }
  | { readonly do: 'redact'; readonly which: readonly number[] };

/** What makes a segment out of a seed, to an engine's measure. */
export interface Material {
  frame(id: string, seed: number): Segment;
  sound(seed: number, samples: number): Float32Array;
  /** Upper bound of samples in one block. */
  readonly maxSamples: number;
}

/** Questions come often, so that there are whole exchanges to evict. */
export function steps(material: Material, maxLength = 20): fc.Arbitrary<Step[]> {
  return fc.array(oneStep(material), { maxLength, size: 'max' });
}

export function oneStep(material: Material): fc.Arbitrary<Step> {
  const seed = fc.nat(1000);
  const does = <const D extends Step['do']>(name: D) => fc.constant(name);
  const often = (weight: number, arbitrary: fc.Arbitrary<Step>) => ({ weight, arbitrary });
  // What came first is what is evicted first.
  const named = fc.oneof(fc.nat(4), fc.nat(40));
  return fc.oneof(
    often(2, fc.record({ do: does('frame'), seed, how: fc.constantFrom('commit', 'background', 'abort') })),
    often(
      1,
      fc.record({ do: does('sound'), seed, samples: fc.integer({ min: 1, max: material.maxSamples }) }),
    ),
    often(
      3,
      fc.record({
        do: does('ask'),
        seed,
        keep: fc.nat(6),
        how: fc.constantFrom('accept', 'accept', 'leave', 'abort', 'interrupt'),
      }),
    ),
    often(1, fc.record({ do: does('mark') })),
    often(1, fc.record({ do: does('rollback'), which: fc.nat(20) })),
    often(
      1,
      fc.record({ do: does('evict'), keepFrames: fc.nat(3), share: fc.constantFrom(0, 0.25, 0.5, 1) }),
    ),
    often(1, fc.record({ do: does('redact'), which: fc.array(named, { minLength: 1, maxLength: 2 }) })),
  );
}
