import { readFileSync } from 'node:fs';
import { readWav } from '../../testing/speech-timeline.js';
import { SMART_TURN, smartTurnFeatures, YAMNET, yamnetFeatures } from './features.js';

// The reference is pipecat's own program (and numpy for YAMNet) on the same clips: test/fixtures/judge.
interface Reference {
  readonly clip: string;
  readonly samples: number;
  readonly whisper: readonly (readonly [number, number])[];
  readonly yamnet: readonly (readonly [number, number])[];
}
const FIXTURES = new URL('../../../../test/fixtures/', import.meta.url);
const { clips } = JSON.parse(readFileSync(new URL('judge/reference.json', FIXTURES), 'utf8')) as {
  clips: Reference[];
};
const soundOf = ({ clip, samples }: Reference) =>
  readWav(new URL(`speech/${clip}.wav`, FIXTURES)).subarray(0, samples);
const farthest = (features: Float32Array, expected: Reference['whisper']) =>
  Math.max(...expected.map(([at, value]) => Math.abs((features[at] ?? NaN) - value)));

test.each(clips)('$clip ($samples samples) sounds to Smart Turn as it does in Python', (reference) => {
  const features = smartTurnFeatures(soundOf(reference));
  expect(features).toHaveLength(SMART_TURN.bands * SMART_TURN.frames);
  expect(farthest(features, reference.whisper)).toBeLessThan(1e-4);
});

test.each(clips)('$clip ($samples samples) sounds to YAMNet as it does in Python', (reference) => {
  const sound = soundOf(reference).subarray(0, YAMNET.samples);
  const window = new Float32Array(YAMNET.samples);
  window.set(sound, YAMNET.samples - sound.length);
  const features = yamnetFeatures(window);
  expect(features).toHaveLength(YAMNET.bands * YAMNET.frames);
  expect(farthest(features, reference.yamnet)).toBeLessThan(1e-3);
});

test('of more than eight seconds the newest count, and silence is a sound like any other', () => {
  const long = Float32Array.from({ length: 160_000 }, (_, i) => Math.sin(i / 20) * (i < 32_000 ? 1 : 0.1));
  const whole = smartTurnFeatures(long).slice();
  expect(whole).toEqual(smartTurnFeatures(long.subarray(-SMART_TURN.samples)));
  expect(whole).not.toEqual(smartTurnFeatures(long.subarray(0, SMART_TURN.samples)));
  expect(smartTurnFeatures(new Float32Array(1600)).every(Number.isFinite)).toBe(true);
  expect(smartTurnFeatures(new Float32Array(0)).every(Number.isFinite)).toBe(true);
});
