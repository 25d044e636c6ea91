import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { connectNode, type NodeCall } from '@vis-a-vis/client/node';
import type { ServerEvent, ServerEventType } from '@vis-a-vis/protocol';
import {
  FakeChatServer,
  type FakeServerOptions,
} from '../../modules/decoder/testing/remote/fake-chat-server.js';
import { CALL_FOLDER, readCallScript, type CallScript } from '../../tools/support/call-script.js';
import { Gateway, launchGateway, runGateway } from './support/gateway.js';

jest.setTimeout(120_000);

// Real: the built gateway, WebRTC, camera and microphone. Made up: the inference servers (fake-chat-server.ts).

const TOOLS = [{ type: 'function' as const, name: 'look_up', parameters: { type: 'object' } }];

/** Nothing takes this long (ms). */
const LONGEST_MS = 20_000;

/** Waits for what a fake server sees. */
async function until(what: () => boolean): Promise<void> {
  for (let waited = 0; waited < LONGEST_MS; waited += 10) {
    if (what()) return;
    await sleep(10);
  }
  throw new Error(`it never came to ${String(what)}`);
}

/** One call, and all that it was told. */
class Listening {
  readonly events: ServerEvent[] = [];

  constructor(readonly call: NodeCall) {
    call.on('event', (event) => void this.events.push(event));
  }

  async next<T extends ServerEventType>(type: T, from = 0): Promise<Extract<ServerEvent, { type: T }>> {
    for (let waited = 0; waited < LONGEST_MS; waited += 10) {
      const found = this.events.slice(from).find((event) => event.type === type);
      if (found) return found as Extract<ServerEvent, { type: T }>;
      await sleep(10);
    }
    throw new Error(`no ${type} in ${this.events.map((event) => event.type).join(', ')}`);
  }

  /** Types a question. @returns how it was answered */
  async ask(text: string) {
    const { length } = this.events;
    const content = [{ type: 'input_text' as const, text }];
    this.call.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
    this.call.send({ type: 'response.create' });
    return (await this.next('response.done', length)).response;
  }

  async speak(clip: CallScript['questions'][number]['clip']) {
    const { length } = this.events;
    await this.call.speak(clip);
    return (await this.next('response.done', length)).response;
  }
}

const remote = (...servers: FakeChatServer[]) => ({
  VISAVIS_ENGINE: 'remote',
  VISAVIS_ENGINE_URL: servers.map(({ url }) => url).join(','),
});

/** A gateway before fake servers, and a call: closed again whatever happens. */
async function withCall(
  options: FakeServerOptions,
  work: (heard: Listening, server: FakeChatServer, gateway: Gateway) => Promise<void>,
  settings: Record<string, string> = {},
): Promise<void> {
  const script = await readCallScript(CALL_FOLDER);
  const server = await FakeChatServer.start(options);
  let gateway: Gateway | null = null;
  try {
    gateway = await Gateway.start({ ...remote(server), ...settings });
    const call = await connectNode({ url: gateway.url, video: script.video, session: { tools: TOOLS } });
    await work(new Listening(call), server, gateway);
    await call.close();
  } finally {
    await gateway?.stop();
    await server.kill();
  }
}

