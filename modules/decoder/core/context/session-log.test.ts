import type { Segment } from '#modules/contracts';
import { SessionLog } from './session-log.js';

const edge = (id: string, at: 'open' | 'close'): Segment => ({ k: 'turn', id, role: 'user', edge: at });
const text = (id: string): Segment => ({ k: 'text', id, text: id });
const frame = (id: string): Segment => {
  return { k: 'frame', id, ptsMs: 0, image: { width: 1, height: 1, data: new Uint8Array(3) } };
};
const block = (id: string, utterance: string, final = false): Segment => {
  return { k: 'audio', id, ptsMs: 0, pcm: new Float32Array(1), final, utterance };
};

/** A log whose operations are numbered as they come, in a session that opened with one row. */
function begin() {
  const log = new SessionLog({ seq: 0, epoch: 0, tokens: 1 });
  let seq = 0;
  return {
    log,
    append: (segment: Segment, tokens = 1) => log.append(++seq, segment, tokens),
    accept: (...tokens: number[]) => log.accept(++seq, { k: 'answer', id: `gen ${seq}`, tokens }),
    redact: (...ids: string[]) => log.redact(++seq, ids),
    rollback: (to: Parameters<SessionLog['rollback']>[1]) => log.rollback(++seq, to),
    evict: (keepFrames: number, targetTokens: number) => log.evict(++seq, { keepFrames, targetTokens }),
  };
}

const ids = (log: SessionLog) =>
  log.entries.map((entry) => {
    if (!entry) return null;
    return entry.content.k === 'answer' ? `answer ${entry.content.tokens.join()}` : entry.content.segment.id;
  });

