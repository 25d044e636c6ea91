import type { Media } from '../call/edge.js';
import type { CameraSource, ConnectOptions, MicrophoneSource } from '../call/options.js';

/** Devices that are said to be there. */
export class ScriptedMedia implements Media {
  muted = false;
  microphone: MicrophoneSource;
  camera: CameraSource | null;
  screen: CameraSource | null;
  /** What `level()` tells. */
  loudness = 0;
  /** A voice reads, and the microphone is gated. */
  gated = false;
  closed = false;

  constructor({ microphone, camera, screen }: ConnectOptions) {
    this.microphone = microphone ?? false;
    this.camera = camera || null;
    this.screen = screen || null;
  }

  get cameraOn(): boolean {
    return this.camera !== null;
  }

  mute(muted: boolean): void {
    this.muted = muted;
  }

  useMicrophone(source: MicrophoneSource): Promise<void> {
    this.microphone = source;
    return Promise.resolve();
  }

  useCamera(source: CameraSource | null): Promise<void> {
    this.camera = source === false ? null : source;
    return Promise.resolve();
  }

  useScreen(source: CameraSource | null): Promise<void> {
    this.screen = source === false ? null : source;
    return Promise.resolve();
  }

  gate(reading: boolean): void {
    this.gated = reading;
  }

  level(): number {
    return this.muted ? 0 : this.loudness;
  }

  close(): void {
    this.closed = true;
  }
}
