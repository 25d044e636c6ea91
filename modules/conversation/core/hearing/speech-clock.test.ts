import { SpeechClock } from './speech-clock.js';

test('counts speech, and no pauses', () => {
  const clock = new SpeechClock(1000);
  expect(clock.until(1400)).toBe(400);
  clock.pause(1500);
  clock.pause(1500);
  expect(clock.until(2500)).toBe(500);
  clock.resume(2500);
  expect([clock.until(2700), clock.sinceResume(2700)]).toEqual([700, 200]);
  clock.pause(2800);
  expect(clock.until(9000)).toBe(800);
});
