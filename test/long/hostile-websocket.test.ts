import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { ERRORS } from '#modules/contracts';
import { readQuestionMaterial, type QuestionMaterial } from '../support/question-material.js';
import { Gateway } from '../e2e/support/gateway.js';

const CHUNKS = 10_000;
const MALFORMED = 1000;
/** Of each kind of attack, after a first time that warms everything up. */
const ROUNDS = 2;
/** What is alive afterwards, by what was alive after the first time. One round's messages are about as much again. */
const MOST_GROWTH = 1.15;
const MOST_LOOKS = 20;
const LOOK_AGAIN_MS = 500;

interface ServerEvent {
  readonly type: string;
  readonly error?: { readonly code: string; readonly event_id: string | null };
  readonly response?: { readonly status: string; readonly output: { content: { text?: string }[] }[] };
}

/** One client that speaks the protocol by hand. */
class Peer {
  readonly events: ServerEvent[] = [];
  readonly closed: Promise<number>;
  private told: () => void = () => undefined;

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (data) => {
      this.events.push(JSON.parse((data as Buffer).toString()) as ServerEvent);
      this.told();
    });
    this.closed = once(socket, 'close').then(([code]) => code as number);
  }

  static async open(url: string): Promise<Peer> {
    const peer = new Peer(new WebSocket(`${url.replace('http', 'ws')}v1/realtime`, 'realtime'));
    await peer.until(() => peer.count('session.created') === 1);
    return peer;
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** @param text what is no object is sent as it is */
  send(text: unknown): void {
    const raw = typeof text === 'string' || Buffer.isBuffer(text);
    this.socket.send(raw ? text : JSON.stringify(text));
  }

  count(type: string): number {
    return this.events.filter((event) => event.type === type).length;
  }

  get errors(): string[] {
    return this.events.flatMap(({ error }) => error?.code ?? []);
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => (this.told = resolve));
  }

  /** Everything sent so far has been performed. */
  async settled(): Promise<void> {
    const before = this.count('session.updated');
    this.send({ type: 'session.update', session: { type: 'realtime' } });
    await this.until(() => this.count('session.updated') > before);
  }

  async ask(text: string): Promise<string> {
    const before = this.count('response.done');
    const content = [{ type: 'input_text', text }];
    this.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
    this.send({ type: 'response.create' });
    await this.until(() => this.count('response.done') > before);
    const { response } = this.events.findLast(({ type }) => type === 'response.done')!;
    return response!.output.flatMap(({ content: parts }) => parts.map((part) => part.text ?? '')).join('');
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}

