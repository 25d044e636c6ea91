import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerEvent } from '@vis-a-vis/protocol';
import type { MediaHandlers } from '#modules/media';
import { ANYBODY, type Grant } from './access.js';
import { staged } from './testing/staged.js';

/** Fake: media and conversations. Real: the calls, their outboxes, the clock. The door of WebSockets has tests of its own. */
type Stage = ReturnType<typeof staged>;
const ACME: Grant = { ...ANYBODY, tenant: 'acme' };
const PCM = new Float32Array(320);
const delta = (text: string) =>
  ({
    type: 'text_delta',
    responseId: 'r',
    itemId: 'i',
    outputIndex: 0,
    contentIndex: 0,
    delta: text,
    atMs: 0,
  }) as const;

async function until(holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 5000; !holds(); await sleep(2)) {
    if (performance.now() > end) throw new Error(`not within 5 s: ${holds.toString()}`);
  }
}

function connected(handlers: MediaHandlers): void {
  handlers.onChecked?.();
  handlers.onConnected?.();
}

describe('a WebRTC call whose connection is lost', () => {
  let stage: Stage;
  afterEach(async () => {
    await stage.calls.onModuleDestroy();
    stage.metrics.onModuleDestroy();
  });

  const told = () => stage.sent as ServerEvent[];
  const said = () =>
    told().flatMap((event) => (event.type === 'response.output_text.delta' ? [event.delta] : []));
  const greeting = () => told().findLast((event) => event.type === 'session.created')!;
  const token = () => greeting().visavis?.resume?.token ?? 'none';
  const newest = () => stage.handlers.at(-1)!;
  /** A call that is under way, and its newest event. */
  const begin = async (resumeWindowMs = 60_000, resume = true) => {
    stage = staged({ resumeWindowMs });
    const { id, call } = await stage.open({ sdp: 'v=0', session: { visavis: { resume } } }, ACME);
    connected(newest());
    newest().onChannel('oai-events');
    await until(() => stage.conversations.length === 1);
    await until(() => call.quiet);
    return { id, call, conversation: stage.conversations[0]! };
  };
  const lose = (handlers = newest()) => {
    stage.peers[stage.handlers.indexOf(handlers)]!.closed = true;
    handlers.onClosed('failed');
  };
  const dial = (by: string, last: string | null = null, grant = ACME) =>
    stage.offers.resume('v=0', { token: by, last_event_id: last }, grant);
  /** Sound comes, now and again. */
  const hear = (handlers = newest()) =>
    handlers.onAudio({ pcm: PCM, ptsMs: 100, arrivedAtMs: 0, concealed: false });
  const arrive = (handlers = newest()) => {
    connected(handlers);
    handlers.onChannel('oai-events');
  };

  it('goes on over another, with what was missed, each once, and its clock behind what was heard', async () => {
    const { id, conversation } = await begin();
    newest().onAudio({ pcm: PCM, ptsMs: 5000, arrivedAtMs: 0, concealed: false });
    conversation.emit(delta('a'));
    await until(() => said().length === 1);
    const last = told().at(-1)!.event_id;
    lose();
    expect([stage.calls.resumption.detached, stage.metrics.calls]).toEqual([1, { open: 1, detached: 1 }]);
    conversation.emit(delta('b'));
    const first = token();
    expect((await dial(first, last)).id).toBe(id);
    expect(said()).toEqual(['a']);
    arrive();
    conversation.emit(delta('c'));
    await until(() => said().length === 3);
    expect(said()).toEqual(['a', 'b', 'c']);
    expect(greeting().visavis).toMatchObject({ resumed: { replayed: 1, missed: 0, received: 0 } });
    expect(token()).not.toBe(first);
    newest().onAudio({ pcm: PCM, ptsMs: 100, arrivedAtMs: 0, concealed: false });
    expect(conversation.audio.map(({ ptsMs }) => ptsMs)).toEqual([0, 20]);
    expect([stage.calls.resumption.detached, stage.conversations.length]).toEqual([0, 1]);
    expect(await stage.metrics.text()).toContain('visavis_resumes_total{outcome="resumed"} 1');
  });

  it('gives its connection up meanwhile, and keeps its place', async () => {
    const { id, call } = await begin();
    lose();
    expect(() => stage.offers.peerFor('renegotiation', call)).toThrow('no peer connection');
    expect([stage.calls.has(id), stage.calls.openCalls]).toEqual([true, 1]);
  });

  it('is taken over before its loss is known', async () => {
    const { conversation } = await begin();
    const [before] = stage.handlers;
    await dial(token());
    arrive();
    expect(stage.peers.map(({ closed }) => closed)).toEqual([true, false]);
    before!.onClosed('failed');
    conversation.emit(delta('a'));
    await until(() => said().length === 1);
    expect(conversation.closedBecause).toBeNull();
  });

  it('waits on where an attempt to come back fails, which costs no token', async () => {
    const { conversation } = await begin();
    lose();
    const by = token();
    for (const reason of ['connect_timeout', 'failed', 'closed_by_peer'] as const) {
      await dial(by);
      newest().onClosed(reason);
    }
    expect([conversation.closedBecause, stage.calls.resumption.detached]).toEqual([null, 1]);
    await dial(by);
    // It is connected, and lost before it was told another token.
    connected(newest());
    lose();
    await dial(by);
    arrive();
    expect([conversation.closedBecause, stage.calls.resumption.detached]).toEqual([null, 0]);
  });

  it('waits on where it is known to be lost while an attempt is under way that fails', async () => {
    const { conversation } = await begin();
    const [before] = stage.handlers;
    await dial(token());
    lose(before);
    newest().onClosed('connect_timeout');
    expect([conversation.closedBecause, stage.calls.resumption.detached]).toEqual([null, 1]);
  });

  it('is gone on with by one of two who race', async () => {
    const { conversation } = await begin();
    lose();
    const by = token();
    await Promise.all([dial(by), dial(by)]);
    // The one before is given up.
    expect(stage.peers.slice(1).map(({ closed }) => closed)).toEqual([true, false]);
    arrive();
    hear();
    await expect(dial(by)).rejects.toMatchObject({ code: 'resume_not_found' });
    expect([conversation.closedBecause, stage.calls.openCalls]).toEqual([null, 1]);
  });

  it('is not taken from who has it by a connection that was answered before', async () => {
    await begin();
    const by = token();
    await dial(by);
    const first = newest();
    arrive();
    await dial(by);
    hear(first);
    connected(newest());
    expect(stage.peers.map(({ closed }) => closed)).toEqual([true, false, true]);
  });

  it('is come back to by the same token where the greeting has not come, also by who gave that attempt up', async () => {
    const { conversation } = await begin();
    lose();
    const by = token();
    stage.channel.delivered = false;
    await dial(by);
    arrive();
    hear();
    newest().onClosed('closed_by_peer');
    expect([conversation.closedBecause, stage.calls.resumption.detached]).toEqual([null, 1]);
    await dial(by);
    arrive();
    stage.channel.delivered = true;
    hear();
    newest().onClosed('closed_by_peer');
    await until(() => conversation.closedBecause !== null);
    expect(conversation.closedBecause).toBe('closed_by_peer');
  });

  it.each([
    ['forged', 'resume_forged', ACME],
    ['of somebody else', null, { ...ANYBODY, tenant: 'other' }],
    ['of nobody', null, ANYBODY],
  ])('refuses a token that is %s, and harms nobody', async (_, forged, grant) => {
    const { conversation } = await begin();
    lose();
    await expect(dial(forged ?? token(), null, grant)).rejects.toMatchObject({ code: 'resume_not_found' });
    await dial(token());
    arrive();
    expect(conversation.closedBecause).toBeNull();
    expect(await stage.metrics.text()).toContain('visavis_resumes_total{outcome="refused"} 1');
  });

  it('ends by a reason of its own when its time is over', async () => {
    const { id, conversation } = await begin(20);
    const by = token();
    lose();
    await until(() => conversation.closedBecause !== null);
    expect([conversation.closedBecause, stage.calls.has(id)]).toEqual(['resume_expired', false]);
    await expect(dial(by)).rejects.toMatchObject({ code: 'resume_expired' });
    await expect(dial(by, null, ANYBODY)).rejects.toMatchObject({ code: 'resume_not_found' });
    expect(stage.metrics.calls).toEqual({ open: 0, detached: 0 });
  });

  it.each([
    ['who hangs up', 60_000, true, 'closed_by_peer'],
    ['who has not asked for it', 60_000, false, 'failed'],
    ['of a gateway that keeps none', 0, true, 'failed'],
  ] as const)('is not kept for one %s', async (_, windowMs, asks, reason) => {
    const { conversation } = await begin(windowMs, asks);
    expect(greeting().visavis?.resume !== undefined).toBe(windowMs > 0 && asks);
    newest().onClosed(reason);
    await until(() => conversation.closedBecause !== null);
    expect([conversation.closedBecause, stage.calls.resumption.detached]).toEqual([reason, 0]);
  });

  it('is hung up by its address, and ends when the gateway drains, whatever its turn', async () => {
    const { id, conversation } = await begin();
    lose();
    conversation.state = 'answering';
    await stage.calls.drain(AbortSignal.timeout(5000));
    expect([conversation.closedBecause, stage.calls.has(id)]).toEqual(['shutdown', false]);
    await expect(dial(token())).rejects.toMatchObject({ code: 'draining' });
  });
});
