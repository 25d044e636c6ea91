import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import type { ConversationState, SessionEvent } from '#modules/conversation';
import type { MediaHandlers, MediaPeer } from '#modules/media';
import { monotonicClock } from '../clock.js';
import { Lifecycle } from '../lifecycle/lifecycle.js';
import { Metrics } from '../telemetry/metrics.js';
import { ANYBODY } from './access.js';
import { CallsService } from './calls.service.js';
import { randomIds } from './ids.js';
import { readOffer, type Offer } from './offer.js';
import { OffersService } from './offers.service.js';
import { FakeConversation } from './testing/fake-conversation.js';
import { SPOKEN_TURN } from './testing/sample-events.js';

/** Fake: media and conversations, whose state a test sets. Real: the calls, their outboxes, the clock. */
class StagedConversation extends FakeConversation {
  state: ConversationState = 'idle';

  override snapshot() {
    return { ...super.snapshot(), state: this.closedBecause === null ? this.state : ('closed' as const) };
  }
}

/** The clients of all offers connect. */
async function connect(handlers: readonly MediaHandlers[]): Promise<void> {
  for (const one of handlers) {
    one.onChecked?.();
    one.onConnected?.();
  }
  await sleep(0);
}

function staged() {
  const conversations: StagedConversation[] = [];
  const handlers: MediaHandlers[] = [];
  const sent: unknown[] = [];
  const channel = { buffered: 0 };
  const metrics = new Metrics();
  const media = {
    decodeImage: () => Promise.reject(new Error('no pictures here')),
    answer: (_sdp: string, given: MediaHandlers): Promise<MediaPeer> => {
      handlers.push(given);
      const peer = {
        id: 'peer',
        answerSdp: 'v=0',
        trackKinds: ['audio' as const],
        ice: { ufrag: 'ours', password: 'secret', candidates: [], kind: 'audio', mid: '0' },
        addCandidates: () => 0,
        restartIce: () => Promise.reject(new Error('not asked for')) as never,
        renegotiate: () => 'v=0',
        send: (_label: string, text: string) => {
          sent.push(JSON.parse(text));
          return 'sent' as const;
        },
        bufferedAmount: () => channel.buffered,
        largestMessageBytes: 262_144,
        stats: () => {
          throw new Error('not asked for');
        },
        close: () => Promise.resolve(),
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
  };
  const engine = { caps: { modelId: 'fake', maxSessions: 8 } } as ConstructorParameters<
    typeof CallsService
  >[2];
  const calls = new CallsService(media, opener, engine, environment);
  const offers = new OffersService(media, calls, environment);
  const open = (offer: Offer) => offers.open(offer, { grant: ANYBODY });
  return { calls, open, channel, conversations, handlers, metrics, sent };
}

describe('CallsService.drain', () => {
  let stage: ReturnType<typeof staged>;
  let calls: CallsService;
  let conversations: StagedConversation[];
  const dial = async () => {
    const offer = await readOffer('application/sdp', new TextEncoder().encode('v=0\r\n'));
    const answered = await stage.open(offer);
    await connect(stage.handlers.slice(-1));
    return answered;
  };
  beforeEach(() => {
    stage = staged();
    ({ calls, conversations } = stage);
  });
  afterEach(() => stage.metrics.onModuleDestroy());

  it('closes idle calls at once, and others when their turn is over', async () => {
    await dial();
    await dial();
    const [idle, speaking] = conversations;
    speaking!.state = 'listening';
    const drained = calls.drain(new AbortController().signal);
    await sleep(20);
    expect([idle!.closedBecause, speaking!.closedBecause]).toEqual(['shutdown', null]);
    speaking!.state = 'answering';
    await sleep(120);
    expect(speaking!.closedBecause).toBeNull();
    speaking!.state = 'idle';
    await drained;
    expect(speaking!.closedBecause).toBe('shutdown');
  });

  it('lets what was said reach the client first', async () => {
    await dial();
    stage.handlers[0]!.onChannel('oai-events');
    stage.channel.buffered = 100;
    const drained = calls.drain(new AbortController().signal);
    await sleep(120);
    expect(conversations[0]!.closedBecause).toBeNull();
    stage.channel.buffered = 0;
    await drained;
  });

  it('does not wait for what a call without a data channel can never be told', async () => {
    await dial();
    for (const event of SPOKEN_TURN) conversations[0]!.emit(event);
    await calls.drain(AbortSignal.timeout(5000));
    expect(conversations[0]!.closedBecause).toBe('shutdown');
  });

  it('takes no new calls meanwhile', async () => {
    await dial();
    conversations[0]!.state = 'answering';
    const abort = new AbortController();
    const drained = calls.drain(abort.signal);
    await expect(dial()).rejects.toMatchObject({ code: 'draining', retryable: true });
    abort.abort();
    await drained;
  });

  it('waits no longer than it may', async () => {
    await dial();
    conversations[0]!.state = 'answering';
    await calls.drain(AbortSignal.timeout(50));
    expect(conversations[0]!.closedBecause).toBeNull();
    await calls.onModuleDestroy();
    expect(conversations[0]!.closedBecause).toBe('shutdown');
  });
});

describe('CallsService and what calls throw', () => {
  it('ends the call whose callback threw, tells its client, and no other call', async () => {
    const { calls, open, conversations, handlers, metrics, sent } = staged();
    const offer = await readOffer('application/sdp', new TextEncoder().encode('v=0\r\n'));
    await open(offer);
    await open(offer);
    await connect(handlers);
    const [struck, other] = conversations;
    handlers[0]!.onChannel('oai-events');
    struck!.pushAudio = () => {
      throw new Error('struck');
    };
    const frame = { pcm: new Float32Array(320), ptsMs: 0, arrivedAtMs: 0, concealed: false };
    for (let i = 0; i < 3; i++) handlers[0]!.onAudio(frame);
    handlers[1]!.onAudio(frame);
    await sleep(20);
    expect(sent.at(-1)).toMatchObject({ type: 'error', error: { code: 'internal_error' } });
    expect([struck!.closedBecause, other!.closedBecause]).toEqual(['internal_error', null]);
    expect(other!.audio).toHaveLength(1);
    expect(metrics.troubles().guarded_exceptions).toEqual({ audio: 1 });
    await calls.onModuleDestroy();
    metrics.onModuleDestroy();
  });

  it('knows whose a late exception is, also where a library began what threw', async () => {
    const { calls, open, conversations, handlers, metrics } = staged();
    const offer = await readOffer('application/sdp', new TextEncoder().encode('v=0\r\n'));
    await open(offer);
    await connect(handlers);
    expect(calls.escaped(new Error('nobody’s'))).toBe(false);
    // As a library would: something is begun in a callback of the call, and throws when that is long over.
    const late = new Promise<boolean>((resolve) => {
      conversations[0]!.pushAudio = () => void setTimeout(() => resolve(calls.escaped(new Error('late'))), 5);
    });
    handlers[0]!.onAudio({ pcm: new Float32Array(320), ptsMs: 0, arrivedAtMs: 0, concealed: false });
    expect(await late).toBe(true);
    await sleep(20);
    expect(conversations[0]!.closedBecause).toBe('internal_error');
    expect(metrics.troubles().guarded_exceptions).toEqual({ escaped: 1 });
    metrics.onModuleDestroy();
  });
});
