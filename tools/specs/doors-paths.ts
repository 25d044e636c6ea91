import { rtviOfferSchema, rtviStartSchema, rtviTrickleSchema } from '@vis-a-vis/protocol';
import { z } from 'zod';
import { schemaRef, type Json } from './components.js';

const TEXT = { schema: { type: 'string' } };
const SDP = { 'application/sdp': TEXT };
const FRAGMENT = { 'application/trickle-ice-sdpfrag': TEXT };

const bodyOf = (schema: z.ZodType): Json => {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return { content: { 'application/json': { schema: json } } };
};
const part = (name: string, description: string): Json => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string' },
});
const refusals = (...statuses: number[]): Json =>
  Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/Error${status}` }]));
/** The codes are those of every other answer; the form is RFC 9457's. */
const problems = (...statuses: number[]): Json =>
  Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: `The codes of \`Error${status}\`, as problem details.`,
        content: { 'application/problem+json': { schema: { type: 'object' } } },
      },
    ]),
  );
const ifMatch: Json = {
  name: 'If-Match',
  in: 'header',
  required: true,
  description: 'The `ETag` of the ICE session, or `*` to restart ICE.',
  schema: { type: 'string' },
};

function call(offer: Json): Json {
  return {
    '/v1/realtime/calls/{id}': {
      parameters: [part('id', 'The last part of the `Location` of a call: `rtc_…`.')],
      post: {
        operationId: 'renegotiateCall',
        tags: ['Calls'],
        summary: 'Answer a further offer of a call: another ICE session, other tracks',
        description: 'A `session` in it has no effect.',
        requestBody: offer,
        responses: {
          '200': { description: 'The answer.', content: SDP },
          ...refusals(400, 401, 403, 404, 413, 415, 500, 503),
        },
      },
      delete: {
        operationId: 'endCall',
        tags: ['Calls'],
        summary: 'End a call',
        responses: { '200': { description: 'The call is over.' }, ...refusals(401, 403, 404) },
      },
    },
  };
}

function iceServers(): Json {
  return {
    '/v1/realtime/ice_servers': {
      get: {
        operationId: 'listIceServers',
        tags: ['Calls'],
        summary: 'Servers for the ICE of the client, to be asked for before it makes its connection',
        description:
          'STUN and TURN, in the form of `RTCIceServer`, with credentials that end where the gateway shares a secret with the TURN servers.',
        responses: {
          '200': {
            description: 'None, one or more.',
            content: { 'application/json': { schema: schemaRef('IceServers') } },
          },
          ...refusals(401, 403, 429, 503),
        },
      },
    },
  };
}

function whip(): Json {
  const options = (id: string, summary: string): Json => ({
    operationId: id,
    tags: ['WHIP'],
    summary,
    security: [],
    responses: { '200': { description: 'In the headers.' } },
  });
  return {
    '/whip': {
      options: options('askWhip', 'What may be posted, and which ICE servers there are'),
      post: {
        operationId: 'publish',
        tags: ['WHIP'],
        summary: 'Publish by WHIP (RFC 9725)',
        parameters: [
          {
            name: 'resume',
            in: 'query',
            description:
              'Empty: the session is kept where its connection is lost. A token that its events have told: it goes on over this connection.',
            schema: { type: 'string' },
          },
        ],
        requestBody: { required: true, content: SDP },
        responses: {
          '201': {
            description:
              'The answer; `Location` and `ETag` of the session, and in a `Link` where its events are read as server-sent events.',
            content: SDP,
          },
          ...problems(400, 401, 403, 404, 410, 413, 415, 422, 429, 500, 503),
        },
      },
    },
    '/whip/{id}': {
      parameters: [part('id', 'Of the session.')],
      options: options('askPublication', 'What the session takes'),
      patch: {
        operationId: 'patchPublication',
        tags: ['WHIP'],
        summary: 'Add candidates, or restart ICE',
        parameters: [ifMatch],
        requestBody: { required: true, content: FRAGMENT },
        responses: {
          '200': { description: 'ICE begins anew, under another `ETag`.', content: FRAGMENT },
          '204': { description: 'The candidates are taken.' },
          ...problems(400, 401, 403, 404, 412, 415, 428),
        },
      },
      delete: {
        operationId: 'endPublication',
        tags: ['WHIP'],
        summary: 'End the session',
        responses: { '200': { description: 'It is over.' }, ...problems(401, 403, 404) },
      },
    },
    '/whip/events/{token}': {
      get: {
        operationId: 'readPublication',
        tags: ['WHIP'],
        summary: 'Read the events of a session',
        description: 'The address is the right to read it. Each event is a `RealtimeServerEvent`.',
        security: [],
        parameters: [part('token', 'From the `Link` of the answer.')],
        responses: {
          '200': { description: 'Server-sent events.', content: { 'text/event-stream': TEXT } },
          ...problems(404),
        },
      },
    },
  };
}

function rtvi(): Json {
  const answer = { 'application/json': { schema: { type: 'object' } } };
  const offers = (name: string): Json => ({
    post: {
      operationId: `offer${name}`,
      tags: ['RTVI'],
      summary: 'Open a call, or negotiate anew',
      requestBody: { required: true, ...bodyOf(rtviOfferSchema) },
      responses: {
        '200': { description: '`{sdp, type, pc_id}`', content: answer },
        ...refusals(400, 401, 403, 404, 413, 415, 429, 500, 503),
      },
    },
    patch: {
      operationId: `trickle${name}`,
      tags: ['RTVI'],
      summary: 'Add candidates',
      requestBody: { required: true, ...bodyOf(rtviTrickleSchema) },
      responses: {
        '200': { description: '`{status: "success"}`', content: answer },
        ...refusals(400, 401, 403, 404),
      },
    },
  });
  return {
    '/start': {
      post: {
        operationId: 'startSession',
        tags: ['RTVI'],
        summary: 'Say what the session is to be, before dialling',
        requestBody: bodyOf(rtviStartSchema),
        responses: {
          '200': { description: '`{sessionId, iceConfig?}`', content: answer },
          ...refusals(400, 401, 403, 413, 415, 429, 503),
        },
      },
    },
    '/api/offer': offers('Call'),
    '/sessions/{id}/api/offer': {
      parameters: [part('id', 'The `sessionId` of `/start`.')],
      ...offers('Session'),
    },
  };
}

/**
 * The paths of a call that is open, and of the doors beside OpenAI Realtime's: WHIP, and RTVI over SmallWebRTC.
 * @param offer a body that has one, in any of its forms
 */
export function doorsPaths(offer: Json): Json {
  return { ...call(offer), ...iceServers(), ...whip(), ...rtvi() };
}
