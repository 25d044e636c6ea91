import type { AsideOptions, EngineSession, GenEvent, GenerateOptions, Segment } from '#modules/contracts';

// Loaded by Node as it is (test/support/calling-gateway.mjs): erasable TypeScript only, and types alone are imported.

/**
 * A session that calls tools, made out of one that does not, for tests: where an answer may call, it calls every tool that it
 * is offered (or the one that it must), once a turn; once results have come it says them; all else is the other session's.
 * The arguments come in pieces: `{"question": …}`, what was typed last. Of its scripted answers the other's context holds
 * nothing.
 */
export class CallingSession implements EngineSession {
  readonly onLost: NonNullable<EngineSession['onLost']>;
  private readonly inner: EngineSession;
  private typed = '';
  /** Results that nothing was said about yet. */
  private results: string[] = [];
  private called = false;
  private scripted: string | null = null;
  private calls = 0;
  private generations = 0;

  constructor(inner: EngineSession) {
    this.inner = inner;
    this.onLost = (listener) => inner.onLost?.(listener);
  }

  get head() {
    return this.inner.head;
  }

  async append(segment: Segment, o?: Parameters<EngineSession['append']>[1]) {
    if (segment.k === 'result') this.results.push(segment.output);
    if (segment.k === 'turn' && segment.edge === 'open') this.called = false;
    if (segment.k === 'text') this.typed = segment.text;
    if (segment.k !== 'call' && segment.k !== 'result') return this.inner.append(segment, o);
    return { at: this.head, tokens: 0, ms: { queue: 0, encode: 0, prefill: 0 } };
  }

  generate(o: GenerateOptions): AsyncGenerator<GenEvent> {
    const { tools = [], toolChoice = 'auto' } = o;
    const offered =
      typeof toolChoice === 'object' ? tools.filter(({ name }) => name === toolChoice.name) : tools;
    const { results } = this;
    if (results.length > 0) {
      this.results = [];
      return this.tell(results.map((text) => ({ text })));
    }
    if (offered.length === 0 || this.called) {
      this.scripted = null;
      return this.inner.generate(o);
    }
    this.called = true;
    return this.tell(offered.map(({ name }) => ({ name })));
  }

  private async *tell(said: readonly ({ text: string } | { name: string })[]): AsyncGenerator<GenEvent> {
    const genId = `scripted_${++this.generations}`;
    this.scripted = genId;
    yield { t: 'start', genId, base: this.head };
    let index = 0;
    for (const [id, part] of said.entries()) {
      await Promise.resolve();
      if ('text' in part) {
        yield { t: 'token', id, text: part.text, tMs: 0 };
        continue;
      }
      yield { t: 'call', index, callId: `call_${++this.calls}`, name: part.name, tMs: 0 };
      for (const delta of ['{"question":', `${JSON.stringify(this.typed)}}`]) {
        yield { t: 'arguments', index, delta, tMs: 0 };
      }
      index += 1;
    }
    const usage = { prompt: this.head.tokens, cached: this.head.tokens, out: said.length };
    yield { t: 'end', reason: 'stop', usage };
  }

  async accept(genId: string, o?: { keepTokens?: number; keepCalls?: number }) {
    return genId === this.scripted ? this.head : this.inner.accept(genId, o);
  }

  async cut(genId: string, o: { keepTokens: number }) {
    return this.inner.cut(genId, o);
  }

  aside(o: AsideOptions): AsyncGenerator<GenEvent> {
    return this.inner.aside(o);
  }

  mark() {
    return this.inner.mark();
  }

  rollback(to: Parameters<EngineSession['rollback']>[0]) {
    this.called = false;
    return this.inner.rollback(to);
  }

  evict(o: Parameters<EngineSession['evict']>[0]) {
    return this.inner.evict(o);
  }

  redact(ids: readonly string[]) {
    return this.inner.redact(ids);
  }

  close() {
    return this.inner.close();
  }
}
