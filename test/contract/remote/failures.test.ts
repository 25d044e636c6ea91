import { readAnswer } from '../../../modules/decoder/testing/engine-script.js';
import type { Fault } from '../../../modules/decoder/testing/remote/fake-chat-server.js';
import { RemoteRig, ask, codeOf, frame, put, text, turn, until } from './rig.js';

const rig = new RemoteRig();
afterEach(() => rig.end());

describe('a server that fails', () => {
  // What is answered at all is, on a machine that is busy, by then.
  const timeouts = { silenceMs: 1500, firstTokenMs: 1500, idleMs: 1500, retryMs: 800 };

  it.each([
    [{ k: 'status', status: 500 }, 'engine_restarting'],
    [{ k: 'status', status: 503 }, 'capacity'],
    [{ k: 'status', status: 429, retryAfter: '0' }, 'capacity'],
    [{ k: 'status', status: 400, body: 'no such thing' }, 'engine_failed'],
    [{ k: 'status', status: 400, body: 'maximum context length is 9' }, 'context_full'],
    [{ k: 'hang' }, 'engine_restarting'],
    [{ k: 'reset' }, 'engine_restarting'],
    [{ k: 'half', after: 2 }, 'engine_restarting'],
    [{ k: 'stall', after: 2 }, 'engine_restarting'],
    [{ k: 'slow', ms: 5000 }, 'engine_restarting'],
    [{ k: 'garbage' }, 'engine_failed'],
    [{ k: 'no_stream', type: 'text/html', body: '<html>\n<body>It works!</body>\n</html>' }, 'engine_failed'],
    [{ k: 'no_stream', type: 'application/json', body: '{"choices":[]}' }, 'engine_failed'],
    [{ k: 'endless_line' }, 'engine_failed'],
    [{ k: 'flood' }, 'done'],
    [{ k: 'lying' }, 'done'],
    [{ k: 'no_end' }, 'done'],
  ] satisfies [Fault, string][])('by %o leads to %s, and harms no other session', async (fault, code) => {
    const { server, engine, session } = await rig.start({}, { timeouts });
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
    expect(performance.now() - startedAtMs).toBeLessThan(15_000);
    server.options = { ...server.options, fault: () => null };
    await until(() => engine.stats.workersUp === 1);
    expect((await readAnswer(session.generate({ maxTokens: 8 }))).text).toBe('One two three.');
  });

  it('for a moment is asked again', async () => {
    const { server, engine, session } = await rig.start({}, { timeouts });
    server.options = {
      ...server.options,
      fault: (_, index) => (index < 2 ? { k: 'status', status: 503 } : null),
    };
    await ask(session, 'a');
    expect((await readAnswer(session.generate({ maxTokens: 8 }))).text).toBe('One two three.');
    expect(engine.stats).toMatchObject({ retries: 2, sessionsRebuilt: 1 });
  });

  it('in the middle of an answer leaves what was told, and the session goes on elsewhere', async () => {
    const servers = [await rig.serve(), await rig.serve()] as const;
    const engine = await rig.load(servers, { timeouts });
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

  it('hangs, although it lists its models: its calls are answered elsewhere, and it is left out until its model answers', async () => {
    const servers = [await rig.serve(), await rig.serve()] as const;
    const lines: string[] = [];
    const log = (_: string, line: string) => void lines.push(line);
    const engine = await rig.load(servers, { timeouts: { silenceMs: 400, probeMs: 400 }, log });
    const sessions = await Promise.all([0, 1, 2, 3].map(() => engine.open({ system: '', tenant: 't' })));
    const [home] = servers;
    home.options = { ...home.options, fault: () => ({ k: 'hang' }) };
    for (const turns of ['a', 'b']) {
      await Promise.all(sessions.map((session) => ask(session, turns)));
      const answers = await Promise.all(
        sessions.map((session) => readAnswer(session.generate({ maxTokens: 8 }))),
      );
      expect(answers.map((answer) => answer.text)).toEqual(Array(4).fill('One two three.'));
      expect(engine.stats).toMatchObject({ workers: 2, workersUp: 1, lost: { died: 1 } });
    }
    expect(home.answers).toHaveLength(2);
    expect(lines).toContainEqual(
      expect.stringMatching(
        /is left out for now: .* if it may take longer, set VISAVIS_ENGINE_SILENCE_MS higher$/,
      ),
    );
    expect(engine.stats).toMatchObject({ failovers: 2, retries: 2 });
    expect(engine.stats.failures.get('overdue')).toBe(2);
    expect(engine.stats.replicas.map(({ isUp, sessions: placed }) => [isUp, placed])).toEqual([
      [false, 0],
      [true, 4],
    ]);
    const tried = () => home.requests.filter(({ text: sent }) => sent.includes('Say yes.')).length;
    const before = tried();
    await until(() => tried() > before);
    home.options = { ...home.options, fault: () => null };
    await until(() => engine.stats.workersUp === 2);
  });

  it('comes back although its trial takes long, where servers may be that slow', async () => {
    const slow = { silenceMs: 3000, firstTokenMs: 3000, idleMs: 300, retryMs: 100, probeMs: 400 };
    const { server, engine, session } = await rig.start({}, { timeouts: slow });
    server.options = { ...server.options, fault: () => ({ k: 'stall', after: 1 }) };
    await ask(session, 'a');
    expect(await codeOf(readAnswer(session.generate({ maxTokens: 8 })))).toBe('engine_restarting');
    expect(engine.stats.workersUp).toBe(0);
    server.options = { ...server.options, fault: () => ({ k: 'late', ms: 1000 }) };
    await until(() => engine.stats.workersUp === 1);
  });

  it('is given up where there is no other, and comes back', async () => {
    const { server, engine, session } = await rig.start({}, { timeouts });
    const { port } = server;
    await ask(session, 'a');
    await server.kill();
    expect(await codeOf(readAnswer(session.generate({ maxTokens: 8 })))).toBe('engine_restarting');
    expect(await codeOf(engine.open({ system: '', tenant: 'u' }))).toBe('engine_restarting');
    await rig.serve({ port });
    await until(() => engine.stats.workersUp === 1);
    expect((await readAnswer(session.generate({ maxTokens: 8 }))).text).toBe('One two three.');
  });
});