/** Real: the built gateway as its own process, with its model; the clients are hostile, but for one. */
describe('a hostile client over WebSocket', () => {
  let gateway: Gateway;
  let material: QuestionMaterial;
  let honest: Peer;

  beforeAll(async () => {
    [gateway, material] = await Promise.all([Gateway.start({}, 'probed'), readQuestionMaterial()]);
    honest = await Peer.open(gateway.url);
    const content = [{ type: 'input_image', image_url: material.pictureUrl }];
    honest.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
  });
  afterAll(async () => {
    await honest?.close();
    await gateway?.stop();
  });

  /** The other session is open, was told of nothing, and answers right. */
  async function expectUnharmed(): Promise<void> {
    expect(honest.isOpen).toBe(true);
    expect(honest.errors).toEqual([]);
    expect(material.typed.wrong(await honest.ask(material.typed.text))).toBeNull();
  }

  async function expectFlat(attack: () => Promise<void>): Promise<void> {
    await attack();
    const before = await gateway.liveBytes();
    for (let round = 0; round < ROUNDS; round++) await attack();
    expect(await growthAtRest(before)).toBeLessThan(MOST_GROWTH);
  }

  /** What a session that has just ended still holds (messages on their way, rows that a worker gives back) goes by itself; a leak stays. */
  async function growthAtRest(before: number): Promise<number> {
    let growth = Infinity;
    for (let look = 0; look < MOST_LOOKS && growth >= MOST_GROWTH; look++) {
      if (look > 0) await sleep(LOOK_AGAIN_MS);
      growth = (await gateway.liveBytes()) / before;
    }
    return growth;
  }

  it('appends 10,000 pieces in a second, is held up and told, and goes on; so do the others, and memory is flat', async () => {
    const piece = { type: 'input_audio_buffer.append', audio: Buffer.alloc(960).toString('base64') };
    const flood = JSON.stringify(piece);
    await expectFlat(async () => {
      const peer = await Peer.open(gateway.url);
      for (let count = 0; count < CHUNKS; count++) peer.send(flood);
      await peer.settled();
      // Of a run that nobody can tell apart, it is told once.
      expect(peer.errors).toEqual(['audio_too_fast']);
      expect(peer.isOpen).toBe(true);
      await peer.close();
    });
    await expectUnharmed();
  });

  it('sends 1,000 malformed events, and is told of each by a code; the session answers afterwards', async () => {
    const codes = new Set<string>();
    await expectFlat(async () => {
      const peer = await Peer.open(gateway.url);
      for (let count = 0; count < MALFORMED; count++) peer.send(malformed(count));
      await peer.until(() => peer.errors.length === MALFORMED);
      for (const code of peer.errors) codes.add(code);
      expect(await peer.ask('how many shapes are there')).not.toBe('');
      expect(peer.errors).toHaveLength(MALFORMED);
      await peer.close();
    });
    expect([...codes].filter((code) => !(code in ERRORS))).toEqual([]);
    expect([...codes].filter((code) => ERRORS[code as keyof typeof ERRORS].status >= 500)).toEqual([]);
    expect(codes.size).toBeGreaterThan(2);
    await expectUnharmed();
  });

  it('asks for a call that there is not, and is refused as by HTTP', async () => {
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}v1/realtime?call_id=rtc_of_nobody`);
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
    const body = Buffer.concat(await response.toArray()).toString();
    expect(response.statusCode).toBe(404);
    expect(JSON.parse(body)).toMatchObject({ error: { code: 'not_found', type: 'invalid_request_error' } });
    await expectUnharmed();
  });

  it('answers a call that no tool was called by, and is told so with its own event id', async () => {
    const peer = await Peer.open(gateway.url);
    const item = { type: 'function_call_output', call_id: 'call_of_nobody', output: '{}' };
    peer.send({ type: 'conversation.item.create', event_id: 'mine', item });
    await peer.until(() => peer.count('error') === 1);
    const { error } = peer.events.find(({ type }) => type === 'error')!;
    expect(error).toMatchObject({ event_id: 'mine', code: expect.any(String) });
    expect(error!.code in ERRORS).toBe(true);
    expect(await peer.ask('how many shapes are there')).not.toBe('');
    await peer.close();
  });
});

/** One of many kinds. */
function malformed(count: number): unknown {
  const nested = '['.repeat(2000);
  const kinds: unknown[] = [
    '',
    '{',
    'null',
    '[]',
    '"session.update"',
    nested,
    Buffer.from([0, 1, 2, count % 256]),
    {},
    { type: count },
    { type: `unheard.of.${count}` },
    { type: 'session.update' },
    { type: 'session.update', session: 'none' },
    { type: 'session.update', session: { type: 'realtime', unheard_of: count } },
    { type: 'session.update', session: { audio: { input: { format: { type: 'audio/mp3' } } } } },
    { type: 'conversation.item.create' },
    { type: 'conversation.item.create', item: { type: 'message', role: 'user', content: 'text' } },
    { type: 'conversation.item.create', item: { type: 'message', role: 'nobody', content: [] } },
    { type: 'conversation.item.delete', item_id: `item_${count}` },
    { type: 'conversation.item.retrieve', item_id: 7 },
    { type: 'conversation.item.truncate', item_id: `item_${count}`, content_index: -1, audio_end_ms: 1 },
    { type: 'input_audio_buffer.append' },
    { type: 'input_audio_buffer.append', audio: 'not base64!' },
    { type: 'response.create', response: { max_output_tokens: -1 } },
    { type: 'response.cancel', response_id: 7 },
    { type: 'response.cancel' },
    { type: 'conversation.item.create', event_id: 'x'.repeat(100_000), item: null },
  ];
  return kinds[count % kinds.length];
}
