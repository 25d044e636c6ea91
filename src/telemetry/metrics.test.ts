import { Metrics } from './metrics.js';
import { prefersOpenMetrics } from './open-metrics.js';

describe('Metrics', () => {
  let metrics: Metrics;
  beforeEach(() => (metrics = new Metrics()));
  afterEach(() => metrics.onModuleDestroy());

  it('counts calls, and forgets the context of a closed one', async () => {
    metrics.sessionOpened();
    metrics.sessionOpened();
    metrics.context('a', 100);
    metrics.context('b', 50);
    metrics.sessionClosed('a', 'hangup');
    const text = await metrics.text();
    expect(text).toContain('visavis_sessions 1\n');
    expect(text).toContain('visavis_sessions_total 2\n');
    expect(text).toContain('visavis_kv_tokens 50\n');
    expect(text).toContain('visavis_sessions_ended_total{reason="hangup"} 1');
  });

  it('counts drops by reason, errors by code and turns by status', async () => {
    metrics.drop('duplicate', 3);
    metrics.error('invalid_json');
    metrics.turn('completed');
    const text = await metrics.text();
    expect(text).toContain('visavis_drops_total{reason="duplicate"} 3');
    expect(text).toContain('visavis_errors_total{code="invalid_json"} 1');
    expect(text).toContain('visavis_turns_total{status="completed"} 1');
  });

  it('tells its troubles by label, to a scraper and to a reader', async () => {
    metrics.refused('bad_sdp');
    metrics.refused('bad_sdp');
    metrics.guarded('audio');
    metrics.lost('hearing');
    metrics.drop('late', 3);
    const text = await metrics.text();
    expect(text).toContain('visavis_offers_refused_total{code="bad_sdp"} 2');
    expect(text).toContain('visavis_guarded_exceptions_total{where="audio"} 1');
    expect(text).toContain('visavis_parts_lost_total{part="hearing"} 1');
    expect(metrics.troubles()).toEqual({
      refused_offers: { bad_sdp: 2 },
      guarded_exceptions: { audio: 1 },
      drops: { late: 3 },
      parts_lost: { hearing: 1 },
    });
  });

  it('observes both latencies in seconds, and only those there are', async () => {
    metrics.latency({ speechEndToFirstTokenMs: null, commitToFirstTokenMs: 8 });
    const text = await metrics.text();
    expect(text).toContain('visavis_speech_end_to_first_token_seconds_count 0');
    expect(text).toContain('visavis_commit_to_first_token_seconds_bucket{le="0.01"} 1');
  });

  it('reads what others count when it is scraped', async () => {
    const dropped = new Map<string, number>();
    metrics.observe({ name: 'visavis_x', help: 'X.', label: 'reason' }, () => dropped);
    metrics.observe({ name: 'visavis_y', help: 'Y.' }, () => new Map([['', 7]]));
    dropped.set('overload', 32);
    const text = await metrics.text();
    expect(text).toContain('visavis_x{reason="overload"} 32\n');
    expect(text).toContain('visavis_y 7\n');
  });

  it('tells what answers begun ahead gained and wasted', async () => {
    metrics.speculation({ kind: 'speech', outcome: 'resumed', tokens: 7, gainMs: 0 });
    metrics.speculation({ kind: 'speech', outcome: 'used', tokens: 3, gainMs: 35 });
    const text = await metrics.text();
    expect(text).toContain('visavis_speculations_total{kind="speech",outcome="resumed"} 1');
    expect(text).toContain('visavis_speculative_tokens_total{kind="speech",fate="wasted"} 7');
    expect(text).toContain('visavis_speculative_tokens_total{kind="speech",fate="used"} 3');
    expect(text).toContain('visavis_speculation_gain_seconds_bucket{le="0.04"} 1');
    expect(text).toContain('visavis_speculation_gain_seconds_count 1');
  });

  it('tells what keeps the process alive: timers as they come and go', async () => {
    const timers = async () =>
      Number(/nodejs_active_resources{type="Timeout"} (\d+)/.exec(await metrics.text())?.[1] ?? 0);
    const before = await timers();
    const timer = setTimeout(() => undefined, 60_000);
    expect(await timers()).toBe(before + 1);
    clearTimeout(timer);
    expect(await timers()).toBe(before);
  });

  it('reports the delay of the event loop', async () => {
    const text = await metrics.text();
    for (const quantile of ['0.5', '0.95', '0.99', '1']) {
      expect(text).toMatch(new RegExp(`visavis_event_loop_delay_seconds{quantile="${quantile}"} [\\d.e-]+`));
    }
  });
});

describe('OpenMetrics', () => {
  let metrics: Metrics;
  beforeEach(() => (metrics = new Metrics()));
  afterEach(() => metrics.onModuleDestroy());

  it('has the trace of a turn as the exemplar of its bucket, and leaves the other form as it is', async () => {
    const before = (await metrics.text()).match(/^# TYPE .*/gm);
    const span = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
    metrics.latency({ speechEndToFirstTokenMs: 700, commitToFirstTokenMs: null }, span);
    metrics.turn('completed');
    const { contentType, text } = metrics.scraped(true);
    expect(contentType).toContain('application/openmetrics-text');
    const lines = await text;
    expect(lines).toMatch(
      /visavis_speech_end_to_first_token_seconds_bucket\{le="0\.75"\} 1 # \{trace_id="0af7651916cd43dd8448eb211c80319c",span_id="b7ad6b7169203331"\} 0\.7 /,
    );
    expect(lines).toContain('visavis_turns_total{status="completed"} 1');
    expect(lines.endsWith('# EOF\n')).toBe(true);
    expect((await metrics.text()).match(/^# TYPE .*/gm)).toEqual(before);
  });

  it.each([
    [undefined, false],
    ['*/*', false],
    ['text/plain', false],
    ['application/openmetrics-text', true],
    [
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
      true,
    ],
    ['application/openmetrics-text;version=9.0.0', false],
    ['application/openmetrics-text;q=0.1, text/plain', false],
  ])('is what a scraper gets that asks for %s: %s', (accept, open) => {
    expect(prefersOpenMetrics(accept)).toBe(open);
  });
});

describe('cardinality', () => {
  it('is bounded for every label that a value may come to from outside', async () => {
    const metrics = new Metrics();
    metrics.observe(
      { name: 'visavis_x', help: 'X.', label: 'reason' },
      () => new Map(Array.from({ length: 5000 }, (_, index) => [`r${index}`, 1])),
    );
    const before = (await metrics.text()).split('\n').length;
    for (let index = 0; index < 5000; index++) {
      const value = `v${index}`;
      metrics.drop(value);
      metrics.error(value);
      metrics.refused(value);
      metrics.guarded(value);
      metrics.lost(value);
      metrics.turn(value);
      metrics.sessionOpened();
      metrics.context(value, 1);
      metrics.sessionClosed(value, value);
    }
    const text = await metrics.text();
    // Seven counters, each of a hundred values and `other`.
    expect(text.split('\n').length - before).toBe(7 * 101);
    expect(text).toContain('visavis_drops_total{reason="other"} 4900');
    metrics.onModuleDestroy();
  });
});
