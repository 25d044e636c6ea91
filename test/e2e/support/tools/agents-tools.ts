import { RealtimeAgent, RealtimeSession, tool, type OpenAIRealtimeBase } from '@openai/agents-realtime';

/** What became of a question whose answer calls a tool. */
export interface ToolTalk {
  /** The arguments that the tool was called with. */
  readonly calls: readonly unknown[];
  readonly answer: string;
  readonly types: readonly string[];
  readonly events: readonly { readonly type: string }[];
  readonly errors: readonly string[];
}

/** Asks for what only a tool knows, by an agent that has one. It runs in a browser, too. */
export async function askForTool(transport: OpenAIRealtimeBase, apiKey: string): Promise<ToolTalk> {
  const calls: unknown[] = [];
  const weather = tool({
    name: 'weather',
    description: 'How the weather is in a city.',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    },
    strict: true,
    execute: (given: unknown) => {
      calls.push(given);
      return 'rain';
    },
  });
  const agent = new RealtimeAgent({
    name: 'clerk',
    instructions: 'Answer in one sentence.',
    tools: [weather],
  });
  const session = new RealtimeSession(agent, { transport, model: 'gpt-realtime' });
  const errors: string[] = [];
  const events: { type: string }[] = [];
  session.on('error', (error) => errors.push(JSON.stringify(error)));
  session.on('transport_event', (event) => events.push(event));
  const answered = new Promise<string>((resolve) => {
    transport.on('response.done', ({ response }: { response: unknown }) => {
      const text = textOf(response);
      if (text !== '') resolve(text);
    });
  });
  await session.connect({ apiKey });
  session.sendMessage('how is the weather in Ghent');
  const answer = await answered;
  session.close();
  return { calls, answer, types: events.map(({ type }) => type), events, errors };
}

function textOf(response: unknown): string {
  const { output = [] } = response as { output?: { content?: { text?: string | null }[] }[] };
  return output.flatMap(({ content = [] }) => content.map(({ text }) => text ?? '')).join('');
}