describe('SessionLog', () => {
  it('counts rows and positions', () => {
    const { log, append, accept } = begin();
    append(edge('u', 'open'));
    append(frame('f'), 37);
    append(edge('u', 'close'));
    expect(accept(7, 8)).toEqual({ seq: 4, epoch: 0, tokens: 1 + 1 + 37 + 1 + 4 });
    expect(log.entries.map((entry) => entry?.position)).toEqual([1, 2, 39, 40]);
  });

  it('takes a segment once', () => {
    const { log, append } = begin();
    append(text('a'), 5);
    expect(append(text('a'), 5)).toEqual({ seq: 2, epoch: 0, tokens: 6 });
    expect(ids(log)).toEqual(['a']);
  });

  it('goes back, and takes what it went back over again', () => {
    const { log, append, rollback } = begin();
    const at = append(text('a'), 2);
    append(text('b'), 3);
    expect(rollback(at)).toEqual({ seq: 3, epoch: 0, tokens: 3 });
    append(text('b'), 3);
    expect(ids(log)).toEqual(['a', 'b']);
    rollback(at);
    expect(log.head.tokens).toBe(3);
  });

  it('knows a point by the last operation up to it, and not one that was undone', () => {
    const { log, append, rollback } = begin();
    const start = log.head;
    const undone = append(text('a'), 2);
    rollback(start);
    append(text('b'), 3);
    expect(() => log.lengthAt(undone)).toThrow(/gone/);
    expect(log.lengthAt({ seq: 2, epoch: 0, tokens: 1 })).toBe(0);
    expect(log.lengthAt({ seq: 99, epoch: 0, tokens: 4 })).toBe(1);
  });

  it('lets go what is evicted; what stays keeps its position', () => {
    const { log, append, accept, evict } = begin();
    for (const turn of ['t1', 't2']) {
      append(edge(turn, 'open'));
      append(frame(`${turn}f`), 10);
      append(edge(turn, 'close'));
      accept(1);
    }
    const before = append(edge('t3', 'open'));
    expect(evict(1, 1000)).toEqual({ freed: 10, dropped: ['t1f'] });
    expect(ids(log)).toEqual(['t1', 't1', 'answer 1', 't2', 't2f', 't2', 'answer 1', 't3']);
    expect(log.entries.map((entry) => entry?.position)).toEqual([1, 12, 13, 16, 17, 27, 28, 31]);
    expect(log.head).toMatchObject({ epoch: 1, tokens: before.tokens - 10 });
    expect(() => log.lengthAt(before)).toThrow(/gone/);
    // The oldest exchange as a whole, with its answer.
    expect(evict(1, 17)).toMatchObject({ freed: 1 + 1 + 3 });
    expect(ids(log)).toEqual(['t2', 't2f', 't2', 'answer 1', 't3']);
    expect(append(text('on'), 1)).toMatchObject({ epoch: 2 });
    expect(log.entries.at(-1)?.position).toBe(32);
  });

  it('lets go the sound of an utterance that was given up, and the points inside of it', () => {
    const { log, append } = begin();
    append(edge('u', 'open'));
    const before = append(block('a1', 'a', true), 4);
    append(block('b1', 'b'), 0);
    const inside = append(block('b2', 'b'), 0);
    append(block('c1', 'c'), 0);
    append(block('c2', 'c', true), 4);
    expect(ids(log)).toEqual(['u', 'a1', null, null, 'c1', 'c2']);
    expect(log.lengthAt(before)).toBe(2);
    expect(() => log.lengthAt(inside)).toThrow(/gone/);
  });

  it('tells whoever replays it that entries were taken out', () => {
    const { log, append, rollback, evict } = begin();
    const at = append(text('a'), 2);
    const { revision } = log;
    append(text('b'), 2);
    rollback(log.head);
    expect(log.revision).toBe(revision);
    rollback(at);
    evict(1, 1000);
    expect(log.revision).toBe(revision + 2);
  });

  it('knows what an edge takes once it has seen one, and where it fits', () => {
    const { log, append } = begin();
    expect(log.edge({ k: 'turn', id: 'a', role: 'user', edge: 'open' })).toBeNull();
    append(edge('a', 'open'), 2);
    append(edge('a', 'close'), 3);
    expect(log.edge({ k: 'turn', id: 'b', role: 'user', edge: 'open' })).toBe(2);
    expect(log.edge({ k: 'turn', id: 'b', role: 'user', edge: 'close' })).toBeNull();
    append(edge('b', 'open'), 2);
    expect(log.edge({ k: 'turn', id: 'c', role: 'user', edge: 'open' })).toBeNull();
    expect(log.edge({ k: 'turn', id: 'b', role: 'user', edge: 'close' })).toBe(3);
    expect(log.edge({ k: 'turn', id: 'a', role: 'user', edge: 'close' })).toBeNull();
  });

  it('takes out what is redacted; what lies behind moves up', () => {
    const { log, append, accept, redact } = begin();
    append(edge('u', 'open'));
    append(frame('f'), 10);
    append(block('a1', 'a'), 0);
    append(block('a2', 'a', true), 4);
    append(edge('u', 'close'));
    accept(1);
    expect(redact('f')).toEqual({ freed: 10, dropped: ['f'] });
    expect(log.head).toMatchObject({ epoch: 1, tokens: 1 + 1 + 4 + 1 + 3 });
    expect(log.entries.map((entry) => entry?.position)).toEqual([1, 2, 2, 6, 7]);
    // By its name an utterance goes with all its blocks.
    expect(redact('a')).toEqual({ freed: 4, dropped: ['a2'] });
    expect(ids(log)).toEqual(['u', 'u', 'answer 1']);
  });

  it('counts an exchange no more whose turn was taken out with its edges', () => {
    const { log, append, accept, evict, redact } = begin();
    const exchange = (id: string) => {
      append(edge(id, 'open'));
      append(block(`${id}1`, `${id} sound`), 0);
      append(block(`${id}2`, `${id} sound`, true), 3);
      append(edge(id, 'close'));
    };
    for (const id of ['a', 'b', 'c']) exchange(id);
    redact('c', 'c2');
    expect(ids(log)).toEqual(['a', 'a1', 'a2', 'a', 'b', 'b1', 'b2', 'b', 'c1']);
    accept();
    // That of `b` is the one under way.
    expect(evict(0, 0).dropped).toEqual(['a', 'a2', 'a']);
  });

  it('lets go all blocks of an utterance that is evicted, also those without tokens', () => {
    const { log, append, accept, evict, redact } = begin();
    append(edge('a', 'open'));
    append(block('a1', 'sound'), 0);
    append(block('a2', 'sound', true), 3);
    append(edge('a', 'close'));
    accept();
    append(edge('b', 'open'));
    append(text('b1'), 2);
    append(edge('b', 'close'));
    expect(evict(0, 0).dropped).toEqual(['a', 'a2', 'a', 'gen 5']);
    expect(redact('nobody')).toEqual({ freed: 0, dropped: [] });
    expect(ids(log)).toEqual(['b', 'b1', 'b']);
    expect(log.entries.map((entry) => entry?.position)).toEqual([1, 2, 4]);
  });

  it('closes up what was evicted where a redaction may concern that', () => {
    const { log, append, evict, redact } = begin();
    append(edge('u', 'open'));
    append(frame('f'), 10);
    append(frame('g'), 10);
    append(text('t'), 2);
    evict(1, 1000);
    expect(log.entries.map((entry) => entry?.position)).toEqual([1, 12, 22]);
    redact('f');
    expect(log.entries.map((entry) => entry?.position)).toEqual([1, 2, 12]);
    expect(append(text('on')).tokens).toBe(15);
    expect(log.entries.at(-1)?.position).toBe(14);
  });
});
