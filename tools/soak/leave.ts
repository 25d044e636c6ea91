import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectNode } from '@vis-a-vis/client/node';
import { ANSWER_MS, note, questionOf, typed, type Scene } from './acts.js';
import { inTime } from './in-time.js';
import type { Life } from './life.js';
import { dial } from './line.js';
import type { Material } from './material.js';
import { hangUp, postOffer } from './offer.js';
import type { Notes } from './record.js';

/** What a caller lives in. */
export interface World {
  readonly url: string;
  readonly material: Material;
}

/** The label of a second channel: the gateway does not know it. */
export const OTHER_CHANNEL = 'notes';

/** Longest until the other side is told that a call was hung up (ms). */
const TOLD_MS = 5000;
/** Events sent at once before leaving. */
const BURST = 150;
const BURST_MS = 300;
/** How long a connection goes on whose events have been closed (ms). */
const WITHOUT_EVENTS_MS = 4000;
/** Cuts (ms): within what ICE's consent allows (30 s), and beyond it. */
const SHORT_CUT_MS = [2000, 12_000] as const;
const LONG_CUT_MS = [34_000, 42_000] as const;
/** DTLS datagrams of a handshake that may pass before the network is gone. */
const HANDSHAKE_DATAGRAMS = 6;
/** How long a client tries that will not be answered (ms). */
const GIVES_UP_MS = 3000;
/** A request is given up after this (ms) at the latest: some are before it is answered, some after. */
const ABORT_MS = 60;

interface Farewell extends Scene {
  readonly life: Life;
  readonly world: World;
}

/** Leaves a call that is open, in its life's way. What is noted as a fault here should not have been. */
export async function leave(farewell: Farewell): Promise<void> {
  const { life, line, notes } = farewell;
  notes.left = true;
  switch (life.leaving) {
    case 'network_back':
      await networkBack(farewell);
      break;
    case 'mid_answer':
      await untilAnswerBegins(farewell);
      break;
    case 'mid_burst':
      line.expectEnd();
      for (let i = 0; i < BURST; i += 1) line.call.sendText('{"type":"response.cancel"}');
      await sleep(life.moment * BURST_MS);
      break;
    case 'hangup':
      await hungUp(farewell);
      break;
    case 'channel_close':
      line.expectEnd();
      line.closeEvents();
      await sleep(WITHOUT_EVENTS_MS);
      break;
    case 'events_closed_other_stays':
      await stayWithoutEvents(farewell);
      break;
    case 'network_lost':
    case 'network_back_late':
      line.expectEnd();
      line.wire?.cut();
      await sleep(
        life.leaving === 'network_lost' ? life.moment * GIVES_UP_MS : within(LONG_CUT_MS, life.moment),
      );
      if (life.leaving === 'network_back_late') line.wire?.restore();
      break;
    case 'reload':
      line.expectEnd();
      // Nobody waits for a page to be gone.
      await Promise.all([line.close(), dialAgain(farewell)]);
      return;
    case 'killed': // The process ends otherwise, and this is where it is told that it may.
    case 'peer_close':
    case 'mid_handshake':
    case 'before_ice':
    case 'post_aborted':
      break;
  }
  // Goodbyes that a cut wire swallows.
  await line.close();
}

/** Leaves while the call is still being made. */
export async function leaveUnconnected(life: Life, notes: Notes, { url, material }: World): Promise<void> {
  switch (life.leaving) {
    case 'before_ice':
      return offerOnly(url, notes);
    case 'post_aborted':
      return abortPost(url, life.moment);
    case 'mid_handshake': {
      const datagrams = 1 + Math.floor(life.moment * HANDSHAKE_DATAGRAMS);
      const video = life.camera ? material.scene : null;
      const line = await dial({
        url,
        notes,
        video,
        wired: true,
        dtlsDatagrams: datagrams,
        timeoutMs: GIVES_UP_MS,
      }).catch(() => null);
      // So few datagrams make no call; where they did, it ends like one whose network is lost.
      await line?.close();
      return;
    }
    default:
      throw new RangeError(`${life.leaving} leaves a call that is open`);
  }
}

