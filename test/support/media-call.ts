import { fileURLToPath } from 'node:url';

import type { AudioFrame, VideoFrame } from '#modules/contracts';
import type { CloseReason, DropReason, MediaHandlers } from '#modules/media';

export const mediaFixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/media/${name}`, import.meta.url));

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until `condition` holds. @throws Error after `timeoutMs` */
export async function until(condition: () => boolean, timeoutMs = 10_000): Promise<void> {
  for (const end = performance.now() + timeoutMs; !condition(); await sleep(20)) {
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${condition.toString()}`);
  }
}

/** Everything that one call delivered, in order. */
export class Recording implements MediaHandlers {
  readonly audio: AudioFrame[] = [];
  readonly video: VideoFrame[] = [];
  readonly channels: string[] = [];
  readonly messages: [label: string, data: string | Uint8Array][] = [];
  readonly drops: Partial<Record<DropReason, number>> = {};
  readonly closed: CloseReason[] = [];
  onLost?: NonNullable<MediaHandlers['onLost']>;

  onAudio(frame: AudioFrame): void {
    this.audio.push(frame);
  }

  onVideo(frame: VideoFrame): void {
    this.video.push(frame);
  }

  onChannel(label: string): void {
    this.channels.push(label);
  }

  onMessage(label: string, data: string | Uint8Array): void {
    this.messages.push([label, data]);
  }

  onDrop(reason: DropReason, count: number): void {
    this.drops[reason] = (this.drops[reason] ?? 0) + count;
  }

  onClosed(reason: CloseReason): void {
    this.closed.push(reason);
  }
}

/** UDP sockets that this process has open. */
export function udpSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'UDPWrap').length;
}
