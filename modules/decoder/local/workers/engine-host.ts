import { setImmediate, setTimeout } from 'node:timers/promises';
import { VisavisError } from '#modules/contracts';
import { judgeSound } from '../../core/session/judge-sound.js';
import { StopSignal } from '../../core/session/generation.js';
import { ModelRunner } from '../../core/scheduling/model-runner.js';
import type { TextCodec } from '../../core/model/ports.js';
import type { ShedLimits } from '../../core/scheduling/scheduler-policy.js';
import { Scheduler } from '../../core/scheduling/scheduler.js';
import type { SessionHost } from '../../core/session/session-host.js';
import { DecoderSession } from '../../core/session/session.js';
import { SpecialRows } from '../../core/inputs/special-rows.js';
import type { LoadedModel } from '../onnx/load-folder.js';
import type { FromEngineWorker, Request, Requests, RequestKind, ToEngineWorker } from './worker-protocol.js';

type Reply = Requests[RequestKind]['reply'];

/** The worker's side of the protocol: sessions by number, requests by id. */
export class EngineHost {
  private readonly model: LoadedModel;
  private readonly shared: SessionHost;
  private readonly post: (message: FromEngineWorker) => void;
  private readonly sessions = new Map<number, DecoderSession>();
  /** How to end each request that can be ended early. */
  private readonly abortable = new Map<number, () => void>();
  private unanswered = 0;

  private constructor(model: LoadedModel, shared: SessionHost, post: (message: FromEngineWorker) => void) {
    this.model = model;
    this.shared = shared;
    this.post = post;
  }

  static async start(
    model: LoadedModel,
    codec: TextCodec,
    shedLimits: ShedLimits,
    post: (message: FromEngineWorker) => void,
  ): Promise<EngineHost> {
    const special = await SpecialRows.embed(model, Object.values(codec.special));
    const runner = new ModelRunner(model);
    const shared: SessionHost = {
      model,
      codec,
      special,
      shedLimits,
      backlog: { waiting: 0 },
      runner,
      scheduler: new Scheduler({
        settle: () => setImmediate(),
        together: (steps) => runner.decode(steps),
        limits: runner.limits,
      }),
      nowMs: () => performance.now(),
    };
    return new EngineHost(model, shared, post);
  }

  /** No request waits for its answer. */
  get idle(): boolean {
    return this.unanswered === 0;
  }

  /** @returns true when the worker is to end */
  async handle(message: ToEngineWorker): Promise<boolean> {
    if (message.t === 'abort') this.abortable.get(message.id)?.();
    else if (message.t === 'shutdown') await this.shutdown(message.drainMs);
    else await this.answer(message);
    return message.t === 'shutdown';
  }

  private async answer(request: Request): Promise<void> {
    this.unanswered += 1;
    try {
      this.post({ t: 'done', id: request.id, value: await this.perform(request) });
    } catch (error) {
      const known = error instanceof VisavisError ? error : new VisavisError('engine_failed', String(error));
      this.post({
        t: 'failed',
        id: request.id,
        code: known.code,
        message: known.message,
        param: known.param,
      });
    } finally {
      this.unanswered -= 1;
      this.abortable.delete(request.id);
    }
  }

  private async perform(request: Request): Promise<Reply> {
    if (request.t === 'open') return this.open(request);
    const session = this.sessions.get(request.session);
    if (!session) throw new VisavisError('session_closed', 'the session was closed');
    switch (request.t) {
      case 'append':
        this.abortable.set(request.id, () => session.abortAppend(request.seq));
        return session.append(request);
      case 'mark':
        return session.mark(request);
      case 'rollback':
        return session.rollback(request);
      case 'generate':
        await this.generate(request, session);
        return null;
      case 'accept':
        return session.accept({ ...request, keepTokens: request.keepTokens ?? Infinity });
      case 'judge':
        return judgeSound(this.shared, request.pcm);
      case 'evict':
        return session.evict(request);
      case 'redact':
        return session.redact(request);
      case 'cut':
        return session.cut(request);
      case 'restore':
        return session.restore(request);
      case 'settled':
        await session.settled();
        return null;
      case 'close':
        this.sessions.delete(request.session);
        await session.close();
        return null;
    }
  }

  private async open(request: Extract<Request, { t: 'open' }>) {
    const session = await DecoderSession.open(this.shared, request.system, request.budgetTokens ?? Infinity);
    this.sessions.set(request.session, session);
    return session.head;
  }

  private async generate(
    request: Extract<Request, { t: 'generate' }>,
    session: DecoderSession,
  ): Promise<void> {
    const stop = new StopSignal();
    this.abortable.set(request.id, () => stop.stop());
    await session.generate(request.request, stop, (event) =>
      this.post({ t: 'event', id: request.id, event }),
    );
  }

  private async shutdown(drainMs: number): Promise<void> {
    const sessions = [...this.sessions.values()];
    const deadline = new AbortController();
    await Promise.race([
      Promise.all(sessions.map((session) => session.idle())),
      setTimeout(drainMs, undefined, { signal: deadline.signal }).catch(() => undefined),
    ]);
    deadline.abort();
    await Promise.all(sessions.map((session) => session.close()));
    await this.model.release();
  }
}
