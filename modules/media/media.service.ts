import { randomUUID } from 'node:crypto';

import { VisavisError, type Clock, type RgbImage } from '#modules/contracts';
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
import { PortPool } from './core/port-pool.js';
import type { MediaHandlers, MediaPeer } from './core/ports.js';
import { openOpusDecoder } from './infra/opus/opus-decoder.js';
import { VideoDecoder } from './infra/video/video-decoder.js';
import { iceHosts } from './infra/werift/peer-config.js';
import { WeriftPeer } from './infra/werift/peer.js';

/** Injection token of `MediaOptions`. */
export const MEDIA_OPTIONS = Symbol('MEDIA_OPTIONS');
/** Injection token of a `Clock` for arrival times; without it, the process's monotonic clock. */
export const MEDIA_CLOCK = Symbol('MEDIA_CLOCK');

const TICK_MS = 20;
const MAX_IMAGE_PIXELS = 32_000_000;
const MONOTONIC: Clock = { nowMs: () => performance.now() };

/** Takes WebRTC calls: RTP in, 16 kHz audio and sampled pictures out. */
@Injectable()
export class MediaService implements OnModuleInit, OnModuleDestroy {
  readonly #options: ResolvedMediaOptions;
  readonly #clock: Clock;
  readonly #ports: PortPool | null;
  readonly #video = new VideoDecoder();
  readonly #peers = new Set<WeriftPeer>();
  readonly #log = new Logger('MediaService');
  #ticker: NodeJS.Timeout | null = null;

  constructor(@Inject(MEDIA_OPTIONS) options: MediaOptions, @Optional() @Inject(MEDIA_CLOCK) clock?: Clock) {
    this.#options = resolveMediaOptions(options);
    this.#clock = clock ?? MONOTONIC;
    const { icePortRange } = this.#options;
    this.#ports = icePortRange ? new PortPool(icePortRange, portsOfPeer(this.#options)) : null;
  }

  onModuleInit(): void {
    this.#video.warm();
  }

  /** Calls that are open. */
  get openPeers(): number {
    return this.#peers.size;
  }

  /**
   * Answers an offer. The answer holds all candidates; the client need not send any.
   * @param options override the module's, for this call
   * @throws VisavisError `bad_sdp`, `no_audio_in_offer`, `capacity`; nothing is left open then
   */
  async answer(offerSdp: string, handlers: MediaHandlers, options: MediaOptions = {}): Promise<MediaPeer> {
    const resolved = { ...this.#options, ...resolveGiven(options) };
    const ports = this.#ports?.take() ?? null;
    if (this.#ports && !ports) throw new VisavisError('capacity', 'No UDP port is free for another call.');
    const giveBack = () => ports && this.#ports?.give(ports);
    try {
      const peer: WeriftPeer = await WeriftPeer.answer(offerSdp, {
        id: randomUUID(),
        handlers,
        options: resolved,
        ports,
        nowMs: () => this.#clock.nowMs(),
        opus: await openOpusDecoder(),
        openVideoDecoder: (codec) => this.#video.openTrack(codec, resolved.maxFrameSide),
        onBug: (error) => this.#log.error('a call failed by a bug, and is closed', error),
        onReleased: () => {
          giveBack();
          this.#forget(peer);
        },
      });
      this.#keep(peer);
      return peer;
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  /**
   * Decodes a PNG or JPEG file, scaled down to fit `maxImageSide`.
   * @throws VisavisError `bad_image`
   */
  async decodeImage(file: Uint8Array, mime?: string): Promise<RgbImage> {
    const { maxImageBytes, maxImageSide } = this.#options;
    if (file.length > maxImageBytes) throw badImage(`it is larger than ${maxImageBytes} bytes`);
    const header = readImageHeader(file);
    if (!header) throw badImage('it is neither PNG nor JPEG');
    if (mime !== undefined && mime !== `image/${header.format}`) throw badImage(`it is not ${mime}`);
    const pixels = header.width * header.height;
    if (pixels === 0 || pixels > MAX_IMAGE_PIXELS)
      throw badImage(`${header.width}x${header.height} is no usable size`);
    const image = await this.#video.decodeImage(file, header.format, maxImageSide);
    if (!image) throw badImage('it is damaged');
    return image;
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([...this.#peers].map((peer) => peer.close()));
    await this.#video.close();
  }

  #keep(peer: WeriftPeer): void {
    this.#peers.add(peer);
    // One timer for all peers: it releases held packets, fills pauses and sends reports.
    this.#ticker ??= setInterval(() => this.#tick(), TICK_MS);
  }

  #forget(peer: WeriftPeer): void {
    this.#peers.delete(peer);
    if (this.#peers.size > 0 || !this.#ticker) return;
    clearInterval(this.#ticker);
    this.#ticker = null;
  }

  #tick(): void {
    const nowMs = this.#clock.nowMs();
    for (const peer of this.#peers) {
      try {
        peer.tick(nowMs);
      } catch (error) {
        // The others' packets are not to wait for what one peer threw.
        this.#log.error('the tick of a call failed', error);
      }
    }
  }
}

/** One port for each offered address, and two at least: werift takes no range of one. */
function portsOfPeer(options: ResolvedMediaOptions): number {
  return Math.max(2, iceHosts(options).length);
}

/** Only what is given: an option that is undefined does not hide the module's. */
function resolveGiven(options: MediaOptions): Partial<ResolvedMediaOptions> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function badImage(why: string): VisavisError {
  return new VisavisError('bad_image', `The image cannot be used: ${why}.`, 'image_url');
}
