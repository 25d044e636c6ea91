import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import type { ConversationState, SessionEvent } from '#modules/conversation';
import type { MediaHandlers, MediaPeer } from '#modules/media';
import { monotonicClock } from '../../clock.js';
import { Lifecycle } from '../../lifecycle/lifecycle.js';
import { Metrics } from '../../telemetry/metrics.js';
import { ANYBODY, type Grant } from '../access.js';
import type { CallLimits } from '../calls-environment.js';
import { CallsService } from '../calls.service.js';
import { randomIds } from '../ids.js';
import type { Offer } from '../offer.js';
import { OffersService } from '../offers.service.js';
import { FakeConversation } from './fake-conversation.js';

/** Its state a test sets. */
export class StagedConversation extends FakeConversation {
  state: ConversationState = 'idle';

  override snapshot() {
    return { ...super.snapshot(), state: this.closedBecause === null ? this.state : ('closed' as const) };
  }
}

/** The clients of all offers connect. */
export async function connect(handlers: readonly MediaHandlers[]): Promise<void> {
  for (const one of handlers) {
    one.onChecked?.();
    one.onConnected?.();
  }
  await sleep(0);
}

/** Calls over WebRTC. Fake: media and conversations, whose state a test sets. Real: the calls, their outboxes, the clock. */
export function staged(limits: Partial<CallLimits> = {}) {
  const conversations: StagedConversation[] = [];
  const handlers: MediaHandlers[] = [];
  const peers: { closed: boolean }[] = [];
  const sent: unknown[] = [];
  const channel = { buffered: 0, delivered: true };
  const metrics = new Metrics();
  const media = {
    decodeImage: () => Promise.reject(new Error('no pictures here')),
    answer: (_sdp: string, given: MediaHandlers): Promise<MediaPeer> => {
      handlers.push(given);
      const at = { closed: false };
      peers.push(at);
      const peer = {
        id: 'peer',
        answerSdp: 'v=0',
        trackKinds: ['audio' as const],
        ice: { ufrag: 'ours', password: 'secret', candidates: [], kind: 'audio', mid: '0' },
        addCandidates: () => 0,
        restartIce: () => Promise.reject(new Error('not asked for')) as never,
        renegotiate: () => 'v=0',
        send: (_label: string, text: string) => {
          if (at.closed) return 'not_open' as const;
          sent.push(JSON.parse(text));
          return 'sent' as const;
        },
        bufferedAmount: () => channel.buffered,
        get delivered() {
          return channel.delivered;
        },
        largestMessageBytes: 262_144,
        stats: () => {
          throw new Error('not asked for');
        },
        close: async () => {
          if (at.closed) return;
          at.closed = true;
          given.onClosed('closed_by_us');
        },
      };
      return Promise.resolve(peer);
    },
  };
  const opener = {
    tellsTurnEnds: false,
    open: (options: { onEvent: (event: SessionEvent) => void }) => {
      const conversation = new StagedConversation(options.onEvent);
      conversations.push(conversation);
      return Promise.resolve(conversation);
    },
  };
  const environment = {
    clock: monotonicClock,
    ids: randomIds,
    metrics,
    logger: pino({ level: 'silent' }),
    lifecycle: new Lifecycle(),
    limits,
  };
  const engine = { caps: { modelId: 'fake', maxSessions: 8 } } as ConstructorParameters<
    typeof CallsService
  >[2];
  const calls = new CallsService(media, opener, engine, environment);
  const offers = new OffersService(media, calls, environment);
  const open = (offer: Offer, grant: Grant = ANYBODY) => offers.open(offer, { grant });
  return { calls, offers, open, channel, conversations, handlers, peers, metrics, sent };
}
