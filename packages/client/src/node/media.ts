import type { Media } from '../call/edge.js';
import type { CameraSource, MicrophoneSource } from '../call/options.js';
import { CallError } from '../errors.js';
import type { NodeCall, NodeConnectOptions } from './node-call.js';
import { Camera, Microphone } from './sources.js';

/** Files in the place of a person, whichever connection carries them. */
export class NodeMedia implements Media {
  #microphone: Microphone | null;
  #camera: Camera | null;
  /** One, or two while a call goes from one connection to another; the last is the one that counts. */
  readonly #lines: NodeCall[] = [];
  #muted = false;

  /** @throws CallError `bad_option` where a source is none of Node's */
  constructor(microphone: MicrophoneSource, camera: CameraSource) {
    this.#microphone = microphoneIn(microphone);
    this.#camera = cameraIn(camera);
  }

  get muted(): boolean {
    return this.#muted;
  }

  get cameraOn(): boolean {
    return this.#camera !== null;
  }

  /** What a connection begins with. */
  line(): Pick<NodeConnectOptions, 'video' | 'videoOptions'> {
    return this.#camera ? { video: this.#camera.clip, videoOptions: this.#camera.options } : {};
  }

  attach(line: NodeCall): void {
    this.#lines.push(line);
    line.silence(this.#muted);
    this.#use(line);
  }

  detach(line: NodeCall): void {
    const at = this.#lines.indexOf(line);
    if (at < 0) return;
    this.#lines.splice(at, 1);
    // A person who speaks does not stop because the network has changed.
    this.#line?.takeOver(line);
    this.#use(this.#line);
  }

  mute(muted: boolean): void {
    this.#muted = muted;
    for (const line of this.#lines) line.silence(muted);
  }

  useMicrophone(source: MicrophoneSource): Promise<void> {
    const microphone = microphoneIn(source);
    this.#microphone?.attach(null);
    this.#microphone = microphone;
    microphone?.attach(this.#line);
    return Promise.resolve();
  }

  async useCamera(source: CameraSource | null): Promise<void> {
    const camera = cameraIn(source ?? false);
    this.#camera?.attach(null);
    this.#camera = camera;
    if (!camera) return this.#line?.pauseVideo();
    await this.#line?.addVideo(camera.clip, camera.options);
    camera.attach(this.#line);
  }

  /** In the camera's place. */
  useScreen(source: CameraSource | null): Promise<void> {
    return this.useCamera(source);
  }

  gate(): void {
    // Files hear nothing.
  }

  level(): number | null {
    return null;
  }

  close(): void {
    this.#use(null);
  }

  get #line(): NodeCall | null {
    return this.#lines.at(-1) ?? null;
  }

  #use(line: NodeCall | null): void {
    this.#microphone?.attach(line);
    this.#camera?.attach(line);
  }
}

function microphoneIn(source: MicrophoneSource): Microphone | null {
  if (source === false) return null;
  if (source instanceof Microphone) return source;
  throw new CallError(
    'bad_option',
    'Node opens no devices: a microphone is `new Microphone()` of @vis-a-vis/client/node.',
  );
}

function cameraIn(source: CameraSource): Camera | null {
  if (source === false) return null;
  if (source instanceof Camera) return source;
  throw new CallError(
    'bad_option',
    'Node opens no devices: a camera is `new Camera(clip)` of @vis-a-vis/client/node.',
  );
}
