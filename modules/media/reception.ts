import type { MediaOptions } from './core/options.js';
import type {
  AgreedMedia,
  MediaHandlers,
  OpusDecoder,
  Reception,
  VideoCodec,
  VideoTrackDecoder,
} from './core/ports.js';
import { MediaReceiver } from './core/receiver.js';

export interface ReceiveOptions extends Pick<MediaOptions, 'frameIntervalMs'> {
  /** Stands between the receiver and each decoder that it opens. */
  readonly decoder?: (own: VideoTrackDecoder) => VideoTrackDecoder;
}

interface ReceptionParts {
  readonly frameIntervalMs: number;
  readonly opus: OpusDecoder;
  readonly openDecoder: (codec: VideoCodec, sets: readonly Uint8Array[] | undefined) => VideoTrackDecoder;
}

/** The receiver of a call, driven by hand. */
export function receive(
  handlers: Pick<MediaHandlers, 'onAudio' | 'onVideo' | 'onDrop'>,
  { frameIntervalMs, opus, openDecoder }: ReceptionParts,
): Reception {
  let parameterSets: AgreedMedia['parameterSets'] = new Map();
  const receiver = new MediaReceiver({
    ...handlers,
    opus,
    frameIntervalMs,
    openVideoDecoder: (codec, payloadType) => openDecoder(codec, parameterSets.get(payloadType)),
  });
  return {
    onAgreed: (agreed) => {
      ({ parameterSets } = agreed);
      receiver.accept(agreed.payloadTypes, agreed.videos);
    },
    onRtp: (packet, nowMs) => {
      if (receiver.wants(packet, nowMs)) receiver.onRtp(packet, nowMs);
    },
    onSenderReport: (report, nowMs) => receiver.onSenderReport(report, nowMs),
    // Nobody is there whom its reports and requests could be sent to.
    tick: (nowMs) => void receiver.tick(nowMs),
    stats: () => receiver.stats(),
    close: () => receiver.close(),
  };
}
