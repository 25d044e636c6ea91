import fc from 'fast-check';

import { OFFERS } from './offers.js';

type Mutation = (lines: string[], at: number, text: string) => void;
const MUTATIONS: Record<string, Mutation> = {
  delete: (lines, at) => void lines.splice(at, 1),
  duplicate: (lines, at) => void lines.splice(at, 0, lines[at] ?? ''),
  truncate: (lines, at) => (lines[at] = (lines[at] ?? '').slice(0, at % 17)),
  cutHead: (lines, at) => (lines[at] = (lines[at] ?? '').slice(at % 5)),
  upper: (lines, at) => (lines[at] = (lines[at] ?? '').toUpperCase()),
  lower: (lines, at) => (lines[at] = (lines[at] ?? '').toLowerCase()),
  join: (lines, at) => void lines.splice(at, 2, `${lines[at] ?? ''}${lines[at + 1] ?? ''}`),
  swap: (lines, at) => void lines.splice(at, 2, lines[at + 1] ?? '', lines[at] ?? ''),
  end: (lines, at) => void lines.splice(at),
  digits: (lines, at) => (lines[at] = (lines[at] ?? '').replace(/\d+/, '99999999999')),
  zero: (lines, at) => (lines[at] = (lines[at] ?? '').replace(/\d+/, '0')),
  junk: (lines, at, text) => void lines.splice(at, 0, text),
  replace: (lines, at, text) => (lines[at] = (lines[at] ?? '').replace(/(?<=[:= ])[^:= ]*$/, () => text)),
};

/** An offer of another stack, in which up to twelve lines went wrong. */
export const mutatedOffers = fc
  .tuple(
    fc.constantFrom(...OFFERS.keys()),
    fc.array(
      fc.tuple(
        fc.constantFrom(...Object.keys(MUTATIONS)),
        fc.nat(1000),
        fc.oneof(fc.string(), fc.string({ unit: 'binary' })),
      ),
      { minLength: 1, maxLength: 12 },
    ),
    fc.constantFrom('\r\n', '\n', '\r'),
  )
  .map(([name, mutations, end]) => {
    const lines = (OFFERS.get(name) ?? '').split('\r\n');
    for (const [kind, at, text] of mutations) MUTATIONS[kind]?.(lines, at % Math.max(lines.length, 1), text);
    return lines.join(end);
  });