async function hungUp({ line, notes, world }: Farewell): Promise<void> {
  const told = new Promise<void>((resolve) => line.call.on('closed', () => resolve()));
  line.expectEnd();
  const status = await hangUp(world.url, line.id);
  if (status !== 200) notes.fault('hangup_refused', `HTTP ${status}`);
  await inTime(told, TOLD_MS, 'not told').catch(() => notes.fault('hangup_not_told'));
}

async function untilAnswerBegins({ line, notes, material, camera }: Farewell): Promise<void> {
  const begun = new Promise<void>((resolve) => line.call.on('delta', () => resolve()));
  const text = camera ? material.long.camera : material.long.blind;
  line.call.send({
    type: 'conversation.item.create',
    item: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
  });
  line.call.send({ type: 'response.create' });
  await inTime(begun, ANSWER_MS, 'no answer to leave').catch(() => notes.fault('no_answer', 'to leave in'));
}

/** The conversation goes on, and what it says has nowhere to go. */
async function stayWithoutEvents(farewell: Farewell): Promise<void> {
  const { line, life } = farewell;
  const clip = await questionOf(life.n, farewell).clip();
  line.expectEnd();
  const spoken = line.call.speak(clip);
  await sleep(life.moment * clip.durationMs);
  line.closeEvents();
  await spoken.catch(() => undefined);
  await sleep(WITHOUT_EVENTS_MS);
}

async function networkBack(farewell: Farewell): Promise<void> {
  const { line, life } = farewell;
  line.wire?.cut();
  await sleep(within(SHORT_CUT_MS, life.moment));
  line.wire?.restore();
  await note('network_back', questionOf(life.n, farewell), farewell, (question) =>
    typed(line, question.text),
  );
}

async function dialAgain(farewell: Farewell): Promise<void> {
  const { life, world, notes, camera, material } = farewell;
  const line = await dial({ url: world.url, notes, video: camera ? material.scene : null });
  try {
    if (camera) await line.firstPicture();
    await note('reload', questionOf(life.n, farewell), farewell, (question) => typed(line, question.text));
  } finally {
    await line.close();
  }
}

/** Has an offer answered, and is never heard of again. */
async function offerOnly(url: string, notes: Notes): Promise<void> {
  const gone = new Error('gone');
  await connectNode({
    url,
    exchange: async (offer) => {
      const { id } = await postOffer(url, offer, {});
      notes.ids.push(id);
      throw gone;
    },
  }).catch((error: unknown) => {
    if (error !== gone) throw error;
  });
}

/** Half of them leave within their body, half while they wait for the answer. */
async function abortPost(url: string, moment: number): Promise<void> {
  const offer = await offerSdp(url);
  if (moment < 0.5) return abortInBody(url, offer, moment * 2);
  await postOffer(url, offer, {
    signal: AbortSignal.timeout(Math.ceil((moment - 0.5) * 2 * ABORT_MS)),
  }).catch((error: unknown) => {
    if (!(error instanceof Error) || error.name !== 'TimeoutError') throw error;
  });
}

async function offerSdp(url: string): Promise<string> {
  const offered = Promise.withResolvers<string>();
  const gone = new Error('gone');
  await connectNode({
    url,
    exchange: (offer) => {
      offered.resolve(offer);
      return Promise.reject(gone);
    },
  }).catch((error: unknown) => {
    if (error !== gone) offered.reject(error);
  });
  return offered.promise;
}

function abortInBody(url: string, body: string, share: number): Promise<void> {
  const { hostname, port } = new URL(url);
  const head = [
    'POST /v1/realtime/calls HTTP/1.1',
    `Host: ${hostname}:${port}`,
    'Content-Type: application/sdp',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  const request = `${head.join('\r\n')}\r\n\r\n${body.slice(0, Math.floor(body.length * share))}`;
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(request, () => {
        socket.resetAndDestroy();
        resolve();
      });
    });
    socket.once('error', reject);
  });
}

function within([low, high]: readonly [number, number], share: number): number {
  return low + share * (high - low);
}
