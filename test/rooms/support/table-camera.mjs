// Runs in the browser: a camera, or a screen, that shows a table.
import { drawTable } from '../../../client-demo/stage/draw-table.js';
import { Table } from '../../../client-demo/stage/table.js';

/** @param {readonly [number, string, string][]} things what lies on the table: cell, shape, colour */
export function camera(things) {
  const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 });
  const table = new Table(() => undefined);
  for (const [cell, shape, color] of things) table.toggle(cell, { shape, color, size: 'large', number: 0 });
  drawTable(canvas.getContext('2d'), table);
  // Not canvas.captureStream: of a page that is not in front it captures nothing.
  const track = new MediaStreamTrackGenerator({ kind: 'video' });
  const writer = track.writable.getWriter();
  setInterval(() => {
    const frame = new VideoFrame(canvas, { timestamp: performance.now() * 1000 });
    writer.write(frame).catch(() => frame.close()); // nobody takes it any more
  }, 66);
  return track;
}
