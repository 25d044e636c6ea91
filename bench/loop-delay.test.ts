import { Metrics } from '../src/telemetry/metrics.js';
import { readLoopDelay } from './loop-delay.js';

describe('readLoopDelay', () => {
  it("finds what the gateway's metrics say", async () => {
    const metrics = new Metrics();
    let delay = readLoopDelay(await metrics.text());
    // Nothing was read yet where the machine was too busy to let the timer tick.
    while (delay.p50 === 0) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      delay = readLoopDelay(await metrics.text());
    }
    const { p50, p95, p99, max, resolution } = delay;
    metrics.onModuleDestroy();
    expect(resolution).toBe(10);
    expect([p50, p95, p99, max]).toEqual([p50, p95, p99, max].toSorted((a, b) => a - b));
  });

  it('says what is missing', () => {
    expect(() => readLoopDelay('visavis_sessions 1\n')).toThrow('no visavis_event_loop_delay_seconds');
  });
});
