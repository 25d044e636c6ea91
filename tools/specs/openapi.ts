import { ERRORS, type ErrorCode } from '#modules/contracts';
import { schemaRef, type Components, type Json } from './components.js';
import { paths } from './paths.js';

const DESCRIPTION = `The HTTP of the gateway: OpenAI Realtime's calls over WebRTC and WebSocket, and what operators need.

The events that a call exchanges are the schemas \`RealtimeClientEvent\` and \`RealtimeServerEvent\`; which of them go over which channel says \`asyncapi.yaml\`. Addresses are relative to where this file is served from, so they are right below a path prefix too.`;

/** The document of the HTTP interface, OpenAPI 3.1. */
export function openapi({ schemas }: Components, version: string): Json {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Vis-à-vis',
      version,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '..', description: 'The gateway that serves this file at docs/openapi.yaml.' }],
    tags: [
      { name: 'Calls', description: 'OpenAI Realtime: WebRTC by an offer, or a WebSocket.' },
      { name: 'WHIP', description: 'RFC 9725: publish, and read the answers as server-sent events.' },
      { name: 'RTVI', description: 'For the clients of Pipecat, over SmallWebRTC.' },
      { name: 'Keys', description: 'Client secrets for pages.' },
      { name: 'Operations', description: 'For those who run the gateway.' },
    ],
    paths: paths(),
    components: {
      securitySchemes: {
        key: {
          type: 'http',
          scheme: 'bearer',
          description:
            'A key of the gateway, a client secret (`ek_…`), or a token of its identity provider. A gateway without keys asks for none, and serves its own machine alone.',
        },
      },
      responses: Object.fromEntries(
        errorStatuses().map((status) => [`Error${status}`, errorResponse(status)]),
      ),
      headers: {
        RetryAfter: {
          description: 'Seconds after which it is worth to try again.',
          schema: { type: 'integer' },
        },
        WWWAuthenticate: { description: 'How to bring a key.', schema: { type: 'string', const: 'Bearer' } },
      },
      schemas,
    },
    // The default: operations that need no key say so.
    security: [{ key: [] }, {}],
  };
}

/** The HTTP statuses that an error can have. */
export function errorStatuses(): number[] {
  return [...new Set(Object.values(ERRORS).map(({ status }) => status))].sort((a, b) => a - b);
}

function errorResponse(status: number): Json {
  const codes = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => ERRORS[code].status === status);
  return {
    description: `The codes of this status: ${codes.map((code) => `\`${code}\``).join(', ')}.`,
    ...((status === 429 || status === 503) && {
      headers: { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } },
    }),
    ...(status === 401 && {
      headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWWAuthenticate' } },
    }),
    content: { 'application/json': { schema: schemaRef('Error') } },
  };
}
