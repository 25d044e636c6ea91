import { atLevel, highPass, layOn, lowPass, randomFrom, resonate, samplesOf, whiteNoise } from './signal.js';

/** Order of the filter that stands for a mouth, and the windows (samples) in which it is taken for still. */
const ORDER = 18;
const WINDOW = 480;
const HOP = WINDOW / 2;

/** The same words whispered: the mouth's filter (linear prediction), fed with breath instead of a voice. */
export function whispered(pcm: Float32Array, seed: number): Float32Array {
  const random = randomFrom(seed);
  const out = new Float32Array(pcm.length);
  for (let from = 0; from + WINDOW <= pcm.length; from += HOP) {
    const frame = pcm.slice(from, from + WINDOW).map((x, at) => x * hann(at));
    const { coefficients, error } = linearPrediction(frame);
    const gain = Math.sqrt(error / WINDOW);
    const air = whiteNoise(WINDOW, random);
    const shaped = new Float32Array(WINDOW);
    for (let at = 0; at < WINDOW; at++) {
      let sum = gain * (air[at] ?? 0);
      for (let k = 1; k <= ORDER && k <= at; k++) sum -= (coefficients[k] ?? 0) * (shaped[at - k] ?? 0);
      shaped[at] = sum;
    }
    layOn(
      out,
      shaped.map((x, at) => x * hann(at)),
      from,
    );
  }
  return highPass(out, 300);
}

function hann(at: number): number {
  return 0.5 - 0.5 * Math.cos((2 * Math.PI * at) / WINDOW);
}

/** Levinson and Durbin's recursion. */
function linearPrediction(frame: Float32Array): { coefficients: number[]; error: number } {
  const r = Array.from({ length: ORDER + 1 }, (_, lag) => {
    let sum = 0;
    for (let at = lag; at < frame.length; at++) sum += (frame[at] ?? 0) * (frame[at - lag] ?? 0);
    return sum;
  });
  let error = (r[0] ?? 0) * 1.0001 + 1e-9;
  let a = [1];
  for (let order = 1; order <= ORDER; order++) {
    const reflection = -a.reduce((sum, x, k) => sum + x * (r[order - k] ?? 0), 0) / error;
    a = Array.from({ length: order + 1 }, (_, k) => (a[k] ?? 0) + reflection * (a[order - k] ?? 0));
    error *= 1 - reflection ** 2;
  }
  return { coefficients: a, error };
}

/** As a set across the room gives it: a small loudspeaker, the room's echo, and the music under it. */
export function televised(talk: Float32Array, music: Float32Array, seed: number): Float32Array {
  const both = atLevel(talk, 0);
  layOn(both, atLevel(music, -14), 0);
  return roomed(highPass(lowPass(both, 5500), 180), 0.35, seed);
}

/** With the echo of a room that dies by 60 dB in so many seconds, as loud as what comes directly. */
export function roomed(pcm: Float32Array, rt60: number, seed: number): Float32Array {
  const random = randomFrom(seed);
  const out = pcm.slice();
  // A few dozen reflections stand for the room: a whole response would cost more than it tells.
  for (let n = 0; n < 40; n++) {
    const delay = random() ** 1.5 * rt60;
    const gain = (random() < 0.5 ? -1 : 1) * 0.35 * 10 ** ((-3 * delay) / rt60);
    layOn(
      out,
      pcm.map((x) => x * gain),
      samplesOf(0.003 + delay),
    );
  }
  return out;
}

/** Through a telephone. */
export function telephoned(pcm: Float32Array): Float32Array {
  return resonate(highPass(lowPass(pcm, 3200), 350), 1400, 2600);
}

/** Overdriven by so many dB, as a microphone that is set too high does it. */
export function overdriven(pcm: Float32Array, byDb: number): Float32Array {
  return atLevel(pcm, byDb).map((x) => 0.9 * Math.max(-1, Math.min(1, x)));
}

/** The same sound at other speed and pitch, for talkers that nobody takes for the caller. */
export function resized(pcm: Float32Array, factor: number): Float32Array {
  return Float32Array.from({ length: Math.floor(pcm.length / factor) }, (_, at) => {
    const place = at * factor;
    const from = Math.floor(place);
    return (pcm[from] ?? 0) * (1 - place + from) + (pcm[from + 1] ?? 0) * (place - from);
  });
}
