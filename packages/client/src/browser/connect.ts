import { Call } from '../call/call.js';
import {
  SYSTEM_TIMERS,
  type Edge,
  type Link,
  type LinkListener,
  type Opening,
  type SurroundingsListener,
} from '../call/edge.js';
import { gatewayOf, speakOf } from '../call/gateway.js';
import type { ConnectOptions, SpeakOptions, Voice } from '../call/options.js';
import { listDevices } from './devices.js';
import { encodeImage } from './image.js';
import { BrowserLink, type BrowserDial } from './link.js';
import { BrowserMedia } from './media.js';
import { BrowserVoice } from './voice.js';

/**
 * Opens a call.
 *
 * ```ts
 * const call = await connect({ microphone: true, camera: true });
 * for await (const turn of call.turns()) {
 *   for await (const text of turn.text()) caption.append(text);
 * }
 * ```
 * @throws CallError with the gateway's code; `connect_failed`, `connect_timeout`; `permission_denied` and what else there is of devices; or the signal's reason
 */
export async function connect(options: ConnectOptions = {}): Promise<Call> {
  options.signal?.throwIfAborted();
  const speak = speakOf(options);
  const media = new BrowserMedia(speak ? (speak.echo ?? 'gate') : null);
  try {
    await media.useMicrophone(options.microphone ?? false);
    if (options.screen) await media.useScreen(options.screen);
    if (options.camera) await media.useCamera(options.camera);
    options.signal?.throwIfAborted();
    const gateway = gatewayOf(options, () => new URL('.', location.href));
    return await new Call(new BrowserEdge({ gateway, media, options }, speak), options).open(options.signal);
  } catch (error) {
    media.close();
    throw error;
  }
}

class BrowserEdge implements Edge {
  readonly timers = SYSTEM_TIMERS;
  readonly voice: Voice | null;
  readonly #dial: BrowserDial;

  constructor(dial: BrowserDial, speak: SpeakOptions | null) {
    this.#dial = dial;
    this.voice = speak && 'speechSynthesis' in globalThis ? new BrowserVoice(speak) : null;
  }

  get media(): BrowserMedia {
    return this.#dial.media;
  }

  dial(opening: Opening, told: LinkListener, signal: AbortSignal): Promise<Link> {
    return BrowserLink.open(this.#dial, opening, told, signal);
  }

  encodeImage = encodeImage;
  devices = listDevices;

  watch(told: SurroundingsListener): () => void {
    this.media.tell(told);
    const over = new AbortController();
    const { signal } = over;
    const awake = (): void => {
      this.media.wake();
      told.awake();
    };
    addEventListener('online', awake, { signal });
    document.addEventListener(
      'visibilitychange',
      () => (document.visibilityState === 'visible' ? awake() : told.hidden()),
      { signal },
    );
    // A gateway keeps the call of who says nothing. A page that is only put by may come back.
    addEventListener('pagehide', ({ persisted }) => persisted || told.left(), { signal });
    const devices = navigator.mediaDevices as MediaDevices | undefined;
    devices?.addEventListener('devicechange', () => told.devicesChanged(), { signal });
    return () => over.abort();
  }
}
