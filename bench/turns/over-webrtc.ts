import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerEvent, SessionPatch } from '@vis-a-vis/protocol';
import { connectNode, encodePcm, type VideoClip } from '@vis-a-vis/client/node';
import type { Answer, Heard } from './judge.js';

/** Quiet (ms) before a clip: until the picture is attended and the detector knows the room. */
const SETTLE_MS = 2000;
/** Bits a second of Opus. */
const SPEECH_BITRATE = 24_000;

export interface CalledClip {
  readonly detection: NonNullable<NonNullable<NonNullable<SessionPatch['audio']>['input']>['turn_detection']>;
  readonly video: VideoClip;
  /** 16 kHz mono. */
  readonly pcm: Float32Array;
  /** Quiet (ms) behind the clip, in which what it led to shows itself. */
  readonly waitMs: number;
}

/** Plays a clip as the microphone of a call of its own, in real time. @throws CallError where the call fails */
export async function playOverWebRtc(
  url: string,
  { detection, video, pcm, waitMs }: CalledClip,
): Promise<Heard> {
  const call = await connectNode({
    url,
    video,
    session: { max_output_tokens: 128, audio: { input: { turn_detection: detection } } },
  });
  const events: { readonly event: ServerEvent; readonly atMs: number }[] = [];
  call.on('event', (event) => events.push({ event, atMs: performance.now() }));
  try {
    const clip = await encodePcm(pcm, 16_000, { bitrate: SPEECH_BITRATE });
    await sleep(SETTLE_MS);
    const { lastPacketAtMs } = await call.speak(clip);
    await sleep(waitMs);
    // A microphone's packet leaves when it is whole, so the last one is due when the clip is over.
    return heardOf(events, lastPacketAtMs - clip.durationMs);
  } finally {
    await call.close();
  }
}

/** @param beganAtMs when the clip began, on the clock of the events */
export function heardOf(
  events: readonly { readonly event: ServerEvent; readonly atMs: number }[],
  beganAtMs: number,
): Heard {
  const committed: number[] = [];
  const answers = new Map<string, { -readonly [K in keyof Answer]: Answer[K] }>();
  for (const { event, atMs } of events) {
    if (event.type === 'input_audio_buffer.committed') committed.push(atMs - beganAtMs);
    if (event.type === 'response.created')
      answers.set(event.response.id, { text: '', status: 'cancelled', firstTextMs: null });
    if (event.type === 'response.output_text.delta') {
      const answer = answers.get(event.response_id);
      if (!answer) continue;
      answer.text += event.delta;
      answer.firstTextMs ??= atMs - beganAtMs;
    }
    if (event.type === 'response.done') {
      const answer = answers.get(event.response.id);
      if (answer && event.response.status === 'completed') answer.status = 'completed';
    }
  }
  return { committed, answers: [...answers.values()], underWay: null };
}
