import { IceAgent } from './agent.js';
import type { Check, OwnCheck } from './agent-ports.js';
import type { Path } from './pair.js';

/** Real: the agent. The outside is written down. */
class Bench {
  readonly sent: { path: Path; check: OwnCheck }[] = [];
  readonly accepted: string[] = [];
  readonly refused: [id: string, code: number][] = [];
  readonly told: string[] = [];
  nowMs = 0;
  #ids = 0;
  readonly agent = new IceAgent({
    tieBreaker: 5n,
    ports: {
      check: (path, check) => void this.sent.push({ path, check }),
      accept: (_path, id) => void this.accepted.push(id),
      refuse: (_path, id, code) => void this.refused.push([id, code]),
      newId: () => `ours-${(this.#ids += 1)}`,
      random: () => 0.5,
      onChecked: () => void this.told.push('checked'),
      onConnected: () => void this.told.push('connected'),
      onLost: () => void this.told.push('lost'),
    },
  });

  constructor() {
    this.agent.start();
  }

  pass(ms: number): void {
    for (const end = this.nowMs + ms; this.nowMs < end;) {
      this.nowMs += 20;
      this.agent.tick(this.nowMs);
    }
  }

  checkFrom(path: Path, more: Partial<Check> = {}): void {
    const check = { priority: 1000, useCandidate: false, role: 'controlling' as const, tieBreaker: 1n };
    this.agent.onCheck(path, { id: `theirs-${this.accepted.length}`, ...check, ...more }, this.nowMs);
  }

  /** The client answers the last check that went to the path. */
  answer(path: Path): void {
    const last = this.sent.findLast((s) => s.path.port === path.port && s.path.local === path.local);
    if (last) this.agent.onAnswer(path, last.check.id, this.nowMs);
  }

  connect(path: Path): void {
    this.checkFrom(path, { useCandidate: true });
    this.answer(path);
  }
}

const at = (port: number, local = 0): Path => ({ local, host: '192.0.2.7', port });

describe('connecting', () => {
  test('a client without a single candidate is found by its own check', () => {
    const b = new Bench();
    b.pass(20_000);
    expect(b.sent).toEqual([]);
    b.checkFrom(at(1000), { useCandidate: true });
    expect([b.accepted.length, b.sent[0]?.path]).toEqual([1, at(1000)]);
    expect(b.agent.selected).toBeNull();
    b.answer(at(1000));
    expect([b.agent.selected, b.told]).toEqual([at(1000), ['checked', 'connected']]);
  });

  test('candidates are checked by priority, 50 ms apart, and given up for good only by us: a check revives them', () => {
    const b = new Bench();
    b.agent.addCandidate(at(1), 10, 0);
    b.agent.addCandidate(at(2), 20, 0);
    b.pass(20);
    expect(b.sent.map((s) => s.path.port)).toEqual([2]);
    b.pass(60);
    expect(b.sent.map((s) => s.path.port)).toEqual([2, 1]);
    b.pass(30_000);
    const tries = b.sent.length;
    expect(tries).toBe(14);
    b.connect(at(1));
    expect(b.agent.selected).toEqual(at(1));
  });

  test('a lost answer is asked for again', () => {
    const b = new Bench();
    b.checkFrom(at(1), { useCandidate: true });
    b.pass(600);
    expect(b.sent.map((s) => s.check.id)).toEqual(['ours-1', 'ours-1']);
  });

  test('an answer from elsewhere proves nothing', () => {
    const b = new Bench();
    b.checkFrom(at(1), { useCandidate: true });
    b.agent.onAnswer(at(2), b.sent[0]!.check.id, 0);
    expect(b.agent.selected).toBeNull();
  });

  test('to a lite client we nominate, once a check has succeeded', () => {
    const b = new Bench();
    b.agent.controlling = true;
    b.agent.addCandidate(at(1), 10, 0);
    b.pass(20);
    b.answer(at(1));
    expect(b.sent.map((s) => s.check.nominates)).toEqual([false, true]);
    expect(b.agent.selected).toBeNull();
    b.answer(at(1));
    expect(b.agent.selected).toEqual(at(1));
  });

  test('where both claim to control, the larger number does', () => {
    const b = new Bench();
    b.agent.controlling = true;
    b.checkFrom(at(1), { tieBreaker: 4n });
    expect(b.refused).toEqual([['theirs-0', 487]]);
    b.checkFrom(at(1), { tieBreaker: 6n, useCandidate: true });
    expect([b.agent.controlling, b.accepted.length]).toEqual([false, 1]);
  });
});

