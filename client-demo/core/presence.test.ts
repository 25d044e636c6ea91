import { SpeechPresence } from './presence.js';

/** Presence at the end of `times` sounds of this power. */
function hear(presence: SpeechPresence, power: number, times: number): number {
  let last = 0;
  for (let i = 0; i < times; i++) last = presence.push(power);
  return last;
}

describe('SpeechPresence', () => {
  it('is low in silence and in noise', () => {
    expect(hear(new SpeechPresence(), 0, 20)).toBeLessThan(0.1);
    expect(hear(new SpeechPresence(), 1e-4, 20)).toBeLessThan(0.1);
  });

  it('is high when something stands out of the noise, and low again behind it', () => {
    const presence = new SpeechPresence();
    hear(presence, 1e-6, 20);
    expect(presence.push(3e-5)).toBeGreaterThan(0.95);
    expect(presence.push(1e-6)).toBeLessThan(0.1);
  });

  it('takes noise that has grown for noise in the end', () => {
    const presence = new SpeechPresence();
    hear(presence, 1e-6, 20);
    expect(presence.push(1e-4)).toBeGreaterThan(0.95);
    expect(hear(presence, 1e-4, 2000)).toBeLessThan(0.1);
  });

  it('does not let speech of some seconds become noise', () => {
    const presence = new SpeechPresence();
    hear(presence, 1e-6, 20);
    expect(hear(presence, 1e-3, 40)).toBeGreaterThan(0.95);
  });
});
