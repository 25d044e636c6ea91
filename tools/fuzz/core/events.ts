import { imageUrl } from './images.js';
import { damageJson, damageText, oddValue, type Json } from './json.js';
import type { Random } from './random.js';

/** What events are made of besides randomness. */
export interface EventSeeds {
  /** Whole events, as stock clients send them. */
  readonly events: readonly Json[];
  readonly jpeg: Uint8Array;
}

type Event = { [key: string]: Json };
type Make = (random: Random, seeds: EventSeeds) => Event;

const TEXTS = [
  'hello',
  'what do you see',
  'how many shapes are there',
  'tell me about each of the shapes on the table',
  '你好',
];
/** Ids are taken from few, so that events meet items of others before them. */
const itemId = (random: Random): string =>
  random.chance(0.9) ? `fuzz_${random.int(0, 40)}` : random.pick(['root', '', 'none', 'x'.repeat(65)]);

const MAKERS: Readonly<Record<string, Make>> = {
  update: (random) => ({ type: 'session.update', session: { type: 'realtime', ...session(random) } }),
  create: (random, seeds) => ({
    type: 'conversation.item.create',
    ...(random.chance(0.2) && { previous_item_id: random.chance(0.5) ? itemId(random) : null }),
    item: item(random, seeds),
  }),
  retrieve: (random) => ({ type: 'conversation.item.retrieve', item_id: itemId(random) }),
  delete: (random) => ({ type: 'conversation.item.delete', item_id: itemId(random) }),
  truncate: (random) => ({
    type: 'conversation.item.truncate',
    item_id: itemId(random),
    content_index: random.int(0, 2),
    audio_end_ms: random.int(0, 5000),
  }),
  append: (random) => ({
    type: 'input_audio_buffer.append',
    audio: random.bytes(random.int(0, 960)).toString('base64'),
  }),
  commit: () => ({ type: 'input_audio_buffer.commit' }),
  clear: () => ({ type: 'input_audio_buffer.clear' }),
  silence: () => ({ type: 'output_audio_buffer.clear' }),
  respond: (random) => ({
    type: 'response.create',
    response: {
      max_output_tokens: random.pick([1, 4, 16, 16, 16, 64, 'inf']),
      ...(random.chance(0.3) && { metadata: { a: random.pick(TEXTS) } }),
    },
  }),
  cancel: (random) => ({ type: 'response.cancel', ...(random.chance(0.3) && { response_id: 'resp_x' }) }),
  seed: (random, seeds) => structuredClone(random.pick(seeds.events)) as Event,
};
/** Answers and pictures cost the model's time, which the honest calls need too. */
const OFTEN = {
  update: 3,
  create: 6,
  retrieve: 4,
  delete: 3,
  truncate: 3,
  append: 3,
  commit: 2,
  clear: 3,
  silence: 3,
  respond: 1.5,
  cancel: 3,
  seed: 2,
};

/** One message for `oai-events`: a whole event, one that is wrong somewhere, or no event at all. */
export function eventMessage(random: Random, seeds: EventSeeds): string {
  const event = validEvent(random, seeds);
  if (random.chance(0.3))
    event['event_id'] = random.chance(0.9) ? `event_${random.int(0, 999)}` : oddValue(random);
  switch (random.weighted({ whole: 4, damaged: 5, text: 1 })) {
    case 'whole':
      return JSON.stringify(event);
    case 'damaged': {
      let damaged: Json = event;
      for (let n = random.int(1, 3); n > 0; n -= 1) damaged = damageJson(random, damaged);
      return JSON.stringify(damaged);
    }
    case 'text':
      return damageText(random, JSON.stringify(event));
  }
}

/** An event that the protocol's schemas take, or nearly: ids may be of nobody. */
export function validEvent(random: Random, seeds: EventSeeds): Event {
  const make = MAKERS[random.weighted(OFTEN)];
  if (!make) throw new RangeError('no such event');
  return make(random, seeds);
}

/** Begins an answer: what a client sends before it leaves in the middle of it. */
export function question(random: Random): readonly string[] {
  const content: Json = [{ type: 'input_text', text: random.pick(TEXTS) }];
  const item: Json = { type: 'message', role: 'user', content };
  return [{ type: 'conversation.item.create', item }, { type: 'response.create' }].map((event) =>
    JSON.stringify(event),
  );
}

function item(random: Random, seeds: EventSeeds): Json {
  const role = random.pick(['user', 'user', 'user', 'assistant', 'system']);
  const parts = random.chance(0.05) ? random.int(5, 30) : random.int(1, 2);
  return {
    ...(random.chance(0.7) && { id: `fuzz_${random.int(0, 40)}` }),
    type: 'message',
    role,
    content: Array.from({ length: parts }, () => part(random, seeds)),
  };
}

function part(random: Random, seeds: EventSeeds): Json {
  switch (random.weighted({ text: 6, image: 1.5, audio: 1, output: 1 })) {
    case 'text':
      return {
        type: 'input_text',
        text: random.chance(0.02) ? 'the red star '.repeat(random.int(10, 12_000)) : random.pick(TEXTS),
      };
    case 'image':
      return { type: 'input_image', image_url: imageUrl(random, seeds.jpeg) };
    case 'audio':
      // 24 kHz, 16 bits; also of an odd number of bytes, and none.
      return {
        type: 'input_audio',
        audio: random.bytes(random.pick([0, 1, 2, 481, 4800, 24_000])).toString('base64'),
      };
    case 'output':
      return { type: 'output_text', text: random.pick(TEXTS) };
  }
}

function session(random: Random): Event {
  const vad: Json = random.pick<Json>([
    null,
    { type: 'server_vad' },
    {
      type: 'server_vad',
      threshold: random.unit(),
      silence_duration_ms: random.int(50, 10_000),
      prefix_padding_ms: random.int(0, 5000),
    },
    {
      type: 'server_vad',
      idle_timeout_ms: random.pick([5000, 30_000, null]),
      create_response: random.chance(0.5),
    },
    {
      type: 'semantic_vad',
      eagerness: random.pick(['low', 'medium', 'high', 'auto']),
      interrupt_response: random.chance(0.5),
    },
  ]);
  switch (random.weighted({ vad: 3, words: 2, tokens: 2, vendor: 3, odd: 2 })) {
    case 'vad':
      return { audio: { input: { turn_detection: vad } } };
    case 'words':
      return {
        instructions: random.chance(0.05) ? 'Be brief. '.repeat(random.int(1, 20_000)) : random.pick(TEXTS),
      };
    case 'tokens':
      return { max_output_tokens: random.pick([1, 16, 128, 4096, 'inf', null]) };
    case 'vendor':
      return {
        visavis: {
          events: random.pick([[], ['turn.timing'], ['frame.attended', 'context', 'turn.timing']]),
          video: random.pick([true, true, false, { camera: false }, { screen: random.chance(0.5) }, null]),
          camera_off: random.pick(['keep', 'redact']),
          speculation: random.chance(0.7),
          barge_in_ms: random.pick([null, 0, 200, 5000]),
          reading_chars_per_s: random.pick([null, 1, 1000]),
          visual_turns: random.chance(0.3),
        },
      };
    case 'odd':
      return {
        tools: [oddValue(random)],
        tracing: oddValue(random),
        prompt: oddValue(random),
        include: ['x'],
      };
  }
}
