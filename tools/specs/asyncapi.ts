import type { Components, EventName, Json } from './components.js';

const DESCRIPTION = `The events of a call. They are the same over every channel: text messages of one JSON object each, from a client at most 256 KiB over a data channel and 8 MiB over a WebSocket, from the gateway at most 256 KiB, and never larger than a channel's \`a=max-message-size\`. \`openapi.yaml\` says how a channel comes about.`;

/** AsyncAPI has no binding of WebRTC: a data channel is told by this extension. */
const dataChannel = (label: string): Json => ({ label, ordered: true });

/** The document of the events, AsyncAPI 3.1. */
export function asyncapi({ schemas, client, server, rtvi }: Components, version: string): Json {
  const events = messagesOf([...client, ...server]);
  const all = [...client, ...server, ...rtvi.client, ...rtvi.server];
  return {
    asyncapi: '3.1.0',
    info: {
      title: 'Vis-à-vis',
      version,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      webrtc: {
        host: 'localhost:8080',
        protocol: 'webrtc',
        description: 'A peer connection, after an offer by HTTP.',
      },
      websocket: {
        host: 'localhost:8080',
        pathname: '/v1/realtime',
        protocol: 'ws',
        security: [{ $ref: '#/components/securitySchemes/key' }],
      },
    },
    channels: {
      'oai-events': {
        address: 'oai-events',
        title: 'OpenAI Realtime over WebRTC',
        description: 'The data channel that a client of OpenAI Realtime creates.',
        servers: [{ $ref: '#/servers/webrtc' }],
        messages: events,
        'x-webrtc': dataChannel('oai-events'),
      },
      chat: {
        address: 'chat',
        title: 'RTVI over WebRTC',
        description: 'The data channel that the clients of Pipecat create.',
        servers: [{ $ref: '#/servers/webrtc' }],
        messages: messagesOf([...rtvi.client, ...rtvi.server]),
        'x-webrtc': dataChannel('chat'),
      },
      websocket: {
        address: '/',
        title: 'OpenAI Realtime over WebSocket',
        description: 'A session of its own, or, with `call_id`, the events of a WebRTC call.',
        servers: [{ $ref: '#/servers/websocket' }],
        messages: events,
        bindings: {
          ws: {
            method: 'GET',
            query: {
              type: 'object',
              properties: {
                model: { type: 'string' },
                call_id: { type: 'string' },
                resume: { type: 'string' },
                last_event_id: { type: 'string' },
              },
            },
            bindingVersion: '0.1.0',
          },
        },
      },
    },
    operations: {
      ...operations('oai-events', 'DataChannel', client, server),
      ...operations('chat', 'Chat', rtvi.client, rtvi.server),
      ...operations('websocket', 'WebSocket', client, server),
    },
    components: {
      securitySchemes: {
        key: {
          type: 'http',
          scheme: 'bearer',
          description: 'A key, a client secret or a token, as in openapi.yaml.',
        },
      },
      messages: Object.fromEntries(
        all.map(({ type, component }) => [
          component,
          { name: type, title: type, payload: { $ref: `#/components/schemas/${component}` } },
        ]),
      ),
      schemas: Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, ofAsyncApi(schema)])),
    },
  };
}

/** As the gateway sees it: what it receives, and what it sends. */
function operations(
  channel: string,
  name: string,
  client: readonly EventName[],
  server: readonly EventName[],
): Json {
  const messages = (events: readonly EventName[]) =>
    events.map(({ component }) => ({ $ref: `#/channels/${channel}/messages/${component}` }));
  const on = { $ref: `#/channels/${channel}` };
  return {
    [`receiveOver${name}`]: { action: 'receive', channel: on, messages: messages(client) },
    [`sendOver${name}`]: { action: 'send', channel: on, messages: messages(server) },
  };
}

function messagesOf(events: readonly EventName[]): Json {
  return Object.fromEntries(
    events.map(({ component }) => [component, { $ref: `#/components/messages/${component}` }]),
  );
}

/** There a discriminator is the name of the property alone. */
function ofAsyncApi(schema: Json): Json {
  const { discriminator, ...rest } = schema;
  return discriminator === undefined
    ? schema
    : { ...rest, discriminator: (discriminator as Json)['propertyName'] };
}
