import { schemaRef, type Json } from './components.js';
import { doorsPaths } from './doors-paths.js';

/** What any request for a call, or for a secret, can be answered with, beside what is its own. */
const REFUSALS = [400, 401, 403, 413, 415, 429, 500, 503];

const sdp = (description: string): Json => ({ schema: { type: 'string', description } });
const json = (name: string): Json => ({ 'application/json': { schema: schemaRef(name) } });
const callId: Json = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'The last part of the `Location` of a call: `rtc_…`.',
  schema: { type: 'string' },
};
const model: Json = {
  name: 'model',
  in: 'query',
  description: 'Taken and without effect: a gateway has one model.',
  schema: { type: 'string' },
};

function errors(...statuses: number[]): Json {
  return Object.fromEntries(
    statuses.map((status) => [status, { $ref: `#/components/responses/Error${status}` }]),
  );
}

const structured: Json = {
  type: 'object',
  required: ['sdp'],
  properties: {
    sdp: { type: 'string' },
    session: schemaRef('RealtimeSessionUpdate'),
    resume: schemaRef('ResumeRequest'),
  },
};

const offer: Json = {
  required: true,
  content: {
    'application/sdp': sdp('The offer. Candidates need not be in it.'),
    'multipart/form-data': {
      schema: structured,
      encoding: { session: { contentType: 'application/json' }, resume: { contentType: 'application/json' } },
    },
    'application/json': {
      schema: structured,
    },
  },
};

const there = (description: string): Json => ({
  description,
  headers: {
    Location: {
      description: 'Where the call is: relative to the request where the gateway does not know its path.',
      schema: { type: 'string', format: 'uri-reference' },
    },
    Link: {
      description:
        'Servers for the ICE of the client, where there are any, as WHIP tells them (`rel="ice-server"`).',
      schema: { type: 'string' },
    },
  },
  content: { 'application/sdp': sdp('The answer, with all candidates.') },
});

const answered: Json = {
  '200': there('The call, whose connection was lost (`resume`), goes on over this one.'),
  '201': there('The call is there. The events go over the data channel `oai-events`.'),
  ...errors(...REFUSALS),
  ...errors(404, 410),
};

/** Every path of the gateway. A test compares them with the routes of its controllers. */
export function paths(): Json {
  return {
    '/v1/realtime/calls': {
      post: {
        operationId: 'createCall',
        tags: ['Calls'],
        summary: 'Open a call over WebRTC, or come back to one',
        requestBody: offer,
        responses: answered,
      },
    },
    '/v1/realtime': {
      get: {
        operationId: 'connectWebSocket',
        tags: ['Calls'],
        summary: 'Open a session over WebSocket, come back to it, or join a call',
        description:
          'An upgrade to WebSocket. A browser, which can set no headers, gives its key by the subprotocols `realtime` and `openai-insecure-api-key.<key>`.',
        parameters: [
          model,
          {
            name: 'call_id',
            in: 'query',
            description: 'The call to join: its events are seen, and it can be steered, until it ends.',
            schema: { type: 'string' },
          },
          {
            name: 'resume',
            in: 'query',
            description: 'The token by which a client comes back to its session, whose connection is lost.',
            schema: { type: 'string' },
          },
          {
            name: 'last_event_id',
            in: 'query',
            description: 'With `resume`: the event that the client had last.',
            schema: { type: 'string' },
          },
        ],
        responses: {
          '101': { description: 'Events, as text messages of JSON.' },
          ...errors(400, 401, 403, 404, 410, 426, 429, 503),
        },
      },
      post: {
        operationId: 'createCallLegacy',
        tags: ['Calls'],
        summary: 'Open a call over WebRTC (the older address)',
        deprecated: true,
        parameters: [model],
        requestBody: offer,
        responses: answered,
      },
    },
    '/v1/realtime/calls/{id}/hangup': {
      post: {
        operationId: 'hangUpCall',
        tags: ['Calls'],
        summary: 'End a call',
        parameters: [callId],
        responses: { '200': { description: 'The call is over.' }, ...errors(401, 403, 404) },
      },
    },
    '/v1/realtime/client_secrets': {
      post: {
        operationId: 'createClientSecret',
        tags: ['Keys'],
        summary: 'Make a short-lived key for a page',
        description:
          'The secret opens sessions until it expires, within the limits of the key that asked for it, and they start from the session given here. Of a gateway that has been started anew it is unknown. A key may have 5,000 that are good at once, whose sessions have 4 MiB together: beyond that it is 429 `rate_limit_exceeded`, `param` `client_secrets`.',
        requestBody: { content: json('ClientSecretRequest') },
        responses: {
          '200': { description: 'The secret.', content: json('ClientSecret') },
          ...errors(...REFUSALS),
        },
      },
    },
    '/v1/realtime/sessions': {
      post: {
        operationId: 'createSession',
        tags: ['Keys'],
        summary: 'Make a short-lived key for a page (the older form)',
        deprecated: true,
        requestBody: { content: json('RealtimeSessionUpdate') },
        responses: {
          '200': { description: 'The session, with the secret in it.', content: json('SessionWithSecret') },
          ...errors(...REFUSALS),
        },
      },
    },
    ...doorsPaths(offer),
    '/health': {
      get: {
        operationId: 'getHealth',
        tags: ['Operations'],
        summary: 'Whether calls can be taken',
        security: [],
        responses: {
          '200': { description: 'They can.', content: json('Health') },
          '503': { description: 'They cannot, or no more.', content: json('Health') },
        },
      },
    },
    '/metrics': {
      get: {
        operationId: 'getMetrics',
        tags: ['Operations'],
        summary: 'Prometheus metrics',
        description: 'For the gateway’s own machine, or with a key of scope `metrics`.',
        responses: {
          '200': {
            description: 'The text format of Prometheus.',
            content: { 'text/plain': { schema: { type: 'string' } } },
          },
          ...errors(401, 403),
        },
      },
    },
  };
}
