import 'reflect-metadata';
import { createRequire } from 'node:module';
import { glob, readFile } from 'node:fs/promises';
import { RequestMethod } from '@nestjs/common';
import { Validator } from '@seriousme/openapi-schema-validator';
import { defaultSession } from '@vis-a-vis/protocol';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Ajv } from 'ajv';
import * as formats from 'ajv-formats';
import { parse } from 'yaml';
import { toErrorEvent, toServerEvents } from '../../src/realtime/core/event-mapper.js';
import { OTHER_EVENTS, SPOKEN_TURN } from '../../src/realtime/testing/sample-events.js';
import { specs } from '../../tools/specs/specs.js';

/** Real: the published files, the schemas of their formats by their makers, the routes of our controllers, events as they are sent. */
const read = async (name: string) => readFile(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const addFormats = (formats as unknown as { default: { default: (ajv: unknown) => void } }).default.default;

interface OpenApi {
  readonly paths: Record<string, Record<string, { operationId: string }>>;
  readonly components: { readonly schemas: Record<string, Record<string, unknown>> };
}
interface AsyncApi {
  readonly channels: Record<string, { address: string; 'x-webrtc'?: unknown; messages: object }>;
  readonly components: { readonly messages: Record<string, { name: string }> };
}

describe('the published interface', () => {
  it.each(['openapi.yaml', 'asyncapi.yaml'])('docs/%s is what `npm run specs` makes', async (name) => {
    expect((await specs())[name]).toBe(await read(name));
  });

  it('is OpenAPI 3.1', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(await read('openapi.yaml'));
    expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
    expect(validator.version).toBe('3.1');
  });

  it('is AsyncAPI 3.1', async () => {
    const schema = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.1.0-without-$id.json') as object;
    const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
    const validate = ajv.compile(schema);
    validate(parse(await read('asyncapi.yaml')));
    expect(validate.errors).toBeNull();
  });

  it('names every route of the gateway, and no other', async () => {
    const routes: string[] = [];
    for await (const file of glob('src/**/*.controller.ts')) {
      const found = (await import(`../../${file}`)) as Record<string, unknown>;
      for (const controller of Object.values(found))
        if (typeof controller === 'function') routes.push(...routesOf(controller));
    }
    const { paths } = parse(await read('openapi.yaml')) as OpenApi;
    const told = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item)
        .filter((method) => method !== 'parameters')
        .map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(told.sort()).toEqual(routes.sort());
  });

  it('tells the events of a union by their type', async () => {
    const { schemas } = (parse(await read('openapi.yaml')) as OpenApi).components;
    for (const name of ['RealtimeClientEvent', 'RealtimeServerEvent']) {
      const { oneOf, discriminator } = schemas[name] as {
        oneOf: { $ref: string }[];
        discriminator: { propertyName: string; mapping: Record<string, string> };
      };
      expect(discriminator.propertyName).toBe('type');
      expect(Object.values(discriminator.mapping)).toEqual(oneOf.map(({ $ref }) => $ref));
      for (const [type, ref] of Object.entries(discriminator.mapping)) {
        expect(schemas[ref.split('/').at(-1)!]).toMatchObject({ properties: { type: { const: type } } });
      }
    }
  });

  it('describes the channels of WebRTC, for which AsyncAPI has no binding', async () => {
    const { channels } = parse(await read('asyncapi.yaml')) as AsyncApi;
    const ofWebRtc = Object.values(channels).filter((channel) => channel['x-webrtc'] !== undefined);
    expect(ofWebRtc.length).toBeGreaterThan(0);
    for (const channel of ofWebRtc)
      expect(channel['x-webrtc']).toEqual({ label: channel.address, ordered: true });
    expect(channels['oai-events']).toBeDefined();
  });

  it('describes what is sent: every event of a turn, and of much else, is valid by it', async () => {
    const document = parse(await read('openapi.yaml')) as OpenApi;
    const ajv = new Ajv2020({ strict: false, discriminator: false });
    addFormats(ajv);
    ajv.addSchema(document, 'openapi');
    const validate = ajv.getSchema('openapi#/components/schemas/RealtimeServerEvent')!;
    const session = defaultSession('sess_1', 'visavis-pocket');
    const clock = { nowMs: 0, videoOffsetMs: null, firstSentAtMs: () => null };
    const bodies = [
      { type: 'session.created', session },
      toErrorEvent({ code: 'invalid_json', message: 'No JSON.', param: null, clientEventId: null }),
      ...[...SPOKEN_TURN, ...OTHER_EVENTS].flatMap((event) => toServerEvents(event, session, clock)),
    ];
    expect(bodies.length).toBeGreaterThan(25);
    for (const body of bodies) {
      void validate({ event_id: 'event_1', ...body });
      expect([body.type, validate.errors]).toEqual([body.type, null]);
    }
    expect(validate({ event_id: 'event_1', type: 'response.output_text.delta', delta: 5 })).toBe(false);
    expect(validate({ event_id: 'event_1', type: 'no.such.event' })).toBe(false);
  });
});

/** What Nest is told by decorators, as OpenAPI writes it. */
function routesOf(controller: object): string[] {
  const prefix = Reflect.getMetadata('path', controller) as string | undefined;
  if (prefix === undefined) return [];
  const { prototype } = controller as { prototype: Record<string, object> };
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const handler = prototype[name]!;
    const method = Reflect.getMetadata('method', handler) as RequestMethod | undefined;
    // What answers every method does so to refuse those that are no route's.
    if (method === undefined || method === RequestMethod.ALL) return [];
    return [Reflect.getMetadata('path', handler) as string | string[]].flat().map((path) => {
      const parts = `${prefix}/${path}`.split('/').filter((part) => part !== '');
      return `${RequestMethod[method]} /${parts.map((part) => part.replace(/^:(\w+)$/, '{$1}')).join('/')}`;
    });
  });
}
