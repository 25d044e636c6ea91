import { toldOfAll } from './told-of-all.js';

const WINDOW = 9.6 * 16_000;
const told = (notForMe: number, seconds = 9.6) => ({
  turnEnd: 0.3,
  interrupts: 0.2,
  notForMe,
  samples: seconds * 16_000,
});

describe('toldOfAll', () => {
  it('is what the one window tells, to the bit', () => {
    expect(toldOfAll([])).toBeNull();
    expect(toldOfAll([{ samples: WINDOW }])).toEqual({});
    expect(toldOfAll([told(0.123456789)])).toEqual({ turnEnd: 0.3, interrupts: 0.2, notForMe: 0.123456789 });
  });

  it('takes the end of the turn and the interruption from the last', () => {
    const last = { ...told(0.5), turnEnd: 0.9, interrupts: 0.8 };
    expect(toldOfAll([told(0.5), last])).toMatchObject({ turnEnd: 0.9, interrupts: 0.8 });
  });

  it.each([
    ['a word behind talk stays talk', [told(0.9), told(0.05, 0.7)], 'nobody'],
    ['a question behind talk is one', [told(0.9), told(0.01, 3)], 'question'],
    ['a word behind a question leaves it one', [told(0.01), told(0.6, 0.5)], 'question'],
    ['talk behind talk is talk', [told(0.9), told(0.9), told(0.7, 5)], 'nobody'],
  ])('%s', (_name, blocks, expected) => {
    expect((toldOfAll(blocks)?.notForMe ?? 0.5) >= 0.15 ? 'nobody' : 'question').toBe(expected);
  });

  it('leaves out what no head tells', () => {
    expect(
      toldOfAll([
        { samples: 5, turnEnd: 0.4 },
        { samples: 5, turnEnd: 0.6 },
      ]),
    ).toEqual({ turnEnd: 0.6 });
  });
});
