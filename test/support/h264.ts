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
