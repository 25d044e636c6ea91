import { OverheardTalk } from './overheard.js';

describe('OverheardTalk', () => {
  test('is the speech of the last minute that was for nobody', () => {
    const talk = new OverheardTalk();
    expect(talk.speechMs(0)).toBe(0);
    talk.add({ endMs: 5000, speechMs: 3000 });
    talk.add({ endMs: 40_000, speechMs: 2000 });
    expect(talk.speechMs(50_000)).toBe(5000);
    expect(talk.speechMs(65_000)).toBe(2000);
    expect(talk.speechMs(200_000)).toBe(0);
  });

  test('is no cough, and ends where somebody speaks to the model', () => {
    const talk = new OverheardTalk();
    talk.add({ endMs: 5000, speechMs: 400 });
    expect(talk.speechMs(6000)).toBe(0);
    talk.add({ endMs: 8000, speechMs: 4000 });
    talk.forget();
    expect(talk.speechMs(9000)).toBe(0);
  });
});
