import { RtcpPayloadSpecificFeedback, type RtcpPacket } from 'werift';

/** How much of what an answer asks for a client does: nothing, what browsers do of it, or all. */
export type Obedience = 'nothing' | 'browser' | 'all';

/** What a client sends. */
export interface Shape {
  /** Kilobits a second of video. */
  readonly kbps: number;
  readonly fps: number;
  /** No audio packets where there is nothing to be heard. */
  readonly dtx: boolean;
}

/** A camera and a microphone that nobody asks for less. */
export const UNSHAPED: Shape = { kbps: 500, fps: 30, dtx: false };

/**
 * What a client sends that obeys an answer. Of others' clients it is what Chromium was seen to do (test/long/shaping.test.ts): it obeys
 * `b=AS` of the video section, and Opus's `usedtx` (RFC 7587). Our SDK obeys `a=framerate`, too.
 */
export function shapeAsked(answerSdp: string, isSdk: boolean): Shape {
  const [, video = ''] = answerSdp.split(/^m=video/m);
  const number = (pattern: RegExp) => Number(pattern.exec(video)?.[1] ?? Infinity);
  return {
    kbps: Math.min(UNSHAPED.kbps, number(/^b=AS:(\d+)/m)),
    fps: Math.min(UNSHAPED.fps, isSdk ? number(/^a=framerate:(\d+)/m) : Infinity),
    dtx: /^a=fmtp:\d+ .*\busedtx=1/m.test(answerSdp),
  };
}

/** Whether a packet asks for a key frame (RFC 4585, 6.3.1). */
export function asksForKeyFrame(packet: RtcpPacket): boolean {
  return packet instanceof RtcpPayloadSpecificFeedback && packet.feedback.count === 1;
}
