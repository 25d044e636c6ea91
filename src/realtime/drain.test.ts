import { setTimeout as sleep } from 'node:timers/promises';
import type { CallsService } from './calls.service.js';
import { readOffer } from './offer.js';
import { SPOKEN_TURN } from './testing/sample-events.js';
import { connect, staged, type StagedConversation } from './testing/staged.js';

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
