// Runs in the browser: a call by the SDK that has one table before its camera, and shares another one as its screen.
import { connect } from '@vis-a-vis/client/browser';
import { drawTable } from '../../../client-demo/stage/draw-table.ts';
import { Table } from '../../../client-demo/stage/table.ts';

const TRIES = 3;

/** A picture as a track: of the table with this thing on it, or another one later. */
function picture() {
  const canvas = Object.assign(document.createElement('canvas'), { width: 384, height: 288 });
  const context = canvas.getContext('2d');
  const table = new Table(() => drawTable(context, table));
  const show = (cell, shape, color) => {
    table.clear();
    table.toggle(cell, { shape, color, size: 'large', number: 0 });
  };
  // A canvas that does not change sends no pictures.
  const drawing = setInterval(() => drawTable(context, table), 100);
  const [track] = canvas.captureStream(10).getVideoTracks();
  return { show, track, stop: () => clearInterval(drawing) };
}

/** What the first picture of a call is of that shows a screen and no camera. */
async function firstSource(screen) {
  const call = await connect({ screen });
  const { source } = await call.once('frame');
  call.close();
  return source;
}

/** @returns what was answered about each, what each receipt had seen, and what was forgotten with the screen */
globalThis.shareScreen = async () => {
  const [camera, screen] = [picture(), picture()];
  camera.show(1, 'star', 'red');
  screen.show(3, 'circle', 'blue');
  const call = await connect({ camera: camera.track, session: { max_output_tokens: 32 } });
  const frames = [];
  const receipts = [];
  let told = () => undefined;
  call.on('event', (event) => {
    if (event.type === 'visavis.frame.attended') frames.push(event);
    if (event.type === 'visavis.context')
      receipts.push([...new Set(event.frames.map(({ source }) => source))]);
    told();
  });
  /** Resolves when so many frames of this source have been attended. */
  const seen = async (source, count) => {
    while (countOf(source) < count) await new Promise((resolve) => (told = resolve));
  };
  const ask = async (question) => (await call.say(question).done).text;
  const countOf = (source) => frames.filter((frame) => frame.source === source).length;
  /** Asks once another frame of this source is attended, and again where that was taken before its picture changed. */
  const askOf = async (source, question, right) => {
    for (let tries = 0; ; tries += 1) {
      const known = countOf(source);
      const answer = await ask(question);
      if (right.test(answer) || tries === TRIES) return answer;
      await seen(source, known + 1);
    }
  };

  await seen('camera', 1);
  await call.shareScreen(screen.track);
  await seen('screen', 1);
  const ofScreen = await askOf('screen', 'what color is the circle', /blue/i);
  const before = countOf('camera');
  camera.show(8, 'heart', 'green');
  await seen('camera', before + 1);
  const ofCamera = await askOf('camera', 'what color is the heart', /green/i);

  const ofTheScreen = frames.filter(({ source }) => source === 'screen').map(({ item_id }) => item_id);
  const forgotten = call.once('redacted');
  await call.stopSharing({ redact: true });
  const { item_ids } = await forgotten;
  const again = await ask('what color is the heart');
  const { videos } = call.caps;
  call.close();
  const alone = await firstSource(screen.track);
  for (const { stop } of [camera, screen]) stop();
  return {
    videos,
    ofScreen,
    ofCamera,
    again,
    alone,
    receipts,
    forgotten: ofTheScreen.filter((id) => item_ids.includes(id)).length === ofTheScreen.length,
    kept:
      frames.filter(({ source, item_id }) => source === 'camera' && item_ids.includes(item_id)).length === 0,
  };
};
