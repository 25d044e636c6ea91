import { BoundaryPredictor, type VadService } from '#modules/vad';
import { quietRoom } from '../../support/scripted-pause.js';
import type { DetectedEnd } from './report.js';

const PACKET_MS = 20;
const PACKET = PACKET_MS * 16;
/** Quiet (ms) round the clip: before it to know the room, behind it until every setting has taken the turn for over. */
const BEFORE_MS = 1000;
const BEHIND_MS = 1500;

/**
 * Where `server_vad` as it is by default takes a question's speech to end, through the real model and predictor.
 * @param pcm 16 kHz mono
 * @param labelledMs where it ends, from the clip's beginning
 */
export async function detectedEnd(
  vad: VadService,
  pcm: Float32Array,
  labelledMs: number,
): Promise<DetectedEnd> {
  const predictor = new BoundaryPredictor();
  const detectedMs: number[] = [];
  let judgedMs = 0;
  let wake = () => {};
  const stream = vad.open({
    onProbability: ({ p, endMs, windowMs }) => {
      for (const event of predictor.push(p, endMs, windowMs)) {
        if (event.t === 'speech_end') detectedMs.push(event.speechEndMs - BEFORE_MS);
      }
      judgedMs += windowMs;
      wake();
    },
    onLost: () => wake(),
  });
  try {
    const heard = new Float32Array((BEFORE_MS + BEHIND_MS) * 16 + pcm.length);
    heard.set(quietRoom(BEFORE_MS));
    heard.set(pcm, BEFORE_MS * 16);
    heard.set(quietRoom(BEHIND_MS), BEFORE_MS * 16 + pcm.length);
    for (let at = 0; at + PACKET <= heard.length; at += PACKET) {
      const packet = heard.subarray(at, at + PACKET);
      predictor.sound(packet, at / 16);
      stream.push(packet, at / 16);
      // The predictor looks at sounds that are not judged yet: no more of them may be there than in a call.
      const dueMs = Math.floor((at + PACKET) / 16 / stream.windowMs) * stream.windowMs;
      while (judgedMs < dueMs) await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    stream.close();
  }
  return { labelledMs, detectedMs };
}