describe('nominations', () => {
  test('the newest is followed, in both directions', () => {
    const b = new Bench();
    b.connect(at(1));
    b.connect(at(2));
    expect(b.agent.selected).toEqual(at(2));
    b.checkFrom(at(1), { useCandidate: true, id: 'anew' });
    expect(b.agent.selected).toEqual(at(1));
    expect(b.told).toEqual(['checked', 'connected']);
  });

  test('a repeated check is no newer nomination', () => {
    const b = new Bench();
    b.checkFrom(at(1), { useCandidate: true, id: 'first' });
    b.answer(at(1));
    b.connect(at(2));
    b.checkFrom(at(1), { useCandidate: true, id: 'first' });
    expect(b.agent.selected).toEqual(at(2));
  });

  test('an older one whose check comes in late does not undo a newer one', () => {
    const b = new Bench();
    b.checkFrom(at(1), { useCandidate: true });
    b.pass(20);
    b.connect(at(2));
    b.answer(at(1));
    expect(b.agent.selected).toEqual(at(2));
  });

  test('aggressive nomination: of two that are nominated in turns the better one stays', () => {
    const b = new Bench();
    for (const port of [1, 2]) {
      b.checkFrom(at(port), { useCandidate: true, priority: port * 1000 });
      b.answer(at(port));
      b.pass(40);
    }
    for (let i = 0; i < 6; i += 1) {
      b.checkFrom(at((i % 2) + 1), { useCandidate: true });
      b.pass(40);
    }
    expect(b.agent.selected).toEqual(at(2));
  });

  test('one that has not answered us is not taken, whoever sends its check: it may have been recorded', () => {
    const b = new Bench();
    b.connect(at(1));
    b.checkFrom(at(66), { useCandidate: true });
    b.pass(3000);
    expect(b.agent.selected).toEqual(at(1));
    expect(b.agent.onDatagram(at(66), b.nowMs)).toBe(false);
  });
});

describe('what is not STUN', () => {
  test('counts before a pair is selected where an authenticated check came from, and nowhere else', () => {
    const b = new Bench();
    b.checkFrom(at(1));
    expect([b.agent.onDatagram(at(1), 0), b.agent.onDatagram(at(2), 0)]).toEqual([true, false]);
  });

  test('counts afterwards from where the client has answered us', () => {
    const b = new Bench();
    b.connect(at(1));
    b.checkFrom(at(2));
    expect(b.agent.onDatagram(at(2), 0)).toBe(false);
    b.answer(at(2));
    expect([b.agent.onDatagram(at(2), 0), b.agent.onDatagram(at(1), 0)]).toEqual([true, true]);
    expect(b.agent.selected).toEqual(at(1));
  });
});

describe('a client that moves without a nomination', () => {
  /** The client sends every 20 ms from one port, and answers checks there. */
  const live = (b: Bench, port: number, ms: number) => {
    for (let i = 0; i < ms; i += 20) {
      b.pass(20);
      b.agent.onDatagram(at(port), b.nowMs);
      b.answer(at(port));
    }
  };

  test('is followed within two seconds of its first packet from there', () => {
    const b = new Bench();
    b.connect(at(1));
    live(b, 1, 3000);
    live(b, 2, 1500);
    expect(b.agent.selected).toEqual(at(2));
  });

  test('its next check is enough, where it sends nothing else', () => {
    const b = new Bench();
    b.connect(at(1));
    b.pass(4000);
    b.checkFrom(at(2));
    b.answer(at(2));
    b.pass(1000);
    expect(b.agent.selected).toEqual(at(2));
  });

  test('is not thought to have moved because it keeps a second path warm', () => {
    const b = new Bench();
    b.connect(at(1));
    for (let i = 0; i < 10; i += 1) {
      b.pass(2500);
      b.checkFrom(at(2), { id: `warm-${i}` });
      b.answer(at(2));
      b.answer(at(1));
    }
    expect(b.agent.selected).toEqual(at(1));
  });

  test('strangers who send while the client is there move nothing and are asked nothing', () => {
    const b = new Bench();
    b.connect(at(1));
    for (let i = 0; i < 100; i += 1) {
      live(b, 1, 20);
      b.agent.onDatagram(at(9), b.nowMs);
    }
    expect(b.sent.some((s) => s.path.port === 9)).toBe(false);
  });

  test('strangers who send while the client is silent are asked five times a second at most', () => {
    const b = new Bench();
    b.connect(at(1));
    b.pass(1000);
    for (let i = 0; i < 1000; i += 1) {
      if (i % 20 === 0) b.pass(20);
      b.agent.onDatagram(at(10_000 + i), b.nowMs);
    }
    expect(b.sent.filter((s) => s.path.port >= 10_000).length).toBeLessThanOrEqual(6);
    expect(b.agent.selected).toEqual(at(1));
  });
});

describe('consent', () => {
  test('is asked for every 5 s, and its loss after 30 s is told once', () => {
    const b = new Bench();
    b.connect(at(1));
    for (let i = 0; i < 12; i += 1) {
      b.pass(5000);
      b.answer(at(1));
    }
    expect(b.told).not.toContain('lost');
    b.pass(60_000);
    expect(b.told.filter((t) => t === 'lost')).toHaveLength(1);
    expect(b.agent.selected).toBeNull();
  });
});

test('a client that makes up addresses without end costs a bounded table, and keeps its call', () => {
  const b = new Bench();
  b.connect(at(1));
  for (let port = 2; port < 5000; port += 1) b.checkFrom(at(port));
  b.connect(at(6000));
  expect(b.agent.selected).toEqual(at(6000));
});
