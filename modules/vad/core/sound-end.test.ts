import { SoundEnd } from './sound-end.js';

const WINDOW_MS = 32;
const SPEECH = 0.9;
const SILENCE = 0.02;

/** Windows of one level and probability each, from `at` on. */
class Room {
  readonly end = new SoundEnd();
  at = 0;

  hear(windows: number, level: number, p: number): this {
    for (let i = 0; i < windows; i++) {
      this.sound(WINDOW_MS, level);
      this.end.judged(p, p >= 0.5, [this.at - WINDOW_MS, this.at]);
    }
    return this;
  }

  /** Sound that is not judged yet. */
  sound(ms: number, level: number): this {
    this.end.push(new Float32Array(ms * 16).fill(level), this.at);
    this.at += ms;
    return this;
  }

  get before(): number {
    return this.end.before(this.at - WINDOW_MS, WINDOW_MS);
  }
}

describe('SoundEnd', () => {
  let room: Room;
  beforeEach(() => (room = new Room()));

  it('without sound is where the model says', () => {
    expect(new SoundEnd().before(320, WINDOW_MS)).toBe(320);
  });

  it('is where the level fell, not where the model noticed', () => {
    room.hear(10, 0.3, SPEECH).hear(3, 0, SPEECH).hear(1, 0, SILENCE);
    expect(room.before).toBe(320);
  });

  it('takes 35 dB under the speech for its end, whatever its level is', () => {
    for (const level of [0.8, 0.02]) {
      room = new Room();
      room.hear(10, level, SPEECH).hear(1, level * 0.02, SPEECH);
      room.hear(2, level * 0.015, SPEECH).hear(1, 0, SILENCE);
      expect(room.before).toBe(352);
    }
  });

  it('does not measure soft speech by loud speech of long ago', () => {
    room.hear(10, 0.8, SPEECH).hear(150, 0, SILENCE).hear(5, 0.008, SPEECH);
    const endMs = room.at;
    room.hear(3, 0, SPEECH).hear(1, 0, SILENCE);
    expect(room.before).toBe(endMs);
  });

  it('does not take the surroundings for speech', () => {
    room.hear(20, 0.02, SILENCE).hear(10, 0.3, SPEECH).hear(2, 0.02, SPEECH).hear(1, 0.02, SILENCE);
    expect(room.before).toBe(960);
  });

  it('may lie in the first window that the model takes for silence', () => {
    room.hear(10, 0.3, SPEECH).sound(16, 0.1).sound(16, 0);
    expect(room.before).toBe(336);
  });

  it.each([
    ['goes on', 0.1, 3],
    ['ended longer ago than the model can be late', 0, 9],
  ])('is where the model usually is, where the sound %s', (_, level, windows) => {
    room.hear(10, 0.3, SPEECH).hear(windows, level, SPEECH).hear(1, level, SILENCE);
    expect(room.before).toBe(room.at - WINDOW_MS - 80);
  });

  it('is where the model usually is, where the surroundings drown the end', () => {
    room.hear(20, 0.06, SILENCE).hear(10, 0.3, SPEECH).hear(2, 0.06, SPEECH).hear(1, 0.06, SILENCE);
    expect(room.before).toBe(room.at - WINDOW_MS - 80);
    expect(room.end.soundAfter(room.at)).toBe(true);
  });

  it('knows of sound that has not been judged', () => {
    room.hear(10, 0.3, SPEECH).hear(3, 0, SPEECH).hear(1, 0, SILENCE);
    expect(room.end.soundAfter(room.at)).toBe(false);
    room.sound(20, 0.05);
    expect(room.end.soundAfter(room.at - 20)).toBe(true);
  });
});
