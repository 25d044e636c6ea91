import type { Random } from './random.js';

/** How a client leaves. */
export type Leaving =
  /** An orderly end: SCTP ABORT, then its sockets are closed. */
  | 'close'
  /** By HTTP. */
  | 'hangup'
  /** Its sockets are closed without a word. */
  | 'silent'
  /** A close_notify of DTLS. */
  | 'alert'
  /** SCTP SHUTDOWN. */
  | 'shutdown'
  /** `oai-events` is closed; another channel stays. */
  | 'channel'
  /** Everything at once. */
  | 'all';

/** What becomes of a handshake of DTLS on its way. */
export type HandshakeFault = 'none' | 'damaged' | 'again' | 'lost' | 'stop';

/** One client, from its offer to its leaving. */
export interface CallPlan {
  /** Labels of the channels that it opens. */
  readonly channels: readonly string[];
  readonly video: 'VP8' | 'H264' | null;
  /** The role in DTLS that it offers. */
  readonly setup: 'actpass' | 'active' | 'passive';
  /** In place of `a=max-message-size`; null: as werift has it, empty: none. */
  readonly maxMessageSize: string | null;
  readonly form: 'sdp' | 'json' | 'multipart';
  readonly fault: HandshakeFault;
  /** Which datagram of the handshake it befalls. */
  readonly faultAt: number;
  /** It leaves so long after the answer (ms), connected or not; null: by the number of its inputs. */
  readonly leaveAfterMs: number | null;
  /** After so many inputs it leaves. */
  readonly inputs: number;
  /** What it does last: nothing, asks and leaves in the middle of the answer, or sends more than anybody reads. */
  readonly last: 'nothing' | 'asks' | 'bursts';
  readonly leaving: Leaving;
}

export function planCall(random: Random): CallPlan {
  const extra = random.pick([[], [], [], ['chat'], ['oai-events'], ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']]);
  return {
    channels: random.chance(0.95) ? ['oai-events', ...extra] : random.pick([[], ['other']]),
    video: random.pick(['VP8', 'VP8', 'H264', null]),
    setup: random.weighted({ actpass: 6, active: 1, passive: 1 }),
    maxMessageSize: random.chance(0.7)
      ? null
      : random.pick(['', '0', '1', '300', '2000', '65536', '1073741823']),
    form: random.weighted({ sdp: 4, json: 1, multipart: 1 }),
    fault: random.weighted({ none: 8, damaged: 1, again: 1, lost: 0.5, stop: 0.5 }),
    faultAt: random.int(0, 5),
    leaveAfterMs: random.chance(0.15) ? random.int(0, 600) : null,
    inputs: random.pick([10, 60, 150, 300, 600, 1000]),
    last: random.weighted({ nothing: 4, asks: 4, bursts: 2 }),
    leaving: random.weighted({ close: 5, hangup: 2, silent: 3, alert: 1, shutdown: 1, channel: 1, all: 1 }),
  };
}

/** As the clients of ordinary days: nothing of it is wrong. */
export const ORDINARY: CallPlan = {
  channels: ['oai-events'],
  video: 'VP8',
  setup: 'actpass',
  maxMessageSize: null,
  form: 'sdp',
  fault: 'none',
  faultAt: 0,
  leaveAfterMs: null,
  inputs: 0,
  last: 'nothing',
  leaving: 'close',
};

/** Edits a client's own offer as its plan says. */
export function shapeOffer(offer: string, { setup, maxMessageSize }: CallPlan): string {
  const sized =
    maxMessageSize === null
      ? offer
      : offer.replace(
          /a=max-message-size:\d+\r\n/g,
          maxMessageSize === '' ? '' : `a=max-message-size:${maxMessageSize}\r\n`,
        );
  return sized.replace(/a=setup:\w+/g, `a=setup:${setup}`);
}
