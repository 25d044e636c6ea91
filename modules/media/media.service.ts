import { AsyncResource } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

import { ON_BUG, VisavisError, type Clock, type OnBug, type RgbImage } from '#modules/contracts';
import {
  Inject,
  Injectable,
  Logger,
  Optional,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';

import { readImageHeader } from './core/image-header.js';
import { resolveMediaOptions, type MediaOptions, type ResolvedMediaOptions } from './core/options.js';
import type { MediaHandlers, MediaPeer, Reception } from './core/ports.js';
import { receive, type ReceiveOptions } from './reception.js';
import { PrivatePorts } from './infra/ice/private-ports.js';
import { SharedPort } from './infra/ice/shared-port.js';
import { openOpusDecoder } from './infra/opus/opus-decoder.js';
import { VideoDecoder, type VideoDecoderEvents } from './infra/video/video-decoder.js';
import { Certificates } from './infra/werift/certificates.js';
import { iceHosts } from './infra/werift/peer-config.js';
import { WeriftPeer } from './infra/werift/peer.js';
import { warmUp } from './infra/werift/warm-up.js';

/** Injection token of `MediaOptions`. */
export const MEDIA_OPTIONS = Symbol('MEDIA_OPTIONS');
/** Injection token of a `Clock` for arrival times; without it, the process's monotonic clock. */
export const MEDIA_CLOCK = Symbol('MEDIA_CLOCK');
/** Injection token of what makes the video decoder; without it, the real one. */
export const MEDIA_DECODER = Symbol('MEDIA_DECODER');

export interface MediaServiceStats {
  /** Decoder processes that ended unasked, were killed because they hung, or could not be started. */
  readonly decodersEnded: number;
  /** No decoder process can be started any more. */
  readonly decoderLost: boolean;
  /** Datagrams at the one port that belong to no call, by reason. Empty where each call has its own port. */
  readonly strays: ReadonlyMap<string, number>;
}

const TICK_MS = 20;
const MAX_IMAGE_PIXELS = 32_000_000;
/** No format but PNG has longer sides; scaling such strips down takes libav seconds. */
const MAX_IMAGE_SIDE = 65_535;
const MONOTONIC: Clock = { nowMs: () => performance.now() };

/** Takes WebRTC calls: RTP in, 16 kHz audio and sampled pictures out. */
@Injectable()
export class MediaService implements OnModuleInit, OnModuleDestroy {
  readonly #options: ResolvedMediaOptions;
  readonly #clock: Clock;
  readonly #ports: PrivatePorts | SharedPort;
  readonly #certificates = new Certificates();
  readonly #video: VideoDecoder;
  readonly #peers = new Map<WeriftPeer, { handlers: MediaHandlers; tick: (nowMs: number) => void }>();
  readonly #videoLost = { times: 0, forGood: null as string | null };
  readonly #log = new Logger('MediaService');
  readonly #onBug: OnBug;
  #ticker: NodeJS.Timeout | null = null;
  /** Made here: a closure that a call begins with would keep that call for as long as the timer runs. */
  readonly #onTick = () => this.#tick();

  constructor(
    @Inject(MEDIA_OPTIONS) options: MediaOptions,
    @Optional() @Inject(MEDIA_CLOCK) clock?: Clock,
    @Optional() @Inject(MEDIA_DECODER) openDecoder?: (events: VideoDecoderEvents) => VideoDecoder,
    @Optional() @Inject(ON_BUG) onBug?: OnBug,
  ) {
    this.#onBug = onBug ?? ((where, error) => this.#log.error(`a bug in ${where}`, error));
    const events = { onLost: (why: string, willRestart: boolean) => this.#onVideoLost(why, willRestart) };
    this.#video = openDecoder?.(events) ?? new VideoDecoder(events);
    this.#options = resolveMediaOptions(options);
    this.#clock = clock ?? MONOTONIC;
    const { icePortRange, iceUdpPort: port } = this.#options;
    const hosts = () => iceHosts(this.#options);
    this.#ports =
      port === undefined
        ? new PrivatePorts(hosts, icePortRange ?? null)
        : new SharedPort({ port, hosts, onBug: (error) => this.#onBug('media.port', error) });
  }

  /** @throws VisavisError `bad_config`: the one port of all calls cannot be had */
  async onModuleInit(): Promise<void> {
    if (this.#ports instanceof SharedPort) {
      for (const { listening, why } of await this.#ports.start())
        this.#log.warn(`no UDP port on ${listening.bind} (${why}): clients are not told of it`);
    }
    this.#video.warm();
    // None of this is needed to take calls: the first would only wait for it.
    const warm = async () => warmUp(this.#options, await this.#certificates.get(this.#clock.nowMs()));
    await Promise.all([warm(), openOpusDecoder().then((opus) => opus.free())]).catch((error: unknown) =>
      this.#log.warn('the first call will take longer: warming up failed', error),
    );
  }

  /** Calls that are open. */
  get openPeers(): number {
    return this.#peers.size;
  }

  /** Counters since the start. */
  stats(): MediaServiceStats {
    const { times, forGood } = this.#videoLost;
    return { decodersEnded: times, decoderLost: forGood !== null, strays: this.#strays };
  }

  /** Process id of the video decoder, where one runs: for tests and the curious. */
  get decoderPid(): number | undefined {
    return this.#video.pid;
  }

  /**
   * Answers an offer. The answer holds all candidates; the client need not send any.
   * @param options override the module's, for this call
   * @throws VisavisError `bad_sdp`, `no_audio_in_offer`, `capacity`; nothing is left open then
   */
  async answer(offerSdp: string, handlers: MediaHandlers, options: MediaOptions = {}): Promise<MediaPeer> {
    const resolved = { ...this.#options, ...resolveGiven(options) };
    const peer: WeriftPeer = await WeriftPeer.answer(offerSdp, {
      id: randomUUID(),
      handlers,
      options: resolved,
      sockets: this.#ports,
      nowMs: () => this.#clock.nowMs(),
      certificate: await this.#certificates.get(this.#clock.nowMs()),
      opus: await openOpusDecoder(),
      openVideoDecoder: (codec, sets) => this.#video.openTrack(codec, resolved.maxFrameSide, sets),
      onBug: (error) => this.#onBug('media.call', error),
      onReleased: () => this.#forget(peer),
    });
    this.#keep(peer, handlers);
    if (this.#videoLost.forGood !== null) this.#tellLost(handlers, this.#videoLost.forGood);
    return peer;
  }

  /**
   * A receiver without a connection, for what a tap has recorded.
   * @param options `decoder` stands between it and its video decoder
   */
  async receive(
    handlers: Pick<MediaHandlers, 'onAudio' | 'onVideo' | 'onDrop'>,
    { decoder = (own) => own, ...given }: ReceiveOptions = {},
  ): Promise<Reception> {
    const { frameIntervalMs, maxFrameSide } = { ...this.#options, ...resolveGiven(given) };
    return receive(handlers, {
      frameIntervalMs,
      opus: await openOpusDecoder(),
      openDecoder: (codec, sets) => decoder(this.#video.openTrack(codec, maxFrameSide, sets)),
    });
  }

  /**
   * Decodes a PNG, JPEG, WebP or GIF file (of one that moves, the first picture), scaled down to fit `maxImageSide`,
   * turned as its EXIF data says, and put onto white where it is transparent.
   * @param mime refused where the file is of another type; `image/jpg` means JPEG
   * @throws VisavisError `bad_image`; `engine_failed` where the decoder is lost for good
   */
  async decodeImage(file: Uint8Array, mime?: string): Promise<RgbImage> {
    const { maxImageBytes, maxImageSide } = this.#options;
    if (file.length > maxImageBytes) throw badImage(`it is larger than ${maxImageBytes} bytes`);
    const header = readImageHeader(file);
    if (!header) throw badImage('it is no PNG, JPEG, WebP or GIF');
    if (mime !== undefined && formatOf(mime) !== header.format) throw badImage(`it is not ${mime}`);
    const pixels = header.width * header.height;
    const side = Math.max(header.width, header.height);
    if (pixels === 0 || pixels > MAX_IMAGE_PIXELS || side > MAX_IMAGE_SIDE)
      throw badImage(`${header.width}x${header.height} is no usable size`);
    const image = await this.#video.decodeImage(file, header.format, maxImageSide);
    if (image === 'refused') throw badImage('it is damaged, or of a kind that cannot be decoded');
    if (image !== 'lost') return image;
    if (this.#video.lost)
      throw new VisavisError('engine_failed', 'The picture decoder is not running.', 'image_url');
    throw badImage('the decoder ended over it');
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([...this.#peers.keys()].map((peer) => peer.close()));
    if (this.#ports instanceof SharedPort) await this.#ports.close();
    await this.#video.close();
  }

  get #strays(): ReadonlyMap<string, number> {
    return this.#ports instanceof SharedPort ? this.#ports.strays : new Map();
  }

  #onVideoLost(why: string, willRestart: boolean): void {
    this.#log.error(`the video decoder ended (${why}); ${willRestart ? 'restarting' : 'giving up'}`);
    this.#videoLost.times += 1;
    if (willRestart) return;
    this.#videoLost.forGood = why;
    for (const { handlers } of this.#peers.values()) this.#tellLost(handlers, why);
  }

  #tellLost(handlers: MediaHandlers, why: string): void {
    try {
      handlers.onLost?.('video', why);
    } catch (error) {
      this.#log.error('a call could not be told of the lost video decoder', error);
    }
  }

  #keep(peer: WeriftPeer, handlers: MediaHandlers): void {
    // What begins in a tick is its own call's doing, not that of the call which started the timer.
    const tick = AsyncResource.bind((nowMs: number) => peer.tick(nowMs));
    this.#peers.set(peer, { handlers, tick });
    // One timer for all peers: it releases held packets, fills pauses and sends reports.
    this.#ticker ??= setInterval(this.#onTick, TICK_MS);
  }

  #forget(peer: WeriftPeer): void {
    this.#peers.delete(peer);
    if (this.#peers.size > 0 || !this.#ticker) return;
    clearInterval(this.#ticker);
    this.#ticker = null;
  }

  #tick(): void {
    const nowMs = this.#clock.nowMs();
    for (const { tick } of this.#peers.values()) {
      try {
        tick(nowMs);
      } catch (error) {
        // The others' packets are not to wait for what one peer threw.
        this.#onBug('media.tick', error);
      }
    }
  }
}

/** Only what is given: an option that is undefined does not hide the module's. */
function resolveGiven(options: MediaOptions): Partial<ResolvedMediaOptions> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** `image/JPG` is JPEG too; what follows the type is not looked at. */
function formatOf(mime: string): string | undefined {
  const format = /^image\/([a-z]+)\s*(?:;|$)/.exec(mime.trim().toLowerCase())?.[1];
  return format === 'jpg' ? 'jpeg' : format;
}

function badImage(why: string): VisavisError {
  return new VisavisError('bad_image', `The image cannot be used: ${why}.`, 'image_url');
}
