import { CallError } from '@vis-a-vis/client';
import { element } from '../dom.js';
import { ClipPlayer } from './clip-player.js';
import { Ear } from './ear.js';
import type { TableEditor } from './table-editor.js';

/** `table` or `clips`: what is built in; `real`: the browser's choice; else a device's id. */
export interface Choice {
  readonly camera: string;
  readonly mic: string;
}

const CAMERA = { width: { ideal: 640 }, height: { ideal: 480 } };
const MICROPHONE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
/** Codes of the SDK for what browsers throw. */
const CODES: Readonly<Record<string, string>> = {
  NotAllowedError: 'permission_denied',
  SecurityError: 'permission_denied',
  NotFoundError: 'no_device',
  OverconstrainedError: 'no_device',
  NotReadableError: 'device_busy',
};

/** What a call sends. The page opens it itself, because it shows it, too. */
export class Sources {
  readonly #table: TableEditor;
  readonly #preview = element('video', HTMLVideoElement);
  #clips: ClipPlayer | null = null;
  #hearing: AudioContext | null = null;
  #ear: Ear | null = null;
  #microphone: MediaStreamTrack | undefined;
  #camera: MediaStreamTrack | undefined;
  #showsTable = true;

  private constructor(table: TableEditor) {
    this.#table = table;
  }

  /** @throws CallError `permission_denied`, `no_device`, `device_busy`, `device_failed`, `not_supported` */
  static async open(choice: Choice, table: TableEditor): Promise<Sources> {
    const sources = new Sources(table);
    try {
      // Asked for together: the visitor is asked once.
      const devices = await openDevices({
        video: choice.camera !== 'table' && cameraOf(choice.camera),
        audio: choice.mic !== 'clips' && microphoneOf(choice.mic),
      });
      sources.#takeMicrophone(devices?.getAudioTracks()[0]);
      await sources.#takeCamera(devices?.getVideoTracks()[0]);
      return sources;
    } catch (error) {
      await sources.release();
      throw error;
    }
  }

  get microphone(): MediaStreamTrack | undefined {
    return this.#microphone;
  }

  get camera(): MediaStreamTrack | undefined {
    return this.#camera;
  }

  /** Says the built-in questions; null with a real microphone. */
  get clips(): ClipPlayer | null {
    return this.#clips;
  }

  get ear(): Ear | null {
    return this.#ear;
  }

  /** What the camera shows, to take pictures from. */
  get picture(): HTMLVideoElement | HTMLCanvasElement {
    return this.#showsTable ? this.#table.canvas : this.#preview;
  }

  /** Another microphone. @returns its track. @throws CallError as `open` */
  async useMicrophone(mic: string): Promise<MediaStreamTrack | undefined> {
    const devices = await openDevices({ audio: mic !== 'clips' && microphoneOf(mic), video: false });
    await this.#leaveMicrophone();
    this.#takeMicrophone(devices?.getAudioTracks()[0]);
    return this.#microphone;
  }

  /** Another camera, or the same again. @returns its track. @throws CallError as `open` */
  async useCamera(camera: string): Promise<MediaStreamTrack | undefined> {
    const devices = await openDevices({ audio: false, video: camera !== 'table' && cameraOf(camera) });
    this.cameraOff();
    await this.#takeCamera(devices?.getVideoTracks()[0]);
    return this.#camera;
  }

  /** Nothing is shown, and the camera's light goes out. */
  cameraOff(): void {
    this.#camera?.stop();
    this.#camera = undefined;
    this.#preview.srcObject = null;
  }

  async release(): Promise<void> {
    this.cameraOff();
    await this.#leaveMicrophone();
  }

  /** @param track none: the built-in questions */
  #takeMicrophone(track: MediaStreamTrack | undefined): void {
    if (track) {
      this.#hearing = new AudioContext();
      const source = this.#hearing.createMediaStreamSource(new MediaStream([track]));
      this.#ear = new Ear(this.#hearing, source);
    } else {
      this.#clips = new ClipPlayer();
      this.#ear = new Ear(this.#clips.context, this.#clips.said);
    }
    this.#microphone = track ?? this.#clips?.track;
  }

  async #leaveMicrophone(): Promise<void> {
    const [clips, hearing] = [this.#clips, this.#hearing];
    this.#microphone?.stop();
    this.#ear?.close();
    this.#microphone = undefined;
    this.#ear = this.#clips = this.#hearing = null;
    await clips?.close();
    await hearing?.close();
  }

  /** @param track none: the built-in table */
  async #takeCamera(track: MediaStreamTrack | undefined): Promise<void> {
    this.#showsTable = track === undefined;
    this.#camera = track ?? this.#table.stream().getVideoTracks()[0];
    if (track === undefined) return;
    this.#preview.srcObject = new MediaStream([track]);
    await this.#preview.play();
  }
}

function cameraOf(camera: string): MediaTrackConstraints {
  return camera === 'real' ? CAMERA : { ...CAMERA, deviceId: { exact: camera } };
}

function microphoneOf(mic: string): MediaTrackConstraints {
  return mic === 'real' ? MICROPHONE : { ...MICROPHONE, deviceId: { exact: mic } };
}

async function openDevices(wanted: MediaStreamConstraints): Promise<MediaStream | null> {
  if (wanted.audio === false && wanted.video === false) return null;
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (!devices)
    throw new CallError('not_supported', 'Browsers give devices to pages of localhost or over HTTPS only.');
  try {
    return await devices.getUserMedia(wanted);
  } catch (cause) {
    const name = cause instanceof DOMException ? cause.name : '';
    throw new CallError(CODES[name] ?? 'device_failed', String(cause), { cause });
  }
}
