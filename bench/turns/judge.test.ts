import { judge, type Heard } from './judge.js';

const THREE = { answers: ['three'], turns: [1] };
const ended = { endMs: 2000, lastMs: 2000, setting: 'server_vad' } as const;
const nothing = { ...ended, endMs: null };

function heard(given: Partial<Heard> = {}): Heard {
  return { committed: [], answers: [], underWay: null, ...given };
}

function answer(
  text: string,
  firstTextMs: number | null = 2510,
  status: 'completed' | 'cancelled' = 'completed',
) {
  return { text, status, firstTextMs };
}

describe('a question', () => {
  it('is right where it is answered once, when it is over', () => {
    const verdict = judge({ right: THREE }, heard({ committed: [2500], answers: [answer('Three.')] }), ended);
    expect(verdict).toMatchObject({ right: true, wrongTurns: 0, early: false, delayMs: 510, why: '' });
  });

  it.each([
    ['there is another turn', { committed: [2500, 3500], answers: [answer('Three.')] }, { wrongTurns: 1 }],
    ['it is cut', { committed: [1200], answers: [answer('Three.')] }, { early: true }],
    ['the answer is another', { committed: [2500], answers: [answer('Two.')] }, {}],
    ['it is answered twice', { committed: [2500], answers: [answer('Three.'), answer('Three.')] }, {}],
    ['the answer comes late', { committed: [3500], answers: [answer('Three.', 3600)] }, { delayMs: 1600 }],
    ['the answer is cut off', { committed: [2500], answers: [answer('Three', 2510, 'cancelled')] }, {}],
    ['nothing is answered', {}, { wrongTurns: 1 }],
  ] as const)('is wrong where %s', (_, given, more) => {
    expect(judge({ right: THREE }, heard(given), ended)).toMatchObject({ right: false, ...more });
  });

  it('may be answered later where the caller went on', () => {
    const late = heard({ committed: [3400], answers: [answer('Three.', 3410)] });
    expect(judge({ right: THREE }, late, { ...ended, lastMs: 2900 }).right).toBe(true);
  });

  it('may be answered later where the session was told to wait', () => {
    const late = heard({ committed: [4400], answers: [answer('Three.', 4410)] });
    expect(judge({ right: THREE }, late, { ...ended, setting: 'low' }).right).toBe(true);
  });
});

describe('two questions', () => {
  const right = { answers: ['three', 'red'], turns: [1, 2] };

  it.each([
    ['in one answer', { committed: [2500], answers: [answer('There are three, and it is red.')] }],
    ['one after the other', { committed: [1500, 2500], answers: [answer('Three.', 1510), answer('Red.')] }],
  ])('are right where both are answered, %s', (_, given) => {
    expect(judge({ right }, heard(given), ended).right).toBe(true);
  });

  it('are wrong where one is forgotten', () => {
    expect(judge({ right }, heard({ committed: [2500], answers: [answer('Red.')] }), ended)).toMatchObject({
      right: false,
      early: false,
    });
  });
});

describe('what is not for the model', () => {
  const right = { none: true } as const;

  it('is right where nothing comes of it', () => {
    expect(judge({ right }, heard(), nothing).right).toBe(true);
  });

  it.each([
    ['a turn', { committed: [2500] }],
    ['an answer', { answers: [answer('Hello!')] }],
    ['an answer that is cut off', { answers: [answer('Hel', 2510, 'cancelled')] }],
  ] as const)('is wrong where it becomes %s', (_, given) => {
    expect(judge({ right }, heard(given), nothing).right).toBe(false);
  });
});

describe('an answer under way', () => {
  it.each([
    ['goesOn', 'completed', true, false],
    ['goesOn', 'cancelled', false, true],
    ['stops', 'completed', false, false],
    ['stops', 'cancelled', true, false],
  ] as const)('that %s: %s', (wanted, underWay, right, cancelled) => {
    const given = wanted === 'goesOn' ? { goesOn: true as const } : { stops: true as const };
    expect(judge({ right: given }, heard({ underWay }), nothing)).toMatchObject({ right, cancelled });
  });

  it('may go on and yet be wrong: the sound is answered too', () => {
    const verdict = judge(
      { right: { goesOn: true } },
      heard({ underWay: 'completed', committed: [900], answers: [answer('Hello!')] }),
      nothing,
    );
    expect(verdict).toMatchObject({ right: false, cancelled: false, wrongTurns: 1 });
  });
});
