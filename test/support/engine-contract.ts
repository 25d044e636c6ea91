import type { EngineSession, OmniEngine, RgbImage, Segment } from '#modules/contracts';
import { readAnswer } from '../../modules/decoder/testing/engine-script.js';
import { asidesContract } from './engine-contract-asides.js';
import { block, edge, text, type Bench, type Subject } from './engine-contract-parts.js';
import { removalContract } from './engine-contract-removal.js';

export type { Subject } from './engine-contract-parts.js';

/**
 * What every engine does, whatever it runs on.
 * @param create called once
 */
export function engineContract(name: string, create: () => Promise<Subject>): void {
  describe(name, () => contract(create));
}

function contract(create: () => Promise<Subject>): void {
  let subject: Subject;
  let engine: OmniEngine;
  let session: EngineSession;

  const picture = (): RgbImage => {
    const { width, height } = engine.caps.frameSize;
    return { width, height, data: new Uint8Array(width * height * 3).fill(90) };
  };
  const frame = (id: string): Segment => ({ k: 'frame', id, ptsMs: 0, image: picture() });
  /** What can be compared of two answers: servers send as many tokens at once as are there, and number what they send. */
  const said = ({ ids, text: words }: { ids: number[]; text: string }) =>
    subject.exact ? [words, ids] : [words];
  const ask = async (id: string): Promise<void> => {
    await session.append(edge(`${id} open`, 'open'));
    await session.append(text(`${id} text`));
    await session.append(edge(`${id} close`, 'close'));
  };

  beforeAll(async () => {
    subject = await create();
    engine = subject.engine;
    await engine.load();
  });
  afterAll(async () => {
    await engine.close({ drainMs: 1000 });
    await subject.stop?.();
  });
  beforeEach(async () => {
    session = await engine.open({ system: '', tenant: 'test' });
  });
  afterEach(() => session.close());

  const bench: Bench = {
    get exact() {
      return subject.exact;
    },
    get engine() {
      return engine;
    },
    get session() {
      return session;
    },
    frame,
    ask,
    said,
  };
  removalContract(bench);
  asidesContract(bench);

  it('counts tokens by its capabilities', async () => {
    const start = session.head.tokens;
    expect((await session.append(edge('t', 'open'))).tokens).toBe(1);
    expect((await session.append(frame('f'))).tokens).toBe(1 + engine.caps.tokensPerFrame);
    expect((await session.append(block('a1', 8_000, false))).tokens).toBe(0);
    const last = await session.append(block('a2', 8_000, true));
    // Others may count a sound of any length alike: what is told is then that of a usual one.
    if (subject.exact) expect(last.tokens).toBe(1 + Math.ceil(engine.caps.audioTokensPerSecond));
    expect(last.tokens).toBeGreaterThan(1);
    expect(last.at).toEqual(session.head);
    expect(last.at.tokens).toBe(start + 1 + (1 + engine.caps.tokensPerFrame) + last.tokens);
  });

  it('tells of the end of a turn what its capabilities promise', async () => {
    await session.append(edge('t', 'open'));
    const asked = await session.append({ ...block('a1', 8_000, false), predict: true });
    const last = await session.append(block('a2', 8_000, true));
    const told = [asked, last].map(({ turnEnd = -1 }) => turnEnd >= 0 && turnEnd <= 1);
    const promised = engine.caps.turnEnd === true;
    expect(told).toEqual([promised, promised]);
    const frameless = await session.append(frame('f'));
    expect(frameless.turnEnd).toBeUndefined();
  });

  it('leaves pixels and samples to the caller', async () => {
    const image = picture();
    const sound = block('a', 2_000, true);
    await session.append(edge('t', 'open'));
    await session.append({ k: 'frame', id: 'f', ptsMs: 0, image });
    await session.append(sound);
    expect(image.data.length).toBeGreaterThan(0);
    expect(sound.k === 'audio' && sound.pcm.length).toBe(2_000);
  });

  it('takes a segment in once', async () => {
    await session.append(edge('t', 'open'));
    await session.append(frame('f'));
    const { tokens } = session.head;
    await session.append(frame('f'));
    expect(session.head.tokens).toBe(tokens);
  });

  it('goes back to a mark, more than once', async () => {
    await session.append(edge('t', 'open'));
    const mark = session.mark();
    for (const id of ['f', 'g']) {
      await session.append(frame(id));
      await session.rollback(mark);
      expect(session.head.tokens).toBe(mark.tokens);
    }
  });

  it('answers, and leaves the head until the answer is accepted', async () => {
    await ask('q');
    const before = session.head;
    const events = [];
    for await (const event of session.generate({ maxTokens: 4 })) events.push(event);
    expect(events[0]).toMatchObject({ t: 'start', base: before });
    const end = events.at(-1);
    const usage = end?.t === 'end' ? end.usage : { prompt: 0, cached: 0, out: 0 };
    if (subject.exact) expect(usage).toMatchObject({ prompt: before.tokens + 1, out: events.length - 2 });
    expect(usage.prompt).toBeGreaterThan(0);
    expect(usage.cached).toBeLessThanOrEqual(usage.prompt);
    expect(usage.out).toBeGreaterThanOrEqual(events.length - 2);
    expect(session.head).toEqual(before);
    const genId = events[0]?.t === 'start' ? events[0].genId : '';
    expect(await session.accept(genId, { keepTokens: 1 })).toEqual(session.head);
    expect(session.head.tokens).toBe(before.tokens + 1 + Math.min(1, events.length - 2) + 1);
  });

  it('takes an answer off that is not accepted', async () => {
    await ask('q');
    const { tokens } = session.head;
    const { genId } = await readAnswer(session.generate({ maxTokens: 4 }));
    await session.append(edge('t', 'open'));
    expect(session.head.tokens).toBe(tokens + 1);
    await expect(session.accept(genId)).rejects.toMatchObject({ code: 'bad_request' });
  });

  it('ends an answer by its signal; it can still be accepted', async () => {
    await ask('q');
    const abort = new AbortController();
    const events = session.generate({ maxTokens: 4, signal: abort.signal });
    const start = await events.next();
    abort.abort();
    const { end } = await readAnswer(events);
    expect(end?.reason).toMatch(/aborted|stop|length/);
    await session.accept(start.value.t === 'start' ? start.value.genId : '', { keepTokens: 0 });
  });

  it('sheds a background frame while there is an answer', async () => {
    await ask('q');
    const { genId } = await readAnswer(session.generate({ maxTokens: 4 }));
    await expect(session.append(frame('f'), { priority: 'background' })).rejects.toMatchObject({
      code: 'shed',
    });
    await session.accept(genId);
  });

  it('takes the results of calls where its model calls tools, and refuses them where not', async () => {
    const result: Segment = { k: 'result', id: 'r', callId: 'call_1', output: '{}' };
    const { tokens } = session.head;
    const appended = session.append(result);
    if (engine.caps.tools) {
      const taken = (await appended).tokens;
      expect(taken).toBeGreaterThan(0);
      expect(session.mark().tokens).toBe(tokens + taken);
      return;
    }
    await expect(appended).rejects.toMatchObject({ code: 'bad_request' });
    expect(session.mark().tokens).toBe(tokens);
  });

  it.each([
    ['content outside of a turn', [text('x')], 'bad_request'],
    ['a turn within a turn', [edge('a', 'open'), edge('b', 'open')], 'bad_request'],
    ['an utterance without sound', [edge('a', 'open'), block('b', 0, true)], 'bad_audio'],
    [
      'a picture larger than it takes',
      [
        edge('a', 'open'),
        { k: 'frame', id: 'f', ptsMs: 0, image: { width: 4096, height: 1, data: new Uint8Array(3 * 4096) } },
      ],
      'bad_image',
    ],
  ] satisfies [string, Segment[], string][])(
    'refuses %s and stays as it was',
    async (_name, segments, code) => {
      const last = segments.at(-1) as Segment;
      for (const segment of segments.slice(0, -1)) await session.append(segment);
      const { tokens } = session.head;
      await expect(session.append(last)).rejects.toMatchObject({ code });
      expect(session.mark().tokens).toBe(tokens);
    },
  );

  it('takes a smaller picture where it says so, and refuses it where not', async () => {
    const image = { width: 2, height: 2, data: new Uint8Array(12) };
    await session.append(edge('a', 'open'));
    const { tokens } = session.head;
    const appended = session.append({ k: 'frame', id: 'f', ptsMs: 0, image });
    if (engine.caps.smallerFrames) expect((await appended).tokens).toBeGreaterThan(0);
    else {
      await expect(appended).rejects.toMatchObject({ code: 'bad_image' });
      expect(session.mark().tokens).toBe(tokens);
    }
  });

  it('opens as many sessions as it says, and again when one is closed', async () => {
    const others = [
      await engine.open({ system: '', tenant: 'a' }),
      await engine.open({ system: '', tenant: 'b' }),
    ];
    await expect(engine.open({ system: '', tenant: 'c' })).rejects.toMatchObject({
      code: 'capacity',
      retryable: true,
    });
    await Promise.all(others.map((other) => other.close()));
    await (await engine.open({ system: '', tenant: 'c' })).close();
  });

  it('rejects what is asked of a closed session', async () => {
    await session.close();
    await expect(session.append(edge('t', 'open'))).rejects.toMatchObject({ code: 'session_closed' });
    await session.close();
  });
}
