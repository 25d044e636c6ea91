import { bleu } from './bleu.js';

const pair = (hypothesis: string, reference: string) => ({
  hypothesis: hypothesis.split(' ').filter(Boolean),
  reference: reference.split(' '),
});

describe('bleu', () => {
  it('of the right words is 100', () => {
    expect(bleu([pair('the red circle', 'the red circle'), pair('a b c d e', 'a b c d e')])).toBeCloseTo(
      100,
      10,
    );
  });

  // Figures of sacrebleu 2.6.0, corpus_bleu(tokenize='none').
  it('is that of sacrebleu', () => {
    const good = [
      pair('the red circle', 'the red circle'),
      pair('a blue star is left of the heart', 'the blue star is left of the heart'),
    ];
    expect(bleu(good)).toBeCloseTo(86.27788640890412, 8);
    // No four words of it are right: that order is smoothed.
    expect(bleu([pair('the small cat sat on a mat', 'the cat sat on the mat today')])).toBeCloseTo(
      27.77619034011791,
      8,
    );
  });

  it('counts only the orders that there are', () => {
    expect(bleu([pair('red star', 'red star')])).toBeCloseTo(100, 10);
    expect(bleu([pair('a b', 'a c')])).toBeCloseTo(100 * Math.sqrt(0.5 * 0.5), 10);
  });

  it('does not reward saying less, or a word twice', () => {
    expect(bleu([pair('a b c d', 'a b c d e f g h')])).toBeCloseTo(100 * Math.exp(-1), 10);
    expect(bleu([pair('a a', 'a b')])).toBeCloseTo(100 * Math.sqrt(0.5 * 0.5), 10);
  });

  it('of nothing right is 0, of nothing asked null', () => {
    expect(bleu([pair('x y', 'a b')])).toBe(0);
    expect(bleu([pair('', 'a b')])).toBe(0);
    expect(bleu([])).toBeNull();
  });
});
