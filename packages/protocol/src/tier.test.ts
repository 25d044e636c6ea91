import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { clientEventSchema } from './client-events.js';
import { serverEventSchema } from './server-events.js';
import { tierOf, type Tier } from './tier.js';

const WORDS: Readonly<Record<Tier, string>> = {
  openai: "as OpenAI's",
  extended: "OpenAI's, extended",
  visavis: 'ours alone',
};

type Events = {
  readonly options: readonly (z.ZodType & { readonly shape: { readonly type: z.ZodLiteral<string> } })[];
};

/** The rows of docs/protocol.md's table of events. */
const rows = (from: 'client' | 'server', events: Events) =>
  events.options.map((event) => {
    const tier = tierOf(event);
    return `| \`${event.shape.type.value}\` | ${from} | ${tier === null ? 'NONE' : WORDS[tier]} |`;
  });

describe('every event', () => {
  const expected = [...rows('client', clientEventSchema), ...rows('server', serverEventSchema)];

  it('has a tier', () => {
    expect(expected.filter((row) => row.includes('NONE'))).toEqual([]);
  });

  it('has its row in docs/protocol.md, in the order of the schemas, and nothing else has', () => {
    const page = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');
    const told = page
      .split('\n')
      .filter((line) => /^\| `[a-z_.]+`\s+\| (client|server)\s/.test(line))
      .map((line) => line.replaceAll(/\s+\|/g, ' |'));
    expect(told).toEqual(expected);
  });

  it('is ours alone where its name says so', () => {
    const all: Events['options'] = [...clientEventSchema.options, ...serverEventSchema.options];
    for (const event of all) {
      const ours = event.shape.type.value.startsWith('visavis.');
      expect([event.shape.type.value, tierOf(event) === 'visavis']).toEqual([event.shape.type.value, ours]);
    }
  });
});
