import { Call } from '../call/call.js';
import { SYSTEM_TIMERS, type Edge, type Link, type LinkListener, type Opening } from '../call/edge.js';
import { gatewayOf } from '../call/gateway.js';
import type { ConnectOptions, Device, ImageSource } from '../call/options.js';
import { CallError } from '../errors.js';
import { dataUrlOf, fits } from '../image-bytes.js';
import { NodeLink, type NodeDial } from './link.js';
import { NodeMedia } from './media.js';

/**
 * Opens a call from Node. As in a browser, but that files take the place of devices (`new Microphone()`, `new Camera(clip)`), and
 * that whoever wants answers read aloud brings a voice.
 * @throws CallError with the gateway's code; `connect_failed`, `connect_timeout`, `bad_option`; or the signal's reason
 */
export async function connect(options: ConnectOptions = {}): Promise<Call> {
  options.signal?.throwIfAborted();
  const gateway = gatewayOf(options, () => {
    throw new CallError('bad_option', 'Where is the gateway? Outside of a page, `url` has to say so.', {
      param: 'url',
    });
  });
  const media = new NodeMedia(options.microphone ?? false, options.screen || options.camera || false);
  return new Call(new NodeEdge({ gateway, media, options }), options).open(options.signal);
}

class NodeEdge implements Edge {
  readonly timers = SYSTEM_TIMERS;
  readonly voice = null;
  readonly #dial: NodeDial;

  constructor(dial: NodeDial) {
    this.#dial = dial;
  }

  get media(): NodeMedia {
    return this.#dial.media;
  }

  dial(opening: Opening, told: LinkListener, signal: AbortSignal): Promise<Link> {
    return NodeLink.open(this.#dial, opening, told, signal);
  }

  async encodeImage(image: ImageSource, maxBytes: number): Promise<string> {
    const url = await dataUrlOf(image);
    if (url === null)
      throw new CallError('bad_image', 'Node draws nothing: a picture is a file of its kind, or a data URL.');
    if (!fits(url, maxBytes))
      throw new CallError(
        'message_too_large',
        `The picture has more than the ${maxBytes} bytes that fit, as base64.`,
      );
    return url;
  }

  devices(): Promise<readonly Device[]> {
    return Promise.resolve([]);
  }

  watch(): () => void {
    return () => undefined;
  }
}