describe('a gateway whose engine others run', () => {
  let script: CallScript;
  beforeAll(async () => {
    script = await readCallScript(CALL_FOLDER);
  });

  it('checks its settings and its key, and asks nobody', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'visavis-'));
    const settings = { VISAVIS_ENGINE: 'remote', VISAVIS_ENGINE_URL: 'http://127.0.0.1:9/v1' };
    const good = await runGateway(['--check-config'], settings);
    expect([good.code, good.stdout]).toEqual([0, 'configuration ok: engine http://127.0.0.1:9/v1, port 0\n']);
    const file = join(folder, 'key');
    await writeFile(file, 'two lines\nof key\n');
    const bad = await runGateway(['--check-config'], { ...settings, VISAVIS_ENGINE_KEY_FILE: file });
    expect(bad.code).toBe(1);
    expect(bad.stderr).toMatch(/^bad_config: VISAVIS_ENGINE_KEY_FILE: .*\n$/);
    expect(bad.stderr).not.toContain('of key');
    await rm(folder, { recursive: true });
  });

  it('tries its servers with --check-network', async () => {
    const server = await FakeChatServer.start();
    try {
      const { code, stdout } = await runGateway(['--check-network'], {
        ...remote(server),
        VISAVIS_ENGINE_TRANSCRIBE_URL: 'http://127.0.0.1:9',
      });
      expect(code).toBe(1);
      expect(stdout).toMatch(/^ok {6}http:\/\/127\.0\.0\.1:\d+ serves fake \(vllm\)$/m);
      expect(stdout).toMatch(/^fail {4}http:\/\/127\.0\.0\.1:9: .*ECONNREFUSED/m);
      expect(server.requests).toEqual([]);
    } finally {
      await server.kill();
    }
  });

  it('says in one line that no server can be reached', async () => {
    const settings = { VISAVIS_ENGINE: 'remote', VISAVIS_ENGINE_URL: 'http://127.0.0.1:9/v1' };
    const { code, stderr } = await runGateway([], settings);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^engine_failed: no inference server can be used: http:\/\/127\.0\.0\.1:9: .*\n$/);
  });

  it('stops when it is asked to, also while it waits for what a server can do', async () => {
    const server = await FakeChatServer.start({ fault: () => ({ k: 'hang' }) });
    try {
      const { ended, terminate } = launchGateway(remote(server));
      await until(() => server.requests.length > 0);
      terminate();
      const { code, stdout, stderr } = await ended;
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toContain('"msg":"stopped"');
    } finally {
      await server.kill();
    }
  });

  it('says in its log what the server can do', async () => {
    const server = await FakeChatServer.start();
    try {
      const { stdout } = await (await Gateway.start(remote(server))).stop();
      const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
      const said = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
      expect(said).toContainEqual(
        expect.stringMatching(/^fake by vllm at \S+, 1 of 1 server\(s\) up, .*tools: yes$/),
      );
      expect(said.at(-1)).toBe('stopped');
    } finally {
      await server.kill();
    }
  });

  it('sends frames ahead, answers what is said and typed, and tells what was cached', async () => {
    await withCall({}, async (heard, server, gateway) => {
      heard.call.update({});
      const { session } = await heard.next('session.updated');
      expect(session.model).toBe('fake');
      expect(session.visavis.caps).toMatchObject({
        tools: true,
        instructions: true,
        vision: true,
        audio: true,
        speech: 'heard',
        context_tokens: 4096,
      });
      await until(() => server.warmings.some(({ done }) => done));
      const spoken = await heard.speak(script.questions[0]!.clip);
      expect(spoken.output).toMatchObject([{ type: 'message', content: [{ text: 'One two three.' }] }]);
      const details = spoken.usage?.input_token_details;
      expect(details?.cached_tokens).toBeGreaterThan(0);
      expect(details?.cached_tokens).toBeLessThanOrEqual(spoken.usage?.input_tokens ?? 0);
      const parts = server.answers.at(-1)!.body.messages.at(-1)!.content;
      const kinds = Array.isArray(parts) ? parts.map(({ type }) => type) : [];
      expect(kinds.filter((kind) => kind === 'input_audio')).toHaveLength(1);
      expect(kinds.indexOf('image_url')).toBeGreaterThanOrEqual(0);
      const typed = await heard.ask('and what else');
      expect(typed.status).toBe('completed');
      const metrics = await gateway.metrics();
      expect(metrics).toMatch(/visavis_engine_workers_up 1/);
      const of = (name: string) =>
        Number(new RegExp(`^visavis_remote_${name} (\\d+)$`, 'm').exec(metrics)?.[1]);
      expect(of('requests_total{kind="warm"}')).toBeGreaterThan(0);
      expect(of('cached_tokens_total{kind="answer"}')).toBeGreaterThan(0);
      const host = `replica="http://127.0.0.1:${server.port}"`;
      expect([of(`replica_up{${host}}`), of(`warming{${host}}`), of('failovers_total')]).toEqual([1, 1, 0]);
      const health = (await (await fetch(`${gateway.url}health`)).json()) as { status: string };
      expect(health.status).toBe('ready');
    });
  });

  it('answers what is asked after an answer that filled the context', async () => {
    const endless = Array.from({ length: 4096 }, () => 'word ');
    await withCall({ contextTokens: 600, script: () => endless }, async (heard, server) => {
      const questions = ['first', 'second', 'third '.repeat(60).trim()];
      for (const question of questions) {
        const response = await heard.ask(question);
        expect([response.status, response.status_details?.reason]).toEqual([
          'incomplete',
          'max_output_tokens',
        ]);
        expect(server.answers.at(-1)!.text).toContain(question);
      }
      expect(server.answers.at(-1)!.text).not.toContain('first');
      expect(heard.events.filter(({ type }) => type === 'error')).toEqual([]);
    });
  });

  it('ends a response whose call has arguments without end, and the conversation goes on', async () => {
    await withCall({}, async (heard, server) => {
      server.options = { ...server.options, fault: () => ({ k: 'endless_call' }) };
      const response = await heard.ask('what is the weather');
      expect([response.status, response.status_details?.reason]).toEqual(['incomplete', 'max_output_tokens']);
      await until(() => server.answers[0]!.aborted);
      server.options = { ...server.options, fault: () => null };
      expect((await heard.ask('and now')).status).toBe('completed');
      expect(heard.events.filter(({ type }) => type === 'error')).toEqual([]);
    });
  });

  it('has its client do what the model calls, and the model read what came of it', async () => {
    const said = (messages: readonly { role: string; content: unknown }[]) => {
      const result = messages.findLast(({ role }) => role === 'tool');
      return result
        ? [`It says ${String(result.content)}`]
        : ['Let me see. ', { call: { name: 'look_up', arguments: ['{"city":', '"Ghent"}'] } }];
    };
    await withCall(
      { script: ({ messages, stream }) => (stream ? said(messages) : []) },
      async (heard, server) => {
        const first = await heard.ask('what about Ghent');
        const call = first.output.find((item) => item.type === 'function_call');
        expect(call).toMatchObject({ name: 'look_up', arguments: '{"city":"Ghent"}', status: 'completed' });
        const deltas = heard.events.filter(({ type }) => type === 'response.function_call_arguments.delta');
        expect(deltas.length).toBeGreaterThan(1);
        const { length } = heard.events;
        const call_id = call?.type === 'function_call' ? call.call_id : '';
        const item = { type: 'function_call_output' as const, call_id, output: 'rain' };
        heard.call.send({ type: 'conversation.item.create', item });
        heard.call.send({ type: 'response.create' });
        const { response } = await heard.next('response.done', length);
        expect(response.output).toMatchObject([{ type: 'message', content: [{ text: 'It says rain' }] }]);
        const asked = server.answers.at(-1)!.body;
        expect(asked.tools?.map((tool) => tool.function.name)).toEqual(['look_up']);
        const roles = asked.messages.map(({ role }) => role);
        // Of the camera there may be more behind it.
        expect(roles.slice(roles.indexOf('tool') - 1, roles.indexOf('tool') + 1)).toEqual([
          'assistant',
          'tool',
        ]);
      },
    );
  });

  it('sends no pictures to a model that sees nothing, and has what is said written down for one that hears nothing', async () => {
    await withCall({ vision: false, audio: false }, async (heard, server) => {
      heard.call.update({});
      const { session } = await heard.next('session.updated');
      expect(session.visavis.caps).toMatchObject({ vision: false, audio: false, speech: 'written_down' });
      const spoken = await heard.speak(script.questions[0]!.clip);
      expect(spoken.status).toBe('completed');
      const parts = server.answers.flatMap(({ body }) =>
        body.messages.flatMap(({ content }) => (Array.isArray(content) ? content : [])),
      );
      expect(new Set(parts.map(({ type }) => type))).toEqual(new Set(['text']));
      expect(parts.at(-1)?.text).toMatch(/\w/);
    });
  });

  it('refuses what is said to a model that hears nothing where nobody writes it down', async () => {
    const deaf = { VISAVIS_ENGINE_EAR: 'none' };
    await withCall(
      { audio: false },
      async (heard) => {
        heard.call.update({});
        const { session } = await heard.next('session.updated');
        expect(session.visavis.caps).toMatchObject({ vision: true, audio: false, speech: 'refused' });
        const spoken = await heard.speak(script.questions[0]!.clip);
        expect(spoken).toMatchObject({ status: 'failed', status_details: { error: { code: 'bad_audio' } } });
        expect((await heard.ask('can you read')).status).toBe('completed');
      },
      deaf,
    );
  });

  it('keeps every call when one of two servers is killed in the middle of answers', async () => {
    const slow = {
      script: () => Array.from({ length: 40 }, (_, at) => ` ${at}`),
      fault: () => ({ k: 'slow', ms: 25 }) as const,
    };
    const servers = [await FakeChatServer.start(slow), await FakeChatServer.start(slow)] as const;
    let gateway: Gateway | null = null;
    try {
      const { url } = (gateway = await Gateway.start(remote(...servers)));
      const calls = await Promise.all(Array.from({ length: 4 }, () => connectNode({ url })));
      const heard = calls.map((call) => new Listening(call));
      let closed = 0;
      for (const call of calls) call.on('closed', () => (closed += 1));
      const timed = async (one: Listening) => {
        const startedAtMs = performance.now();
        const response = await one.ask('count');
        return { response, ms: performance.now() - startedAtMs };
      };
      const turns = heard.map(timed);
      await until(() => servers.every(({ answers }) => answers.length >= 2));
      await sleep(200);
      await servers[0].kill();
      const ended = await Promise.all(turns);
      // An answer, or an error with a code: in time.
      const outcomes = ended.map(({ response, ms }) => ({
        inTime: ms < 10_000,
        how: response.status === 'failed' ? response.status_details?.error?.code : response.status,
      }));
      expect(outcomes.toSorted((a, b) => String(a.how).localeCompare(String(b.how)))).toEqual([
        { inTime: true, how: 'completed' },
        { inTime: true, how: 'completed' },
        { inTime: true, how: 'engine_restarting' },
        { inTime: true, how: 'engine_restarting' },
      ]);
      const next = await Promise.all(heard.map(timed));
      expect(next.map(({ response }) => response.status)).toEqual(Array(4).fill('completed'));
      expect(closed).toBe(0);
      expect(await gateway.metrics()).toMatch(/visavis_engine_workers_up 1/);
      await Promise.all(calls.map((call) => call.close()));
    } finally {
      await gateway?.stop();
      await Promise.all(servers.map((server) => server.kill()));
    }
  });
});
