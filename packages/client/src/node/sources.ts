import type { MediaFeed } from '../call/options.js';
import { CallError } from '../errors.js';
import type { AudioClip } from './audio-clip.js';
import type { VideoClip } from './ivf.js';
import type { NodeCall } from './node-call.js';
import type { PlayOptions, Spoken } from './rtp-sender.js';

/** A microphone that says what it is given: `connect({ microphone: new Microphone() })`. It is one call's. */
export class Microphone implements MediaFeed {
  readonly feeds = 'microphone';
  #line: NodeCall | null = null;

  /**
   * Says something, in real time, after what is already being said.
   * @returns when its first and last packets were due; rejects where the connection ends first
   * @throws CallError `connection_lost` where there is none
   */
  speak(clip: AudioClip): Promise<Spoken> {
    if (this.#line) return this.#line.speak(clip);
    return Promise.reject(
      new CallError('connection_lost', 'The microphone is in no call, or the call has no connection.'),
    );
  }

  /** @internal */
  attach(line: NodeCall | null): void {
    this.#line = line;
  }
}

/** A camera that shows a video: `connect({ camera: new Camera(await readIvf('table.ivf')) })`. It is one call's. */
export class Camera implements MediaFeed {
  readonly feeds = 'camera';
  clip: VideoClip;
  options: PlayOptions;
  #line: NodeCall | null = null;

  constructor(clip: VideoClip, options: PlayOptions = {}) {
    this.clip = clip;
    this.options = options;
  }

  /** Goes on with another video, from its start. */
  play(clip: VideoClip, options: PlayOptions = {}): void {
    this.clip = clip;
    this.options = options;
    this.#line?.setVideo(clip, options);
  }

  /** @internal */
  attach(line: NodeCall | null): void {
    this.#line = line;
  }
}
