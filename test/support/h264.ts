import { readFileSync } from 'node:fs';
import { mediaFixture } from './media-call.js';

/** The first frame of the H264 fixture: its parameter sets, and its key frame as fragments. */
export function h264Payloads(): { data: Uint8Array; last: boolean }[] {
  const units = annexBUnits(readFileSync(mediaFixture('colours.h264')));
  const first = units.slice(0, units.findIndex((unit) => ((unit[0] ?? 0) & 0x1f) === 5) + 1);
  return first.flatMap<{ data: Uint8Array; last: boolean }>((unit, i) => {
    if (i < first.length - 1) return [{ data: unit, last: false }];
    const head = unit[0] ?? 0;
    const half = Math.ceil(unit.length / 2);
    const fragment = (flags: number, part: Uint8Array) =>
      Uint8Array.of((head & 0xe0) | 28, flags | (head & 0x1f), ...part);
    return [
      { data: fragment(0x80, unit.subarray(1, half)), last: false },
      { data: fragment(0x40, unit.subarray(half)), last: true },
    ];
  });
}

/** Splits a byte stream at its start codes, of three or four bytes. */
function annexBUnits(file: Buffer): Buffer[] {
  const startCode = Buffer.from([0, 0, 1]);
  const starts: number[] = [];
  for (let at = file.indexOf(startCode); at >= 0; at = file.indexOf(startCode, at + 3)) starts.push(at);
  return starts.map((at, i) => {
    const unit = file.subarray(at + 3, starts[i + 1]);
    return unit.at(-1) === 0 ? unit.subarray(0, -1) : unit;
  });
}

const typeOf = (unit: Uint8Array) => (unit[0] ?? 0) & 0x1f;

/** A parameter set: SPS or PPS. */
export const isSet = (unit: Uint8Array): boolean => typeOf(unit) === 7 || typeOf(unit) === 8;

/** The units of each picture; a slice whose first macroblock is the picture's first begins one. */
export function accessUnits(file: Buffer): Uint8Array[][] {
  const pictures: Uint8Array[][] = [];
  let current: Uint8Array[] = [];
  let sliced = false;
  for (const unit of annexBUnits(file)) {
    const slice = typeOf(unit) === 1 || typeOf(unit) === 5;
    const first = slice && ((unit[1] ?? 0) & 0x80) !== 0;
    if (sliced && (first || !slice)) {
      pictures.push(current);
      current = [];
      sliced = false;
    }
    sliced ||= slice;
    current.push(unit);
  }
  return [...pictures, current];
}

/** A unit as FU-A fragments of at most `max` bytes, or as it is. */
export function fragments(unit: Uint8Array, max: number): Uint8Array[] {
  if (unit.length <= max) return [unit];
  const head = unit[0] ?? 0;
  const out: Uint8Array[] = [];
  for (let at = 1; at < unit.length; at += max) {
    const flags = (at === 1 ? 0x80 : 0) | (at + max >= unit.length ? 0x40 : 0);
    out.push(Uint8Array.of((head & 0xe0) | 28, flags | (head & 0x1f), ...unit.subarray(at, at + max)));
  }
  return out;
}

/** Units as one STAP-A. */
export function stapA(units: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.of(0x78, ...units.flatMap((u) => [u.length >> 8, u.length & 255, ...u]));
}
