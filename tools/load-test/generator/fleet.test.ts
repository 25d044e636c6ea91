import { lives } from '../scenario/life.js';
import { parseScenario } from '../scenario/read.js';
import { addGenerated, ordersOf } from './fleet.js';
import type { Generated } from './generator.js';

const scenario = (processes: number, maxCalls: number) =>
  parseScenario(
    `name: test
about: ''
durationS: 60
arrival: { kind: steady, callsPerMinute: 11 }
maxCalls: ${maxCalls}
processes: ${processes}
call: { turns: [1, 1], gapMs: [0, 0], endpointDelaysMs: [300], answerWithinMs: 1000, camera: false }
thresholds: {}`,
    'test.yaml',
  );
const target = { url: 'http://127.0.0.1:1', apiKey: null, kind: 'visavis' as const, model: null };

describe('ordersOf', () => {
  it.each([
    [1, 7],
    [3, 7],
    [4, 8],
    [5, 2],
  ])('deals all calls out to %d generators, and %d at once', (processes, maxCalls) => {
    const all = scenario(processes, maxCalls);
    const planned = lives(all, 5);
    const orders = ordersOf({ scenario: all, target, lives: planned });
    expect(orders.flatMap((order) => order.lives).toSorted((a, b) => a.n - b.n)).toEqual(planned);
    expect(orders.reduce((sum, order) => sum + order.maxCalls, 0)).toBe(maxCalls);
    expect(orders.every((order) => order.maxCalls > 0)).toBe(true);
  });
});

describe('addGenerated', () => {
  const one = (late: number, sent: number): Generated => ({
    calls: [],
    skipped: 1,
    lateness: { loopP99Ms: late, loopMaxMs: late, pacingP99Ms: 10 - late, pacingMaxMs: 10 },
    network: {
      up: { sent, overtook: 0, lost: { loss: 1, burst: 2, queue: 3 } },
      down: { sent, overtook: 1, lost: { loss: 0, burst: 0, queue: 0 } },
    },
  });

  it('is as late as the latest, and has lost what all have lost', () => {
    const { skipped, lateness, network } = addGenerated([one(2, 10), one(7, 20)]);
    expect(skipped).toBe(2);
    expect(lateness).toEqual({ loopP99Ms: 7, loopMaxMs: 7, pacingP99Ms: 8, pacingMaxMs: 10 });
    expect(network?.up).toEqual({ sent: 30, overtook: 0, lost: { loss: 2, burst: 4, queue: 6 } });
  });
});
