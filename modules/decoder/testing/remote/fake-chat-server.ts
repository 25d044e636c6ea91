import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { PrefixCache, tokensOf, type FakeMessage } from './fake-chat-cache.js';
import {
  problemOf,
  type FakeBody,
  type FakeRequest,
  type FakeServerOptions,
  type Fault,
} from './fake-chat-requests.js';
import { deltasOf, event, refuse, send } from './fake-chat-wire.js';

export type { FakeBody, FakeRequest, FakeServerOptions, Fault } from './fake-chat-requests.js';

/**
 * An inference server without a model: OpenAI chat completions with a prefix cache that is counted as the real ones count theirs,
 * for tests. It is on loopback. What it cannot do it refuses as they do.
 */
export class FakeChatServer {
  readonly requests: FakeRequest[] = [];
  options: FakeServerOptions;
  private readonly cache = new PrefixCache();
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private streamed = 0;

  private constructor(options: FakeServerOptions) {
    this.options = options;
    this.server = createServer((request, response) => {
      this.serve(request, response).catch(() => response.destroy());
    });
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  static async start(options: FakeServerOptions = {}): Promise<FakeChatServer> {
    const fake = new FakeChatServer(options);
    fake.server.listen(options.port ?? 0, '127.0.0.1');
    await once(fake.server, 'listening');
    return fake;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/v1`;
  }

  /** Requests for answers, without those that warm and try. */
  get answers(): FakeRequest[] {
    return this.requests.filter(({ body }) => body.stream);
  }

  /** Requests for one token that carry a picture of a session. */
  get warmings(): FakeRequest[] {
    return this.requests.filter(({ body, text }) => !body.stream && !text.includes('Say yes.'));
  }

  /** As if by SIGKILL: every connection is reset, and nobody listens any more. */
  async kill(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.resetAndDestroy();
    await closed;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { key, owner = 'vllm', slots = 2, contextTokens = 4096 } = this.options;
    if (key !== undefined && request.headers.authorization !== `Bearer ${key}`)
      return refuse(response, 401, `wrong key: ${request.headers.authorization}`);
    if (path === '/v1/models') return send(response, this.models());
    if (path === '/props' && owner === 'llamacpp')
      return send(response, { total_slots: slots, default_generation_settings: { n_ctx: contextTokens } });
    if (path === '/v1/audio/transcriptions' && this.options.transcript !== undefined)
      return send(response, { text: this.options.transcript });
    if (path !== '/v1/chat/completions') return refuse(response, 404, 'there is no such thing');
    const text = Buffer.concat(chunks).toString();
    const body = JSON.parse(text) as FakeBody;
    const taken: FakeRequest = {
      path,
      headers: request.headers,
      body,
      text,
      aborted: false,
      done: false,
      prompt: 0,
      cached: 0,
    };
    this.requests.push(taken);
    response.on('close', () => (taken.aborted = !taken.done));
    await this.complete(taken, response);
  }

  private models() {
    const { owner = 'vllm', model = 'fake', contextTokens = 4096 } = this.options;
    const length = owner === 'vllm' || owner === 'sglang' ? { max_model_len: contextTokens } : {};
    return { object: 'list', data: [{ id: model, object: 'model', owned_by: owner, ...length }] };
  }

  private async complete(taken: FakeRequest, response: ServerResponse): Promise<void> {
    const { body } = taken;
    const problem = problemOf(body, this.options);
    if (problem) return refuse(response, 400, problem);
    const tokens = tokensOf(this.seen(body.messages), body.tools);
    const { contextTokens = 4096, granularity = 1 } = this.options;
    if (tokens.length >= contextTokens)
      return refuse(response, 400, `This model's maximum context length is ${contextTokens} tokens.`);
    taken.prompt = tokens.length;
    taken.cached = this.options.forgets ? 0 : this.cache.take(body.cache_salt ?? '', tokens, granularity);
    const index = body.stream ? this.streamed++ : -1;
    const fault = this.options.fault?.(taken, index) ?? null;
    if (fault?.k === 'status') return refuse(response, fault.status, fault.body ?? 'no', fault.retryAfter);
    if (fault?.k === 'hang') return;
    if (fault?.k === 'late') await new Promise((resolve) => setTimeout(resolve, fault.ms));
    if (fault?.k === 'reset') return void response.destroy();
    if (!body.stream) {
      send(response, {
        choices: [{ message: { role: 'assistant', content: 'a' }, finish_reason: 'length' }],
        usage: this.usage(taken, 1),
      });
      taken.done = true;
      return;
    }
    if (fault?.k === 'no_stream') {
      response.writeHead(200, { 'content-type': fault.type }).end(fault.body);
      return;
    }
    await this.stream(taken, response, fault);
  }

  private async stream(taken: FakeRequest, response: ServerResponse, fault: Fault | null): Promise<void> {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const { body } = taken;
    const said = this.options.script?.(body) ?? ['One', ' two', ' three', '.'];
    const most = body.max_completion_tokens ?? body.max_tokens ?? 1 << 20;
    if (fault?.k === 'garbage') return void response.end('data: {"choices":[{"delta":{"content":\n\n');
    if (fault?.k === 'endless_line') return this.pour(response, () => `data: ${'x'.repeat(4096)}`);
    if (fault?.k === 'flood')
      return this.pour(response, () => event({ choices: [{ delta: { content: 'more ' } }] }));
    if (fault?.k === 'endless_call') {
      const [named, ...rest] = deltasOf({ call: { name: 'look_up', arguments: ['"word", '.repeat(64)] } }, 0);
      response.write(event({ choices: [{ index: 0, delta: named }] }));
      return this.pour(response, () => event({ choices: [{ index: 0, delta: rest[0] }] }));
    }
    let pieces = 0;
    let calls = 0;
    for (const part of said.slice(0, most)) {
      if (response.destroyed) return;
      if (fault?.k === 'half' && pieces === fault.after) {
        // What was said is on its way by then.
        await new Promise((resolve) => setTimeout(resolve, 30));
        return void response.destroy();
      }
      if (fault?.k === 'stall' && pieces === fault.after) return;
      if (fault?.k === 'slow') await new Promise((resolve) => setTimeout(resolve, fault.ms));
      for (const delta of deltasOf(part, calls))
        response.write(event({ choices: [{ index: 0, delta, finish_reason: null }] }));
      if (typeof part !== 'string') calls += 1;
      pieces += 1;
    }
    const reason = said.length > most ? 'length' : calls > 0 ? 'tool_calls' : 'stop';
    response.write(event({ choices: [{ index: 0, delta: {}, finish_reason: reason }] }));
    if (fault?.k === 'no_end') return;
    const usage =
      fault?.k === 'lying'
        ? { prompt_tokens: -5, completion_tokens: 'many', prompt_tokens_details: { cached_tokens: 1e300 } }
        : this.usage(taken, pieces);
    response.write(event({ choices: [], usage }));
    taken.done = true;
    response.end('data: [DONE]\n\n');
  }

  private async pour(response: ServerResponse, next: () => string): Promise<void> {
    while (!response.destroyed) {
      if (!response.write(next())) await Promise.race([once(response, 'drain'), once(response, 'close')]);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  private usage({ prompt, cached }: FakeRequest, out: number) {
    const { tellsCached = true } = this.options;
    return {
      prompt_tokens: prompt,
      completion_tokens: out,
      total_tokens: prompt + out,
      ...(tellsCached && { prompt_tokens_details: { cached_tokens: cached } }),
    };
  }

  private seen(messages: readonly FakeMessage[]): readonly FakeMessage[] {
    const { dropsSystemAmid = false } = this.options;
    return messages.filter(({ role }, index) => !dropsSystemAmid || role !== 'system' || index === 0);
  }
}
