import { PINNED, closeGaps, planEviction, type Span } from './eviction.js';

/** Spans one after the other: `[kind, rows, exchange]`. */
function spans(...list: [Span['kind'], number, number][]): Span[] {
  let from = 0;
  return list.map(([kind, rows, exchange]) => {
    const span = { kind, from, to: from + rows, exchange };
    from += rows;
    return span;
  });
}

const context = spans(
  ['content', 1, PINNED],
  ['content', 1, 0],
  ['frame', 37, 0],
  ['frame', 37, 0],
  ['content', 20, 0],
  ['content', 1, 1],
  ['frame', 37, 1],
  ['content', 10, 1],
  ['content', 1, 2],
);

const plan = (keepFrames: number, targetTokens: number) =>
  planEviction(context, { keepFrames, targetTokens, currentExchange: 2 }).map((span) =>
    context.indexOf(span),
  );

describe('planEviction', () => {
  it('keeps the newest frames', () => {
    expect(plan(3, 1000)).toEqual([]);
    expect(plan(2, 1000)).toEqual([2]);
    expect(plan(0, 1000)).toEqual([2, 3, 6]);
  });

  it('takes out old exchanges whole, as many as it must', () => {
    expect(plan(1, 60)).toEqual([1, 2, 3, 4]);
    expect(plan(0, 14)).toEqual([1, 2, 3, 4, 6]);
    expect(plan(0, 0)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('leaves an exchange with a frame that is kept', () => {
    expect(plan(3, 0)).toEqual([]);
  });
});

describe('closeGaps', () => {
  it('moves down what stays', () => {
    const dropped = context.filter((_, index) => [1, 2, 4].includes(index));
    expect(closeGaps(context, dropped).map(({ from, to }) => [from, to])).toEqual([
      [0, 1],
      [1, 38],
      [38, 39],
      [39, 76],
      [76, 86],
      [86, 87],
    ]);
  });
});
