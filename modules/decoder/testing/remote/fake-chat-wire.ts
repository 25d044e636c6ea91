import type { ServerResponse } from 'node:http';
import type { FakeSaid } from './fake-chat-requests.js';

/** Of an answer's piece, as it is streamed. @param index of its call */
export function deltasOf(part: FakeSaid, index: number): object[] {
  if (typeof part === 'string') return [{ content: part }];
  const { name, arguments: pieces } = part.call;
  const call = { index, id: `call_${index + 1}`, type: 'function', function: { name, arguments: '' } };
  return [
    { tool_calls: [call] },
    ...pieces.map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
  ];
}

export const event = (data: object): string => `data: ${JSON.stringify(data)}\n\n`;

export function send(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export function refuse(response: ServerResponse, status: number, message: string, retryAfter?: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(retryAfter !== undefined && { 'retry-after': retryAfter }),
  });
  response.end(JSON.stringify({ error: { message, code: status } }));
}
