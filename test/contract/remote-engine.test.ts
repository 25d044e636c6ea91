import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineSession, GenEvent, Segment, VisavisError } from '#modules/contracts';
import { RemoteEngine, type RemoteOptions } from '#modules/decoder';
import { readAnswer } from '../../modules/decoder/testing/engine-script.js';
import {
  FakeChatServer,
  type FakeServerOptions,
  type Fault,
} from '../../modules/decoder/testing/fake-chat-server.js';
import { readImageHeader } from '../../modules/media/core/image-header.js';

// What the engine that others run does beyond what every engine does. Real: HTTP over loopback, the encoder of pictures. Made up:
// the servers.

const turn = (id: string, edge: 'open' | 'close', role: 'user' | 'system' = 'user'): Segment => ({
  k: 'turn',
  id,
  role,
  edge,
});
const SIZE = { width: 64, height: 48, quality: 80 };
const frame = (id: string, grey = 90): Segment => ({
  k: 'frame',
  id,
  ptsMs: 0,
  image: { ...SIZE, data: new Uint8Array(SIZE.width * SIZE.height * 3).fill(grey) },
});
const sound = (id: string, seconds = 1): Segment => ({
  k: 'audio',
  id,
  ptsMs: 0,
  pcm: Float32Array.from({ length: seconds * 16_000 }, (_, at) => Math.sin(at * 0.1) * 0.1),
  final: true,
});
const text = (id: string, words = 'what color is the star'): Segment => ({ k: 'text', id, text: words });

async function put(session: EngineSession, ...segments: readonly Segment[]): Promise<void> {
  for (const segment of segments) await session.append(segment);
}
const ask = (session: EngineSession, id: string): Promise<void> =>
  put(session, turn(id, 'open'), text(`${id} text`), turn(id, 'close'));

async function until(what: () => boolean): Promise<void> {
  for (let waited = 0; waited < 5000; waited += 5) {
    if (what()) return;
    await sleep(5);
  }
  throw new Error(`it never came to ${String(what)}`);
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: VisavisError) => error.code,
  );

