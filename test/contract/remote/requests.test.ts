import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineSession, Segment } from '#modules/contracts';
import { readAnswer } from '../../../modules/decoder/testing/engine-script.js';
import type { FakeChatServer } from '../../../modules/decoder/testing/remote/fake-chat-server.js';
import { readImageHeader } from '../../../modules/media/core/image-header.js';
import { RemoteRig, SIZE, ask, codeOf, frame, put, sound, text, turn, until } from './rig.js';

const rig = new RemoteRig();
afterEach(() => rig.end());

/** The same, of a screen. */
const shared = (segment: Segment): Segment =>
  segment.k === 'frame' ? { ...segment, source: 'screen' } : segment;

describe('what it sends', () => {
  it('grows at its end alone, byte for byte', async () => {
    const { server, session } = await rig.start({}, { warm: false });
    await put(session, turn('a', 'open'), frame('f1'), shared(frame('f2', 20)), sound('s1'));
    await put(session, turn('a', 'close'));
    await session.accept((await readAnswer(session.generate({ maxTokens: 8 }))).genId);
    await put(session, turn('b', 'open'), shared(frame('f3', 30)));
    await put(session, text('t'), turn('b', 'close'));
    await session.accept((await readAnswer(session.generate({ maxTokens: 8 }))).genId);
    await ask(session, 'c');
    await readAnswer(session.generate({ maxTokens: 8 }));
    const texts = server.answers.map((request) => request.text);
    expect(texts).toHaveLength(3);
    expect(texts.at(-1)?.match(/On the shared screen:/g)).toHaveLength(2);
    for (const [index, later] of texts.slice(1).entries()) {
      const earlier = texts[index]!;
      const prefix = earlier.slice(0, earlier.indexOf(']}],"stream"'));
      expect(prefix.length).toBeGreaterThan(1000);
      const hash = (all: string) => createHash('sha256').update(all).digest('hex');
      expect(hash(later.slice(0, prefix.length))).toBe(hash(prefix));
    }
    const roles = server.answers.at(-1)!.body.messages.map(({ role }) => role);
    expect(roles).toEqual(['system', 'user', 'assistant', 'user', 'assistant', 'user']);
  });

  it('has smaller pictures where the camera is given less, and no larger ones', async () => {
    const { server, engine, session } = await rig.start({}, { warm: false });
    expect(engine.caps.smallerFrames).toBe(true);
    const sized = (id: string, width: number, height: number): Segment => {
      const data = new Uint8Array(width * height * 3).fill(90);
      return { k: 'frame', id, ptsMs: 0, image: { width, height, data } };
    };
    const sizes = [SIZE, { width: SIZE.width / 2, height: SIZE.height / 2 }, SIZE];
    const frames = sizes.map(({ width, height }, at) => sized(`f${at}`, width, height));
    await put(session, turn('a', 'open'), ...frames);
    expect(await codeOf(session.append(sized('large', SIZE.width + 2, SIZE.height)))).toBe('bad_image');
    await put(session, text('t'), turn('a', 'close'));
    await readAnswer(session.generate({ maxTokens: 8 }));
    const sent = [...server.answers.at(-1)!.text.matchAll(/"data:image\/jpeg;base64,([^"]+)"/g)];
    const told = sent.map(([, data = '']) => readImageHeader(Buffer.from(data, 'base64')));
    expect(told).toMatchObject(sizes.map(({ width, height }) => ({ width, height })));
  });

  it('is the same for the same log, whatever was undone on the way', async () => {
    const { server, engine, session } = await rig.start({}, { warm: false });
    await put(session, turn('a', 'open'), frame('f'));
    const mark = session.mark();
    await put(session, sound('s'), turn('a', 'close'));
    await readAnswer(session.generate({ maxTokens: 8, speculative: true }));
    await session.rollback(mark);
    await put(session, text('t'), turn('a', 'close'));
    await readAnswer(session.generate({ maxTokens: 8 }));
    const other = await engine.open({ system: 'Be kind.', tenant: 't' });
    await put(other, turn('a', 'open'), frame('f'), text('t'), turn('a', 'close'));
    await readAnswer(other.generate({ maxTokens: 8 }));
    const plain = server.answers.map((request) => request.text.replace(/"uuid":"[^"]*"/g, ''));
    expect(plain.at(-1)).toBe(plain.at(-2));
  });

  it.each([
    ['vllm', 'vllm', { cache_salt: expect.stringMatching(/:t$/), max_completion_tokens: 8 }],
    ['sglang', 'sglang', { cache_salt: expect.stringMatching(/:t$/), max_completion_tokens: 8 }],
    ['llamacpp', 'llama', { cache_prompt: true, id_slot: 0, max_tokens: 8 }],
    ['somebody', 'openai', { max_tokens: 8 }],
  ] as const)('is in the way of %s', async (owner, flavour, fields) => {
    const { server, engine, session } = await rig.start(
      { owner, key: 'k' },
      { key: 'k', sessionHeader: 'x-call' },
    );
    await put(session, turn('a', 'open'), frame('f'), sound('s'), turn('a', 'close'));
    await readAnswer(session.generate({ maxTokens: 8 }));
    const [{ body, headers }] = server.answers as [FakeChatServer['answers'][number]];
    expect(body).toMatchObject(fields);
    expect(headers['x-call']).toMatch(/^[0-9a-f]{12}-1$/);
    const parts = body.messages.at(-1)!.content as { type: string; uuid?: string }[];
    expect(parts.map(({ type }) => type)).toEqual(['image_url', 'input_audio']);
    expect(parts.every(({ uuid }) => (uuid !== undefined) === (flavour === 'vllm'))).toBe(true);
    expect(engine.caps).toMatchObject({ kind: 'remote-prefix', rollback: 'replay', modelId: 'fake' });
    expect(engine.caps.maxContextTokens).toBe(owner === 'somebody' ? 8192 : 4096);
  });

  it('has new instructions where the model takes them, and else at the head', async () => {
    for (const dropsSystemAmid of [false, true]) {
      const { server, session } = await rig.start({ dropsSystemAmid });
      await ask(session, 'a');
      await session.accept((await readAnswer(session.generate({ maxTokens: 8 }))).genId);
      await put(
        session,
        turn('i', 'open', 'system'),
        text('i text', 'Be short.'),
        turn('i', 'close', 'system'),
      );
      await ask(session, 'b');
      await readAnswer(session.generate({ maxTokens: 8 }));
      const messages = server.answers.at(-1)!.body.messages.filter(({ role }) => role === 'system');
      const contents = messages.map(({ content }) => content);
      expect(contents).toEqual(dropsSystemAmid ? ['Be kind.\n\nBe short.'] : ['Be kind.', 'Be short.']);
    }
  });
});

describe('frames sent ahead', () => {
  it('are warm at the question', async () => {
    const { server, engine, session } = await rig.start();
    await put(session, turn('a', 'open'));
    for (let at = 0; at < 12; at++) {
      await session.append(frame(`f${at}`, at), { priority: 'background' });
      await until(() => server.warmings.length > at && server.warmings[at]!.done);
    }
    await put(session, sound('s'), turn('a', 'close'));
    const { end } = await readAnswer(session.generate({ maxTokens: 8 }));
    const { prompt = 0, cached = 0 } = end?.usage ?? {};
    expect(cached / prompt).toBeGreaterThan(0.9);
    expect(engine.stats.warm).toMatchObject({ requests: 12, helps: true });
    expect(engine.caps.maxContextTokens).toBe(4096);
  });

  it('go one request at a time, the newest in the next; the question ends them', async () => {
    const server = await rig.serve();
    const engine = await rig.load([server]);
    server.options = { ...server.options, fault: (_, index) => (index < 0 ? { k: 'hang' } : null) };
    const session = await engine.open({ system: '', tenant: 't' });
    await put(session, turn('a', 'open'), frame('f1', 1), frame('f2', 2), frame('f3', 3));
    await until(() => server.warmings.length === 1);
    await sleep(50);
    expect(server.warmings).toHaveLength(1);
    await put(session, text('t'), turn('a', 'close'));
    expect((await readAnswer(session.generate({ maxTokens: 8 }))).text).toBe('One two three.');
    await until(() => server.warmings[0]!.aborted);
    expect(engine.stats.warm).toMatchObject({ aborted: 1 });
    server.options = { ...server.options, fault: () => null };
    await put(session, turn('b', 'open'), frame('f4', 4));
    await until(() => server.warmings.length === 2);
    expect(server.warmings[1]!.text.match(/"type":"image_url"/g)).toHaveLength(4);
  });

  it('are no more than were taken in', async () => {
    const { server, session } = await rig.start();
    await put(session, turn('a', 'open'));
    const many = Array.from({ length: 8 }, (_, at) =>
      codeOf(session.append(frame(`f${at}`, at), { priority: 'background' })),
    );
    const outcomes = await Promise.all(many);
    expect(outcomes).toContain('shed');
    const taken = outcomes.filter((outcome) => outcome === 'done').length;
    const pictures = () => (server.warmings.at(-1)?.text.match(/image_url":/g) ?? []).length;
    await until(() => pictures() === taken && server.warmings.at(-1)!.done);
    await sleep(50);
    expect(pictures()).toBe(taken);
  });

  it('stop where the server finds nothing again, and that is told', async () => {
    const lines: string[] = [];
    const { server, engine, session } = await rig.start(
      { forgets: true },
      { log: (_, line) => void lines.push(line) },
    );
    await put(session, turn('a', 'open'));
    for (let at = 0; at < 20; at++) {
      await session.append(frame(`f${at}`, at));
      await sleep(15);
    }
    expect(server.warmings.length).toBeLessThan(12);
    expect(engine.stats.warm.helps).toBe(false);
    expect(lines.join('\n')).toMatch(/finds little of what it was sent again/);
  });

  it('are not shared between tenants', async () => {
    const { engine, session } = await rig.start({}, { warm: false });
    const cached = async (of: EngineSession): Promise<number> => {
      await put(of, turn('a', 'open'), text('t'), turn('a', 'close'));
      const { end } = await readAnswer(of.generate({ maxTokens: 8 }));
      await of.close();
      return end?.usage.cached ?? -1;
    };
    await cached(session);
    expect(await cached(await engine.open({ system: 'Be kind.', tenant: 'u' }))).toBe(0);
    expect(await cached(await engine.open({ system: 'Be kind.', tenant: 't' }))).toBeGreaterThan(0);
  });
});
