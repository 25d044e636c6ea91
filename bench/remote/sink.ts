import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort } from 'node:worker_threads';

// A thread with a server of chat completions that reads what it is sent, and says one word. It says its port when it listens.

const MODELS = { data: [{ id: 'sink', owned_by: 'vllm', max_model_len: 1_000_000 }] };
const WORD = { choices: [{ index: 0, delta: { content: 'Yes' }, finish_reason: 'stop' }] };
const WHOLE = { choices: [{ message: { role: 'assistant', content: 'Yes' }, finish_reason: 'stop' }] };

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let bytes = 0;
  let head = '';
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes < 1 << 20) head += String(chunk);
  }
  if (request.method === 'GET') return void response.end(JSON.stringify(MODELS));
  // Four bytes a token, so that pictures and sounds are seen to have been taken.
  const usage = { prompt_tokens: Math.ceil(bytes / 4), completion_tokens: 1 };
  if (bytes < 1 << 20 && !head.includes('"stream":true'))
    return void response.end(JSON.stringify({ ...WHOLE, usage }));
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(`data: ${JSON.stringify({ ...WORD, usage: { prompt_tokens: 1 } })}\n\ndata: [DONE]\n\n`);
}

const server = createServer((request, response) => {
  serve(request, response).catch(() => response.destroy());
});
server.listen(0, '127.0.0.1', () => parentPort?.postMessage((server.address() as AddressInfo).port));