describe('RemoteEngine', () => {
  const open: { engines: RemoteEngine[]; servers: FakeChatServer[] } = { engines: [], servers: [] };
  afterEach(async () => {
    for (const engine of open.engines.splice(0)) await engine.close({ drainMs: 0 });
    for (const server of open.servers.splice(0)) await server.kill();
  });

  const serve = async (options: FakeServerOptions = {}): Promise<FakeChatServer> => {
    const server = await FakeChatServer.start(options);
    open.servers.push(server);
    return server;
  };
  const load = async (
    servers: readonly FakeChatServer[],
    options: Partial<RemoteOptions> = {},
  ): Promise<RemoteEngine> => {
    const urls = servers.map(({ url }) => url);
    const engine = new RemoteEngine({ urls, image: SIZE, ...options });
    open.engines.push(engine);
    await engine.load();
    return engine;
  };
  const start = async (options: FakeServerOptions = {}, settings: Partial<RemoteOptions> = {}) => {
    const server = await serve(options);
    const engine = await load([server], settings);
    return { server, engine, session: await engine.open({ system: 'Be kind.', tenant: 't' }) };
  };

  describe('what it sends', () => {
    it('grows at its end alone, byte for byte', async () => {
      const { server, session } = await start({}, { warm: false });
      await put(session, turn('a', 'open'), frame('f1'), frame('f2', 20), sound('s1'), turn('a', 'close'));
      await session.accept((await readAnswer(session.generate({ maxTokens: 8 }))).genId);
      await put(session, turn('b', 'open'), frame('f3', 30));
      await put(session, text('t'), turn('b', 'close'));
      await session.accept((await readAnswer(session.generate({ maxTokens: 8 }))).genId);
      await ask(session, 'c');
      await readAnswer(session.generate({ maxTokens: 8 }));
      const texts = server.answers.map((request) => request.text);
      expect(texts).toHaveLength(3);
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
      const { server, engine, session } = await start({}, { warm: false });
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
      const { server, engine, session } = await start({}, { warm: false });
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
      const { server, engine, session } = await start(
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
        const { server, session } = await start({ dropsSystemAmid });
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
      const { server, engine, session } = await start();
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
      const server = await serve();
      const engine = await load([server]);
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
      const { server, session } = await start();
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
      const { server, engine, session } = await start(
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
      const { engine, session } = await start({}, { warm: false });
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

  describe('an answer', () => {
    it('that is aborted frees the server', async () => {
      const { server, session } = await start({ fault: () => null });
      server.options = { ...server.options, fault: () => ({ k: 'slow', ms: 50 }) };
      await put(session, turn('a', 'open'));
      const mark = session.mark();
      await put(session, sound('s'), turn('a', 'close'));
      const events = session.generate({ maxTokens: 8, speculative: true });
      await events.next();
      await until(() => server.answers.length === 1);
      await session.rollback(mark);
      await until(() => server.answers[0]!.aborted);
      const rest = await readAnswer(events);
      expect(rest.end?.reason).toBe('aborted');
    });

    it('is begun ahead as often as the budget has it', async () => {
      const { session } = await start({}, { speculationsPerMinute: 2 });
      await ask(session, 'a');
      const ahead = () => codeOf(readAnswer(session.generate({ maxTokens: 2, speculative: true })));
      expect([await ahead(), await ahead(), await ahead()]).toEqual(['done', 'done', 'shed']);
      expect(await codeOf(readAnswer(session.generate({ maxTokens: 2 })))).toBe('done');
    });

    it('waits for its reader, and so does the server', async () => {
      const { server, session } = await start();
      server.options = { ...server.options, fault: () => ({ k: 'flood' }) };
      await ask(session, 'a');
      const events = session.generate({ maxTokens: 4096 });
      await events.next();
      await sleep(500);
      const before = process.memoryUsage().heapUsed;
      await sleep(500);
      expect(process.memoryUsage().heapUsed - before).toBeLessThan(32 << 20);
      await events.return(undefined);
      await until(() => server.answers[0]!.aborted);
    });

    it('calls tools, and reads what came of them where its format wants it', async () => {
      const { server, session } = await start({
        script: () => ['I look. ', { call: { name: 'look_up', arguments: ['{"a"', ':1}'] } }],
      });
      await ask(session, 'a');
      const tools = [{ name: 'look_up', parameters: { type: 'object' } }];
      const events: GenEvent[] = [];
      for await (const event of session.generate({ maxTokens: 8, tools })) events.push(event);
      expect(events.map(({ t }) => t)).toEqual(['start', 'token', 'call', 'arguments', 'arguments', 'end']);
      const call = events.find((event) => event.t === 'call')!;
      await session.accept(events[0]?.t === 'start' ? events[0].genId : '');
      await ask(session, 'b');
      await readAnswer(session.generate({ maxTokens: 8 }));
      const roles = () => server.answers.at(-1)!.body.messages.map(({ role, content }) => [role, content]);
      expect(roles().slice(-2)).toMatchObject([
        ['tool', '(no result yet)'],
        ['user', [{ type: 'text' }]],
      ]);
      await put(session, { k: 'result', id: 'r', callId: call.callId, output: 'rain' });
      await readAnswer(session.generate({ maxTokens: 8 }));
      expect(roles().slice(-2)).toMatchObject([
        ['tool', 'rain'],
        ['user', [{ type: 'text' }]],
      ]);
    });
  });

  describe('a server that fails', () => {
    const timeouts = { firstTokenMs: 600, idleMs: 300, retryMs: 800, probeMs: 300 };

    it.each([
      [{ k: 'status', status: 500 }, 'engine_restarting'],
      [{ k: 'status', status: 503 }, 'capacity'],
      [{ k: 'status', status: 429, retryAfter: '0' }, 'capacity'],
      [{ k: 'status', status: 400, body: 'no such thing' }, 'engine_failed'],
      [{ k: 'status', status: 400, body: 'maximum context length is 9' }, 'context_full'],
      [{ k: 'hang' }, 'engine_restarting'],
      [{ k: 'reset' }, 'engine_restarting'],
      [{ k: 'half', after: 2 }, 'engine_restarting'],
      [{ k: 'slow', ms: 5000 }, 'engine_restarting'],
      [{ k: 'garbage' }, 'engine_failed'],
      [{ k: 'endless_line' }, 'engine_failed'],
      [{ k: 'flood' }, 'done'],
      [{ k: 'lying' }, 'done'],
      [{ k: 'no_end' }, 'done'],
    ] satisfies [Fault, string][])('by %o leads to %s, and harms no other session', async (fault, code) => {
      const { server, engine, session } = await start({}, { timeouts });
      const other = await engine.open({ system: '', tenant: 'other' });
      await ask(session, 'a');
      await ask(other, 'b');
      server.options = {
        ...server.options,
        fault: ({ text: sent }) => (sent.includes('Be kind.') ? fault : null),
      };
      const startedAtMs = performance.now();
      const failing = codeOf(readAnswer(session.generate({ maxTokens: 8 })));
      const beside = await readAnswer(other.generate({ maxTokens: 8 }));
      expect(beside.text).toBe('One two three.');
      expect(await failing).toBe(code);
      expect(performance.now() - startedAtMs).toBeLessThan(5000);
      server.options = { ...server.options, fault: () => null };
      await until(() => engine.stats.workersUp === 1);
      expect((await readAnswer(session.generate({ maxTokens: 8 }))).text).toBe('One two three.');
    });

    it('for a moment is asked again', async () => {
      const { server, engine, session } = await start({}, { timeouts });
      server.options = {
        ...server.options,
        fault: (_, index) => (index < 2 ? { k: 'status', status: 503 } : null),
      };
      await ask(session, 'a');
      expect((await readAnswer(session.generate({ maxTokens: 8 }))).text).toBe('One two three.');
      expect(engine.stats).toMatchObject({ retries: 2, sessionsRebuilt: 1 });
    });

    it('in the middle of an answer leaves what was told, and the session goes on elsewhere', async () => {
      const servers = [await serve(), await serve()] as const;
      const engine = await load(servers, { timeouts });
      const session = await engine.open({ system: 'Be kind.', tenant: 't' });
      await put(session, turn('a', 'open'), frame('f'), text('t'), turn('a', 'close'));
      const [home, away] = servers;
      home.options = { ...home.options, fault: () => ({ k: 'half', after: 2 }) };
      let genId = '';
      const told: string[] = [];
      const answer = (async () => {
        for await (const event of session.generate({ maxTokens: 8 })) {
          if (event.t === 'start') genId = event.genId;
          if (event.t === 'token') told.push(event.text);
        }
      })();
      expect(await codeOf(answer)).toBe('engine_restarting');
      expect(told).toEqual(['One', ' two']);
      await session.accept(genId);
      await home.kill();
      await ask(session, 'b');
      expect((await readAnswer(session.generate({ maxTokens: 8 }))).text).toBe('One two three.');
      const messages = away.answers.at(-1)!.body.messages;
      expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
      expect(messages[2]!.content).toBe('One two');
      await until(() => engine.stats.workersUp === 1);
      expect(engine.stats).toMatchObject({ workers: 2, lost: { died: 1, stuck: 0 }, sessionsRebuilt: 1 });
    });

    it('is given up where there is no other, and comes back', async () => {
      const { server, engine, session } = await start({}, { timeouts });
      const { port } = server;
      await ask(session, 'a');
      await server.kill();
      expect(await codeOf(readAnswer(session.generate({ maxTokens: 8 })))).toBe('engine_restarting');
      expect(await codeOf(engine.open({ system: '', tenant: 'u' }))).toBe('engine_restarting');
      await serve({ port });
      await until(() => engine.stats.workersUp === 1);
      expect((await readAnswer(session.generate({ maxTokens: 8 }))).text).toBe('One two three.');
    });
  });

  describe('at the start', () => {
    it('tells what the model can do, and measures what things cost', async () => {
      const { engine } = await start({ vision: false, tools: false });
      expect(engine.caps).toMatchObject({
        vision: false,
        audio: true,
        tools: false,
        audioTokensPerSecond: 16,
      });
      const other = await start({ audio: false });
      expect(other.engine.caps).toMatchObject({
        vision: true,
        audio: false,
        transcripts: false,
        tokensPerFrame: 36,
      });
    });

    it('refuses pictures and sounds that the model does not take', async () => {
      const { session } = await start({ vision: false, audio: false });
      await put(session, turn('a', 'open'));
      expect(await codeOf(session.append(frame('f')))).toBe('bad_image');
      expect(await codeOf(session.append(sound('s')))).toBe('bad_audio');
    });

    it('has an ear write down what the model does not hear', async () => {
      const heard: number[] = [];
      const ear = {
        name: 'ear',
        languages: ['en'],
        transcribe: async (pcm: Float32Array) => {
          heard.push(pcm.length);
          return ' good morning ';
        },
      };
      const { server, engine, session } = await start({ audio: false }, { ear: async () => ear });
      expect(engine.caps).toMatchObject({ audio: false, transcripts: true, languages: ['en'] });
      await put(session, turn('a', 'open'), sound('s', 2), turn('a', 'close'));
      await readAnswer(session.generate({ maxTokens: 8 }));
      expect(heard).toEqual([32_000]);
      const last = server.answers.at(-1)!.body.messages.at(-1);
      expect(last?.content).toEqual([{ type: 'text', text: 'good morning' }]);
    });

    it('has a server write down what was said, beside the conversation', async () => {
      const server = await serve({ transcript: 'good morning' });
      const engine = await load([server], { transcriptions: { url: server.url, model: 'whisper' } });
      const words = engine.caps.writeDown!['en']!;
      const session = await engine.open({ system: '', tenant: 't' });
      await put(session, turn('a', 'open'), sound('s'), turn('a', 'close'));
      const segments = [
        turn('x', 'open'),
        { k: 'known', id: 's' } as const,
        text('w', words),
        turn('x', 'close'),
      ];
      const answer = await readAnswer(session.aside({ segments, maxTokens: 64, idle: true }));
      expect([answer.text, answer.end?.reason]).toEqual(['good morning', 'stop']);
      // The model hears it all the same.
      await readAnswer(session.generate({ maxTokens: 8 }));
      expect(server.answers.at(-1)!.text).toContain('"type":"input_audio"');
    });

    it.each([
      ['nobody is there', {}, { urls: ['http://127.0.0.1:9'] }, ['engine_failed', /127\.0\.0\.1:9/]],
      ['the key is wrong', { key: 'right' }, { key: 'secret-wrong' }, ['engine_failed', /answers 401/]],
      ['the model is not there', {}, { model: 'gpt' }, ['engine_failed', /no model gpt; it lists fake/]],
    ] as const)('says where %s', async (_, options, settings, [code, message]) => {
      const server = await serve(options);
      const engine = new RemoteEngine({ urls: [server.url], image: SIZE, ...settings });
      const error: VisavisError = await engine.load().then(
        () => {
          throw new Error('it was loaded');
        },
        (why: VisavisError) => why,
      );
      expect(error.code).toBe(code);
      expect(error.message).toMatch(message);
      expect(error.message).not.toContain('secret');
      await engine.close({ drainMs: 0 });
    });

    it('goes on with the servers that are there', async () => {
      const server = await serve();
      const engine = new RemoteEngine({ urls: ['http://127.0.0.1:9', server.url], image: SIZE });
      open.engines.push(engine);
      await engine.load();
      expect(engine.stats).toMatchObject({ workers: 2, workersUp: 1 });
      await (await engine.open({ system: '', tenant: 't' })).close();
    });
  });
});
