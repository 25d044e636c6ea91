import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { clientEventSchema, parseClientEvent } from '@vis-a-vis/protocol';
import { eventMessage, question, validEvent, type EventSeeds } from './events.js';
import { damageJson, deep, type Json } from './json.js';
import { png } from './images.js';
import { Random } from './random.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../../test/fixtures/${name}`, import.meta.url));
const SEEDS: EventSeeds = {
  events: JSON.parse(readFileSync(fixture('fuzz/events.json'), 'utf8')) as Json[],
  jpeg: readFileSync(fixture('media/still.jpg')),
};

describe('events', () => {
  it('whole ones are of every type that the protocol has', () => {
    const random = new Random(1);
    const types = new Set(Array.from({ length: 600 }, () => validEvent(random, SEEDS)['type']));
    const all = clientEventSchema.options.map((option) => option.shape.type.value);
    expect(types).toEqual(new Set(all));
  });

  it('nearly all whole ones are taken by the schemas', () => {
    const random = new Random(2);
    const events = Array.from({ length: 500 }, () =>
      parseClientEvent(JSON.stringify(validEvent(random, SEEDS))),
    );
    expect(events.filter(({ ok }) => ok).length).toBeGreaterThan(425);
  });

  it('messages are taken, refused for a field, for one that is unknown, for their type, and no JSON at all', () => {
    const random = new Random(3);
    const results = Array.from({ length: 800 }, () => parseClientEvent(eventMessage(random, SEEDS)));
    const codes = new Set(results.map((result) => (result.ok ? 'ok' : result.problem.code)));
    expect([...codes].sort()).toEqual([
      'invalid_event',
      'invalid_json',
      'ok',
      'unknown_event',
      'unknown_parameter',
    ]);
  });

  it('are repeated by their seed', () => {
    expect(eventMessage(new Random(5), SEEDS)).toBe(eventMessage(new Random(5), SEEDS));
  });

  it('a question is two events that are right', () => {
    expect(question(new Random(1)).map((text) => parseClientEvent(text).ok)).toEqual([true, true]);
  });
});

describe('JSON', () => {
  it('is damaged inside too: most of the event stays', () => {
    const random = new Random(1);
    const event: Json = { type: 'response.create', response: { max_output_tokens: 16 } };
    const damaged = Array.from({ length: 200 }, () => JSON.stringify(damageJson(random, event)));
    expect(damaged.filter((text) => text.includes('"type":"response.create"')).length).toBeGreaterThan(50);
    expect(new Set(damaged).size).toBeGreaterThan(50);
  });

  it('goes as deep as it is told', () => {
    expect(JSON.stringify(deep(3, true))).toBe('[[[1]]]');
    expect(JSON.stringify(deep(2, false))).toBe('{"a":{"a":1}}');
  });
});

describe('PNG', () => {
  it('is of every colour type, with a palette of several sizes', () => {
    const random = new Random(1);
    const files = Array.from({ length: 300 }, () => png(random));
    expect(new Set(files.map((file) => file[25]))).toEqual(new Set([0, 2, 3, 4, 6]));
    expect(files.every((file) => file.subarray(1, 4).toString() === 'PNG')).toBe(true);
    expect(files.some((file) => file[25] === 3 && file.includes('PLTE'))).toBe(true);
    expect(files.some((file) => file[25] === 3 && !file.includes('PLTE'))).toBe(true);
  });
});
