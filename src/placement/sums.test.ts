import type { MetricObject } from 'prom-client';
import { Metrics } from '../telemetry/metrics.js';
import { Placing } from './core/placing.js';
import { Sums } from './sums.js';

/** Real: what gateways count, and the sum. Made up: the processes. */
function gateways(count: number) {
  const each = Array.from({ length: count }, () => new Metrics());
  const placing = new Placing();
  each.forEach((_, number) => placing.up(number));
  const lost = new Map<number, number>();
  const told = async (number: number) =>
    placing.isUp(number) ? structuredClone((await each[number]?.json()) as MetricObject[]) : null;
  const ask = (() => Promise.all(each.map((_, number) => told(number)))) as never;
  const sums = new Sums({ ask, placing, lost, stopping: false }, count);
  const valueOf = async (metric: string) => {
    const { text } = await sums.metrics();
    const line = text.split('\n').find((one) => one.startsWith(`${metric} `));
    return line === undefined ? null : Number(line.slice(metric.length + 1));
  };
  const lose = (number: number) => {
    each[number]?.onModuleDestroy();
    each[number] = new Metrics();
    placing.down(number);
    lost.set(number, (lost.get(number) ?? 0) + 1);
  };
  const end = () => each.forEach((metrics) => metrics.onModuleDestroy());
  return { each, placing, valueOf, lose, end };
}

describe('Sums', () => {
  it('adds up what gateways count, or takes the worst', async () => {
    const { each, placing, valueOf, end } = gateways(2);
    const [a, b] = each;
    a?.sessionOpened();
    b?.sessionOpened();
    b?.sessionOpened();
    a?.rung(1);
    b?.rung(3);
    a?.latency({ speechEndToFirstTokenMs: 10, commitToFirstTokenMs: null });
    b?.latency({ speechEndToFirstTokenMs: 20, commitToFirstTokenMs: null });
    placing.tell(1, { open: 2, full: false });
    expect(await valueOf('visavis_sessions')).toBe(3);
    expect(await valueOf('visavis_sessions_total')).toBe(3);
    expect(await valueOf('visavis_admission_rung')).toBe(3);
    expect(await valueOf('visavis_event_loop_delay_resolution_seconds')).toBe(0.01);
    expect(await valueOf('visavis_speech_end_to_first_token_seconds_count')).toBe(2);
    expect(await valueOf('visavis_speech_end_to_first_token_seconds_bucket{le="0.01"}')).toBe(1);
    expect(await valueOf('visavis_gateways_up')).toBe(2);
    expect(await valueOf('visavis_gateway_sessions{gateway="1"}')).toBe(2);
    end();
  });

  it('keeps what a gateway had counted that is lost, and not what it had open', async () => {
    const { each, placing, valueOf, lose, end } = gateways(2);
    for (const metrics of each) metrics.sessionOpened();
    expect(await valueOf('visavis_sessions_total')).toBe(2);
    for (let times = 1; times <= 2; times += 1) {
      lose(1);
      expect(await valueOf('visavis_sessions_total')).toBe(1 + times);
      expect(await valueOf('visavis_sessions')).toBe(1);
      expect(await valueOf('visavis_gateways_up')).toBe(1);
      expect(await valueOf('visavis_gateways_lost_total{gateway="1"}')).toBe(times);
      placing.up(1);
      each[1]?.sessionOpened();
      expect(await valueOf('visavis_sessions_total')).toBe(2 + times);
      expect(await valueOf('visavis_sessions')).toBe(2);
    }
    end();
  });
});
