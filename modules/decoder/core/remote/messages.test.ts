import type { Segment, VideoSource } from '#modules/contracts';
import { RemoteLog } from './remote-log.js';
import { BodyWriter } from './body.js';
import { Json, toMessages } from './messages.js';

const COSTS = { frame: 36, sound: 0, second: 16 };
const turn = (edge: 'open' | 'close', role: 'user' | 'system' | 'assistant' = 'user'): Segment => ({
  k: 'turn',
  id: `${role}${count++}`,
  role,
  edge,
});
let count = 0;
const text = (words: string): Segment => ({ k: 'text', id: `t${count++}`, text: words });
const call = (callId: string): Segment => ({
  k: 'call',
  id: `c${callId}`,
  callId,
  name: 'f',
  arguments: '{}',
});
const result = (callId: string): Segment => ({
  k: 'result',
  id: `r${callId}`,
  callId,
  output: `of ${callId}`,
});
const frame = (id: string, source?: VideoSource): Segment => ({
  k: 'frame',
  id,
  ptsMs: 0,
  ...(source && { source }),
  image: { width: 1, height: 1, data: new Uint8Array(3) },
});

function logOf(...segments: readonly Segment[]): RemoteLog {
  const log = new RemoteLog({ system: 'Be kind.', costs: COSTS, tools: true, maxTokens: 4096 });
  for (const segment of segments) {
    const medium = segment.k === 'frame' ? new Json(`{"is":"${segment.id}"}`) : undefined;
    log.check(segment, log.cost(segment));
    log.append(log.head.seq + 1, segment, log.cost(segment), medium);
  }
  return log;
}
const listOf = (log: RemoteLog, systemAmid = true) =>
  JSON.parse(
    Buffer.concat(
      new BodyWriter().messages(toMessages(log.entries, log, { system: log.system, systemAmid })).end(),
    ).toString(),
  ) as unknown[];
const say = (log: RemoteLog, ...pieces: string[]) =>
  log.accept(log.head.seq + 1, { genId: `g${count++}`, pieces, calls: [] });

