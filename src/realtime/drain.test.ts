import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import type { ConversationState, SessionEvent } from '#modules/conversation';
import type { MediaHandlers, MediaPeer } from '#modules/media';
import { monotonicClock } from '../clock.js';
import { Lifecycle } from '../lifecycle/lifecycle.js';
import { Metrics } from '../telemetry/metrics.js';
import { CallsService } from './calls.service.js';
import { randomIds } from './ids.js';
import { readOffer } from './offer.js';
import { FakeConversation } from './testing/fake-conversation.js';

/** Fake: media and conversations, whose state a test sets. Real: the calls, their outboxes, the clock. */
class StagedConversation extends FakeConversation {
  state: ConversationState = 'idle';

  override snapshot() {
    return { ...super.snapshot(), state: this.closedBecause === null ? this.state : ('closed' as const) };
  }
}

describe('CallsService.drain', () => {
  const conversations: StagedConversation[] = [];
  const handlers: MediaHandlers[] = [];
  let buffered = 0;
  let metrics: Metrics;
  let calls: CallsService;

  const dial = async () => {
    const offer = await readOffer('application/sdp', new TextEncoder().encode('v=0\r\n'));
    return calls.open(offer);
  };

  beforeEach(() => {
    conversations.length = 0;
    handlers.length = 0;
    buffered = 0;
    metrics = new Metrics();
    const media = {
      decodeImage: () => Promise.reject(new Error('no pictures here')),
      answer: (_sdp: string, given: MediaHandlers): Promise<MediaPeer> => {
        handlers.push(given);
        const peer = {
          id: 'peer',
          answerSdp: 'v=0',
          trackKinds: ['audio' as const],
          send: () => 'sent' as const,
          bufferedAmount: () => buffered,
          stats: () => {
            throw new Error('not asked for');
          },
          close: () => Promise.resolve(),
        };
        return Promise.resolve(peer);
      },
    };
    const opener = {
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
    const engine = { caps: { modelId: 'fake' } } as ConstructorParameters<typeof CallsService>[2];
    calls = new CallsService(media, opener, engine, environment);
  });
  afterEach(() => metrics.onModuleDestroy());

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
    handlers[0]!.onChannel('oai-events');
    buffered = 100;
    const drained = calls.drain(new AbortController().signal);
    await sleep(120);
    expect(conversations[0]!.closedBecause).toBeNull();
    buffered = 0;
    await drained;
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
