import type { Media, SurroundingsListener } from '../call/edge.js';
import type { CameraSource, MediaFeed, MediaTrack, MicrophoneSource, SpeakOptions } from '../call/options.js';
import { CallError } from '../errors.js';
import { openDevice } from './devices.js';
import { BrowserScreen } from './screen.js';
import { Sound } from './sound.js';

/** More is of no use: the gateway looks at a frame a second, of 768 pixels at most. */
const CAMERA = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 15 } };
const SCREEN = { frameRate: { ideal: 5 } };
const MICROPHONE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

interface Source {
  readonly track: MediaStreamTrack;
  /** It was opened here, and is stopped here. */
  readonly own: boolean;
}

/** A connection that carries the tracks. */
interface Carrier {
  readonly peer: RTCPeerConnection;
  readonly audio: RTCRtpSender;
  video: RTCRtpSender | null;
  /** Makes it carry a kind that it has not carried so far. */
  readonly renegotiate: () => Promise<void>;
}

/** The tracks of a call, whichever connection carries them. */
export class BrowserMedia implements Media {
  /** Beside the camera, in the same connections. */
  readonly screen = new BrowserScreen();
  readonly #echo: SpeakOptions['echo'] | null;
  #told: Pick<SurroundingsListener, 'trackEnded'> = { trackEnded: () => undefined };
  #sound: Sound | null = null;
  #microphone: Source | null = null;
  #camera: Source | null = null;
  /** One, or two while a call goes from one connection to another; the last is the one that counts. */
  #carriers: Carrier[] = [];
  #muted = false;
  #closed = false;

  /** @param echo what keeps a voice out of the microphone; null: none reads */
  constructor(echo: SpeakOptions['echo'] | null) {
    this.#echo = echo;
  }

  get muted(): boolean {
    return this.#muted;
  }

  get cameraOn(): boolean {
    return this.#camera !== null;
  }

  tell(told: Pick<SurroundingsListener, 'trackEnded'>): void {
    this.#told = told;
  }

  /** Another connection carries the tracks from now on. @param renegotiate makes it carry a kind that it has not carried so far */
  attach(peer: RTCPeerConnection, renegotiate: () => Promise<void>): void {
    const audio = send(peer, this.#audioTrack());
    const video = this.#camera ? send(peer, this.#camera.track) : null;
    this.#carriers.push({ peer, audio, video, renegotiate });
  }

  detach(peer: RTCPeerConnection): void {
    this.#carriers = this.#carriers.filter((carrier) => carrier.peer !== peer);
  }

  mute(muted: boolean): void {
    this.#muted = muted;
    if (this.#microphone) this.#microphone.track.enabled = !muted;
  }

  async useMicrophone(given: MicrophoneSource): Promise<void> {
    const source = await this.#open('microphone', given);
    this.#release(this.#microphone);
    this.#microphone = source;
    if (source) source.track.enabled = !this.#muted;
    this.#sound?.listen(source?.track ?? null);
    await Promise.all(this.#carriers.map(({ audio }) => audio.replaceTrack(this.#audioTrack())));
  }

  useCamera(source: CameraSource | null): Promise<void> {
    return this.#show(() => this.#open('camera', source ?? false));
  }

  async useScreen(given: CameraSource | null): Promise<void> {
    const source = await this.#open('screen', given ?? false);
    this.#release(this.screen.shown);
    await this.screen.show(source);
  }

  gate(reading: boolean): void {
    if (this.#echo) this.#sound?.reading(reading, this.#echo);
  }

  level(): number | null {
    if (this.#muted || !this.#microphone) return 0;
    return this.#soundOf().level();
  }

  /** The page is looked at again. */
  wake(): void {
    this.#sound?.wake();
  }

  close(): void {
    this.#closed = true;
    this.#release(this.#microphone);
    this.#release(this.#camera);
    this.#release(this.screen.shown);
    this.#microphone = this.#camera = null;
    this.#sound?.close();
    this.#sound = null;
  }

  async #show(open: () => Promise<Source | null>): Promise<void> {
    const source = await open();
    this.#release(this.#camera);
    this.#camera = source;
    await Promise.all(this.#carriers.map(async ({ video }) => video?.replaceTrack(source?.track ?? null)));
    const carrier = this.#carriers.at(-1);
    if (!source || !carrier || carrier.video) return;
    carrier.video = send(carrier.peer, source.track);
    await carrier.renegotiate();
  }

  /** The gateway wants sound in every call; with a gate, what goes through it. */
  #audioTrack(): MediaStreamTrack {
    if (this.#microphone && !gates(this.#echo)) return this.#microphone.track;
    return this.#soundOf().track;
  }

  #soundOf(): Sound {
    if (this.#sound) return this.#sound;
    this.#sound = new Sound();
    this.#sound.listen(this.#microphone?.track ?? null);
    return this.#sound;
  }

  async #open(what: 'microphone' | 'camera' | 'screen', given: CameraSource): Promise<Source | null> {
    if (given === false) return null;
    const source =
      typeof given === 'object'
        ? { track: asTrack(given), own: false }
        : { track: await device(what, given), own: true };
    // It was closed while the person was being asked.
    if (this.#closed && source.own) source.track.stop();
    source.track.addEventListener('ended', () => {
      const used = [this.#microphone, this.#camera, this.screen.shown];
      if (used.some((one) => one?.track === source.track)) this.#told.trackEnded(what);
    });
    return source;
  }

  #release(source: Source | null): void {
    if (source?.own) source.track.stop();
  }
}

function send(peer: RTCPeerConnection, track: MediaStreamTrack): RTCRtpSender {
  return peer.addTransceiver(track, { direction: 'sendonly' }).sender;
}

function gates(echo: SpeakOptions['echo'] | null): boolean {
  return echo === 'gate' || echo === 'mute';
}

function asTrack(given: MediaTrack | MediaFeed): MediaStreamTrack {
  if (given instanceof MediaStreamTrack) return given;
  throw new CallError('bad_option', 'A browser takes true, the id of a device, or a MediaStreamTrack.');
}

function device(what: 'microphone' | 'camera' | 'screen', given: string | true): Promise<MediaStreamTrack> {
  if (what === 'screen') return openDevice('screen', SCREEN);
  const id = given === true ? {} : { deviceId: { exact: given } };
  if (what === 'microphone') return openDevice('audio', { ...MICROPHONE, ...id });
  const facing = given === 'user' || given === 'environment' ? { facingMode: given } : id;
  return openDevice('video', { ...CAMERA, ...facing });
}
