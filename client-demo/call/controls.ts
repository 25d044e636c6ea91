import type { Call } from '@vis-a-vis/client';
import { element } from '../dom.js';
import type { Sources } from '../stage/sources.js';
import type { Words } from '../text/words.js';

export interface OpenCall {
  readonly call: Call;
  readonly sources: Sources;
}

interface Around {
  readonly open: () => OpenCall | null;
  /** Which camera is chosen. */
  readonly camera: () => string;
  /** What the camera showed is to be forgotten when it goes off. */
  readonly redacts: () => boolean;
  readonly complain: (error: unknown) => void;
}

/** What can be done with microphone and camera while a call runs. */
export class Controls {
  readonly #words: Words;
  readonly #around: Around;
  readonly #mute = element('mute', HTMLButtonElement);
  readonly #camera = element('camera-switch', HTMLButtonElement);

  constructor(words: Words, around: Around) {
    this.#words = words;
    this.#around = around;
    this.#mute.addEventListener('click', () => {
      const { call } = around.open() ?? {};
      call?.mute(!call.muted);
    });
    this.#camera.addEventListener(
      'click',
      () =>
        void this.#run((open) => (open.call.isCameraOn ? this.#off(open) : useCamera(open, around.camera()))),
    );
  }

  /** A call begins: it is shown as it is. */
  begin(call: Call): void {
    call.on('muted', (muted) => this.#words.put(this.#mute, muted ? 'call.unmute' : 'call.mute'));
    call.on('camera', ({ on }) => this.#show(on));
    this.#words.put(this.#mute, 'call.mute');
    this.#show(true);
  }

  /** There is no call any more. */
  end(): void {
    this.#show(true);
  }

  /** Goes on with another camera. @returns false: it cannot be had */
  camera(camera: string): Promise<boolean> {
    return this.#run((open) => useCamera(open, camera));
  }

  /** Goes on with another microphone. @returns false: it cannot be had */
  microphone(mic: string): Promise<boolean> {
    return this.#run(async ({ call, sources }) => {
      await call.useMicrophone((await sources.useMicrophone(mic)) ?? false);
    });
  }

  async #off({ call, sources }: OpenCall): Promise<void> {
    await call.cameraOff({ redact: this.#around.redacts() });
    sources.cameraOff();
  }

  #show(on: boolean): void {
    this.#words.put(this.#camera, on ? 'call.cameraOff' : 'call.cameraOn');
    element('camera-is-off', HTMLElement).hidden = on;
  }

  /** @returns false: it failed, and has been told. Where there is no call there is nothing to do. */
  async #run(what: (open: OpenCall) => Promise<void>): Promise<boolean> {
    const open = this.#around.open();
    try {
      if (open) await what(open);
      return true;
    } catch (error) {
      this.#around.complain(error);
      return false;
    }
  }
}

async function useCamera({ call, sources }: OpenCall, camera: string): Promise<void> {
  const track = await sources.useCamera(camera);
  if (track) await call.cameraOn(track);
}