describe('toMessages', () => {
  beforeEach(() => (count = 0));

  it('is one system message, and one message of parts a turn', () => {
    const log = logOf(turn('open'), frame('f1'), frame('f2'), text('what'), turn('close'));
    say(log, 'a', ' star');
    expect(listOf(log)).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: [{ is: 'f1' }, { is: 'f2' }, { type: 'text', text: 'what' }] },
      { role: 'assistant', content: 'a star' },
    ]);
  });

  it('says before each picture of the screen whose it is, and goes without where the picture has gone', () => {
    const log = logOf(
      turn('open'),
      frame('f1', 'camera'),
      frame('f2', 'screen'),
      frame('f3', 'camera'),
      frame('f4', 'screen'),
      turn('close'),
    );
    const mark = { type: 'text', text: 'On the shared screen:' };
    const content = [{ is: 'f1' }, mark, { is: 'f2' }, { is: 'f3' }, mark, { is: 'f4' }];
    expect(listOf(log).at(-1)).toEqual({ role: 'user', content });
    expect(log.cost(frame('f5', 'screen'))).toBeGreaterThan(log.cost(frame('f5', 'camera')));
    log.redact(log.head.seq + 1, ['f2']);
    expect(listOf(log).at(-1)).toEqual({
      role: 'user',
      content: [{ is: 'f1' }, { is: 'f3' }, mark, { is: 'f4' }],
    });
  });

  it('joins turns that no answer parts, also where of an answer nothing was heard', () => {
    const log = logOf(turn('open'), text('a'), turn('close'));
    say(log);
    log.append(log.head.seq + 1, turn('open'), 1);
    log.append(log.head.seq + 1, text('b'), 1);
    expect(listOf(log).at(-1)).toEqual({
      role: 'user',
      content: ['a', 'b'].map((words) => ({ type: 'text', text: words })),
    });
  });

  it('has something stand for a turn in which there is nothing', () => {
    expect(listOf(logOf(turn('open'), turn('close'))).at(-1)).toMatchObject({
      role: 'user',
      content: [{ type: 'text', text: '…' }],
    });
  });

  it('puts instructions where they came, or all of them at the head', () => {
    const log = logOf(turn('open'), text('a'), turn('close'));
    for (const segment of [turn('open', 'system'), text('Be short.'), turn('close', 'system')])
      log.append(log.head.seq + 1, segment, 1);
    expect(listOf(log).at(-1)).toEqual({ role: 'system', content: 'Be short.' });
    expect(listOf(log, false)[0]).toEqual({ role: 'system', content: 'Be kind.\n\nBe short.' });
  });

  it('keeps calls together, and each result behind its call, whenever it came', () => {
    const log = logOf(call('1'), call('2'), turn('open'), text('b'), turn('close'), result('1'));
    const list = listOf(log) as { role: string; content: unknown; tool_calls?: unknown[] }[];
    expect(list.map(({ role }) => role)).toEqual(['system', 'assistant', 'tool', 'tool', 'user']);
    expect(list[1]?.tool_calls).toHaveLength(2);
    expect(list.slice(2, 4).map(({ content }) => content)).toEqual(['of 1', '(no result yet)']);
  });

  it('tells in words a result whose call is gone', () => {
    expect(listOf(logOf(result('9'))).at(-1)).toEqual({
      role: 'user',
      content: [{ type: 'text', text: 'of 9' }],
    });
  });

  it('is a prefix of what it is later, part by part', () => {
    const script = [
      turn('open'),
      frame('f1'),
      frame('f2', 'screen'),
      text('a'),
      turn('close'),
      turn('open'),
      frame('f3'),
      text('b'),
      turn('close'),
    ];
    const flat = (log: RemoteLog) =>
      toMessages(log.entries, log, { system: log.system, systemAmid: true }).flatMap((message) =>
        message.role === 'user' ? message.content.map((part) => part.text) : [JSON.stringify(message)],
      );
    let before: string[] = [];
    for (let length = 0; length <= script.length; length += 1) {
      const now = flat(logOf(...script.slice(0, length)));
      expect(now.slice(0, before.length)).toEqual(before);
      before = now;
    }
  });
});

describe('RemoteLog', () => {
  it('keeps no pixels and no samples of what is part of a request', () => {
    const log = logOf(turn('open'), frame('f'));
    const [, entry] = log.entries;
    expect(entry?.content).toMatchObject({ segment: { id: 'f', image: { data: new Uint8Array(0) } } });
    expect(log.known('f')?.medium?.text).toBe('{"is":"f"}');
  });

  it('lets go what leaves it', () => {
    const log = logOf(turn('open'), frame('f1'), frame('f2'));
    const mark = log.head;
    log.append(log.head.seq + 1, frame('f3'), 37, new Json('{}'));
    log.rollback(log.head.seq + 1, mark);
    expect(log.medium('f3')).toBeNull();
    const { dropped } = log.evict(log.head.seq + 1, { keepFrames: 1, targetTokens: 4096 });
    expect([dropped, log.medium('f1'), log.frames]).toEqual([['f1'], null, 1]);
    expect(() => log.rollback(log.head.seq + 1, mark)).toThrow(/gone/);
  });

  it('goes back 256 operations and no further', () => {
    const log = logOf(turn('open'));
    const mark = log.head;
    expect(() => log.rollback(mark.seq + 300, mark)).toThrow(/too old/);
  });

  it('is full sooner where the server counts more than was estimated', () => {
    const log = new RemoteLog({ system: '', costs: COSTS, tools: false, maxTokens: 100 });
    log.append(1, turn('open'), 1);
    expect(() => log.check(frame('f'), 37)).not.toThrow();
    log.learn(60, 15);
    expect(() => log.check(frame('f'), 37)).toThrow(/full/);
  });
});
