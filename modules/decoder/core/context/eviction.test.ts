import { planEviction } from './eviction.js';
import { PINNED, closeGaps, type Span } from './span.js';

/** Spans one after the other: `[kind, rows, exchange]`. */
function spans(...list: [Span['kind'], number, number][]): Span[] {
  let from = 0;
  return list.map(([kind, rows, exchange]) => {
    const span = { kind, from, to: from + rows, position: from, exchange, owner: null };
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

  it('gives up frames too, one by one, where old exchanges are not enough', () => {
    expect(plan(3, 180)).toEqual([]);
    expect(plan(3, 140)).toEqual([2]);
    expect(plan(3, 90)).toEqual([2, 3]);
    expect(plan(3, 60)).toEqual([1, 2, 3, 4]);
    expect(plan(3, 0)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('takes out the newest exchange too where another is about to be opened, and that last', () => {
    const opening = (targetTokens: number) =>
      planEviction(context, { keepFrames: 3, targetTokens, currentExchange: 2, opening: true }).map((span) =>
        context.indexOf(span),
      );
    expect(opening(144)).toEqual([8]);
    expect(opening(0)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const answered = spans(['content', 1, PINNED], ['content', 30, 0], ['content', 40, 1]);
    const gone = (targetTokens: number, currentExchange = 1) =>
      planEviction(answered, { keepFrames: 0, targetTokens, currentExchange, opening: true }).map((span) =>
        answered.indexOf(span),
      );
    expect(gone(41)).toEqual([1]);
    expect(gone(40)).toEqual([1, 2]);
  });

  it('leaves the start and the newest system turn, and gives up an older one', () => {
    const instructed = spans(
      ['content', 1, PINNED],
      ['system', 9, PINNED],
      ['content', 10, 0],
      ['system', 1, 0],
      ['system', 7, 0],
      ['system', 1, 0],
      ['content', 10, 1],
      ['content', 1, 2],
    );
    const gone = planEviction(instructed, { keepFrames: 0, targetTokens: 0, currentExchange: 2 });
    expect(gone.map((span) => instructed.indexOf(span))).toEqual([1, 2, 6]);
    const first = planEviction(instructed.slice(0, 3), {
      keepFrames: 0,
      targetTokens: 0,
      currentExchange: 2,
    });
    expect(first.map((span) => instructed.indexOf(span))).toEqual([2]);
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
