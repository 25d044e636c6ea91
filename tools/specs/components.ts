import {
  clientEventSchema,
  clientItemSchema,
  clientSecretRequestSchema,
  clientSecretSchema,
  healthSchema,
  httpErrorSchema,
  iceServersSchema,
  itemSchema,
  responseSchema,
  resumeRequestSchema,
  rtviClientMessageSchema,
  rtviServerMessageSchema,
  serverEventSchema,
  sessionPatchSchema,
  sessionSchema,
  sessionWithSecretSchema,
  usageSchema,
} from '@vis-a-vis/protocol';
import { z } from 'zod';

/** A JSON Schema, or any other part of a document. */
export type Json = { readonly [key: string]: unknown };

/** One event of the wire: its type, and the name of its schema among the components. */
export interface EventName {
  readonly type: string;
  readonly component: string;
}

export interface Components {
  readonly schemas: Readonly<Record<string, Json>>;
  readonly client: readonly EventName[];
  readonly server: readonly EventName[];
  /** The messages of RTVI, which another channel carries. */
  readonly rtvi: { readonly client: readonly EventName[]; readonly server: readonly EventName[] };
}

export const schemaRef = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

/** Schemas with a name of their own. Others stand where they are used. */
const NAMED = {
  RealtimeSession: sessionSchema,
  RealtimeSessionUpdate: sessionPatchSchema,
  RealtimeItem: itemSchema,
  RealtimeClientItem: clientItemSchema,
  RealtimeResponse: responseSchema,
  RealtimeUsage: usageSchema,
  ClientSecretRequest: clientSecretRequestSchema,
  ClientSecret: clientSecretSchema,
  SessionWithSecret: sessionWithSecretSchema,
  IceServers: iceServersSchema,
  ResumeRequest: resumeRequestSchema,
  Error: httpErrorSchema,
  Health: healthSchema,
};

/** Every schema of the wire, made from the zod schemas that the gateway itself checks with. */
export function components(): Components {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(NAMED)) registry.add(schema, { id });
  const client = registerEvents(registry, clientEventSchema.options, 'RealtimeClientEvent');
  const server = registerEvents(registry, serverEventSchema.options, 'RealtimeServerEvent');
  const rtvi = {
    client: registerEvents(registry, rtviClientMessageSchema.options, 'RtviClientMessage'),
    server: registerEvents(registry, rtviServerMessageSchema.options, 'RtviServerMessage'),
  };
  const { schemas } = z.toJSONSchema(registry, {
    // What is said of a message, by whoever sends it: defaults need not be there, and more fields may be.
    io: 'input',
    uri: (id) => `#/components/schemas/${id}`,
    unrepresentable: 'any',
  });
  const named = Object.entries(schemas).map(([id, schema]) => [id, tidied(schema)] as const);
  return {
    schemas: {
      RealtimeClientEvent: union('Every event that a client may send.', client),
      RealtimeServerEvent: union('Every event that the gateway sends.', server),
      ...Object.fromEntries(named),
    },
    client,
    server,
    rtvi,
  };
}

function registerEvents(
  registry: z.core.$ZodRegistry<{ id: string }>,
  options: readonly (z.ZodObject & { shape: { type: z.ZodLiteral<string> } })[],
  prefix: string,
): EventName[] {
  return options.map((option) => {
    const [type = ''] = option.shape.type.values;
    const component = prefix + pascal(type);
    registry.add(option, { id: component });
    return { type, component };
  });
}

function union(description: string, events: readonly EventName[]): Json {
  return {
    description,
    oneOf: events.map(({ component }) => schemaRef(component)),
    discriminator: {
      propertyName: 'type',
      mapping: Object.fromEntries(
        events.map(({ type, component }) => [type, `#/components/schemas/${component}`]),
      ),
    },
  };
}

/** `response.output_text.delta` → `ResponseOutputTextDelta` */
function pascal(type: string): string {
  return type.replace(/(?:^|[._-])([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Without what each schema says of itself as a document of its own. */
function tidied({ $schema: _dialect, $id: _id, id: _name, ...schema }: Json): Json {
  return schema;
}
