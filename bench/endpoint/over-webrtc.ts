import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerEvent, SessionPatch } from '@vis-a-vis/protocol';
import { connectNode, encodePcm, type AudioClip, type NodeCall } from '@vis-a-vis/client/node';
import { GIVE_UP_MS, outcomeOf, type Outcome, type TurnDetection } from './outcome.js';
import type { Utterance } from './utterances.js';

/** Between two utterances (ms). */
const REST_MS = 300;

export interface CallOptions {
  readonly detection: TurnDetection;
  readonly utterances: readonly Utterance[];
  /** At once. */
  readonly calls: number;
}

/** Says all of it in calls to a gateway. */
export async function sayOverWebRtc(
  url: string,
  { detection, utterances, calls }: CallOptions,
): Promise<Outcome[]> {
  const session: SessionPatch = { max_output_tokens: 8, audio: { input: { turn_detection: detection } } };
  const left = [...utterances];
  const outcomes = Array.from({ length: Math.min(calls, utterances.length) }, async () => {
    const call = await connectNode({ url, session });
    const heard: Outcome[] = [];
    try {
      for (let next = left.shift(); next; next = left.shift()) {
        heard.push(await say(call, next, await encodePcm(next.pcm, 16_000)));
      }
    } finally {
      await call.close();
    }
    return heard;
  });
  return (await Promise.all(outcomes)).flat();
}

async function say(call: NodeCall, utterance: Utterance, clip: AudioClip): Promise<Outcome> {
  const committed: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  let said = false;
  const off = call.on('event', (event: ServerEvent) => {
    if (event.type !== 'input_audio_buffer.committed') return;
    committed.push(performance.now());
    if (said) resolve();
  });
  try {
    const { lastPacketAtMs } = await call.speak(clip);
    // A microphone's packet leaves when it is whole, so the last one is due when the clip is over.
    const beganAtMs = lastPacketAtMs - clip.durationMs;
    const trueEndAtMs = beganAtMs + utterance.endMs;
    said = true;
    if (!committed.some((atMs) => atMs >= trueEndAtMs)) await Promise.race([promise, sleep(GIVE_UP_MS)]);
    await sleep(REST_MS);
    return outcomeOf(
      utterance,
      committed.map((atMs) => atMs - beganAtMs),
    );
  } finally {
    off();
  }
}
