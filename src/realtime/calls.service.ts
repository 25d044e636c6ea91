import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import {
  defaultSession,
  mergeSession,
  type GreetingPart,
  type IceServers,
  type Session,
  type SessionPatch,
} from '@vis-a-vis/protocol';
import { Guard, VisavisError, type OmniEngine } from '#modules/contracts';
import { ConversationService } from '#modules/conversation';
import { ENGINE } from '#modules/decoder';
import { MediaService } from '#modules/media';
import type { TraceHeaders } from '../telemetry/tracing/tracing.js';
import type { Grant, Lease } from './access.js';
import { AudioInput } from './audio-input.js';
import { Budgets } from './budgets.js';
import { Call } from './call.js';
import {
  CALL_ENVIRONMENT,
  DEFAULT_CALL_LIMITS,
  type CallLimits,
  type CallsEnvironment,
} from './calls-environment.js';
import { Admission } from './core/admission/admission.js';
import { checkedSession, toModelCaps, toSessionConfig } from './core/turn-config.js';
import { realPause } from './pause.js';
import { Resumption } from './resumption.js';
import type { Tape } from './tape.js';

/** What somebody wants who opens a call. */
export interface CallRequest {
  readonly grant: Grant;
  /** The session from the start; fields left out have their defaults. */
  readonly session: SessionPatch;
  /** How its audio comes: by a media track, or by events. */
  readonly audio: 'track' | 'events';
  /** Of the request: the call's trace goes on from there. */
  readonly trace?: TraceHeaders;
}

/** A call that is registered, and has no conversation yet. */
export interface NewCall {
  readonly call: Call;
  readonly guard: Guard;
}

/** How long whoever appends audio beyond the bound is held up before it is refused (ms). */
const AUDIO_PATIENCE_MS = 2000;
/** Appended audio (ms) that a client which commits by hand may have in the buffer: it means all of what it sends. */
const APPENDED_BUFFER_MS = 120_000;
/** How often it is measured what calls use (ms). */
const MEASURE_MS = 500;
/** How often a call that drains is looked at (ms). */
const DRAIN_POLL_MS = 50;
/** An engine session that is just being closed, or tried by a probe, is free again in a moment (ms). */
const PLACE_TRIES = 10;
const PLACE_RETRY_MS = 100;

interface Entry {
  readonly call: Call;
  readonly guard: Guard;
  readonly lease: Lease;
  expiry: NodeJS.Timeout | null;
}

/** Registers, begins and ends the calls of this process, whatever carries them. */
@Injectable()
export class CallsService implements OnModuleInit, OnModuleDestroy {
  private readonly calls = new Map<string, Entry>();
  /** Calls whose connection is lost, and who may come back to them. */
  readonly resumption: Resumption;
  private readonly admission: Admission;
  private readonly budgets: Budgets;
  private measuring: NodeJS.Timeout | null = null;
  private readonly limits: CallLimits;
  /**
   * The call that the running code works for. What is begun within it (sockets, timers, promises, also those of libraries)
   * carries it on, so that what escapes every guard is still known to be a call's own. An id, which keeps nothing alive.
   */
  private readonly current = new AsyncLocalStorage<string>();

  constructor(
    @Inject(MediaService) private readonly media: Pick<MediaService, 'decodeImage'>,
    @Inject(ConversationService)
    private readonly conversations: Pick<ConversationService, 'open' | 'tellsTurnEnds'>,
    @Inject(ENGINE) private readonly engine: Pick<OmniEngine, 'caps'>,
    @Inject(CALL_ENVIRONMENT) private readonly environment: CallsEnvironment,
  ) {
    this.budgets = new Budgets(environment.budgets ?? {}, {
      ...environment,
      caps: () => engine.caps,
      loads: () => [...this.calls.values()].flatMap(({ call }) => call.load ?? []),
      memoryBytes: () => process.memoryUsage.rss(),
    });
    this.admission = new Admission(() => this.budgets.places);
    this.limits = { ...DEFAULT_CALL_LIMITS, ...environment.limits };
    this.resumption = new Resumption({
      ...environment,
      windowMs: this.limits.resumeWindowMs,
      draining: () => environment.lifecycle.draining,
      find: (id) => this.calls.get(id),
      end: (id, why) => this.end(id, why),
    });
    environment.tracing?.knowCall(() => this.current.getStore());
  }

  onModuleInit(): void {
    const { metrics, logger } = this.environment;
    const guard = new Guard((where, error) => {
      metrics.guarded(where);
      logger.error({ where, err: error }, 'what calls use could not be measured');
    });
    const measure = guard.wrap('calls.budgets', () => {
      const level = this.budgets.measure();
      if (level) for (const { call } of this.calls.values()) call.give(level);
    });
    this.measuring = setInterval(measure, MEASURE_MS).unref();
  }

  /** Calls that are open, with those whose client has not connected yet. */
  get openCalls(): number {
    return this.calls.size;
  }

  /** No further call would be taken. */
  get full(): boolean {
    const { budgets, admission } = this;
    return budgets.refuses || admission.taken(this.environment.clock.nowMs()) >= budgets.places;
  }

  /** Ends the call that has waited longest for its client to be heard from. @returns false: none waits */
  async displaceOldest(): Promise<boolean> {
    const oldest = this.admission.displace(this.environment.clock.nowMs());
    if (oldest !== null) await this.end(oldest, 'displaced');
    return oldest !== null;
  }

  /**
   * Registers a call. Little is held until it begins; whoever registers it ends it.
   * @throws VisavisError `draining`, `capacity`, and what the caller may not do
   */
  register(request: CallRequest): NewCall {
    const { environment } = this;
    if (environment.lifecycle.draining) throw new VisavisError('draining', 'The gateway is shutting down.');
    const session = this.sessionFor(request);
    const id = environment.ids.next('rtc');
    const lease = this.takePlace(id, request.grant);
    const guard = new Guard(
      (where, error) => this.struck(id, where, error),
      (work) => this.current.run(id, work),
    );
    const tape = this.tapeOf(id, request);
    const pace = { aheadMs: this.limits.audioAheadMs, patienceMs: AUDIO_PATIENCE_MS };
    const call = new Call({
      id,
      grant: request.grant,
      session,
      guard,
      tape,
      greeting: greetingOf(environment.ice?.partFor(request.grant.tenant).visavis, tape),
      resumption: this.resumption,
      decodeImage: (file) => this.media.decodeImage(file),
      audioInput:
        request.audio === 'events'
          ? new AudioInput(session.audio.input.format, pace, {
              clock: environment.clock,
              pause: environment.pause ?? realPause,
            })
          : null,
      trace: environment.tracing?.call(id, request.trace ?? {}) ?? null,
      ...environment,
    });
    this.calls.set(id, { call, guard, lease, expiry: null });
    return { call, guard };
  }

  /** What `work` begins is the call's, and what escapes from it ends that call. */
  within<T>(id: string, work: () => T): T {
    return this.current.run(id, work);
  }

  /** The call waits for its client to be heard from; where too many do, the oldest goes. */
  waitForClient(id: string): void {
    if (!this.calls.has(id)) return;
    const displaced = this.admission.arrive(id, this.environment.clock.nowMs());
    if (displaced !== null) void this.end(displaced, 'displaced');
  }

  /** The client was heard from: the call has a place from now on. @returns false: there is none left */
  place(id: string): boolean {
    return this.calls.has(id) && this.admission.place(id, this.environment.clock.nowMs());
  }

  has(id: string): boolean {
    return this.calls.has(id);
  }

  /** @throws VisavisError `not_found`, also where it is somebody else's */
  find(id: string, grant: Grant): Call {
    const call = this.calls.get(id)?.call;
    if (call === undefined || call.grant.tenant !== grant.tenant)
      throw new VisavisError('not_found', 'There is no such call.');
    return call;
  }

  /**
   * The client is connected: the call gets its conversation.
   * @throws VisavisError `capacity`, `session_closed` where it ended meanwhile, and what the engine throws
   */
  async begin(id: string): Promise<void> {
    const entry = this.calls.get(id);
    if (!entry) throw leftEarly();
    const { call, guard, lease } = entry;
    const conversation = await this.placed(id, () =>
      this.conversations.open({
        sessionId: call.settings.id,
        ...(call.grant.tenant !== null && { tenant: call.grant.tenant }),
        config: toSessionConfig(call.settings),
        onEvent: (event) => call.onSessionEvent(event),
        guard,
        ...(call.takesAudio && { settings: { manualBufferMs: APPENDED_BUFFER_MS } }),
      }),
    );
    await call.begin(conversation);
    if (!this.calls.has(id)) return;
    if (this.budgets.level.rung !== 'full') call.give(this.budgets.level);
    lease.started((error) => void this.end(id, error));
    const expire = guard.wrap('expiry', () =>
      this.end(id, new VisavisError('session_expired', 'The session hit its maximum duration.')),
    );
    entry.expiry = setTimeout(expire, this.limits.maxCallMs).unref();
  }

  /** @throws VisavisError `not_found`, also where it is somebody else's */
  async hangUp(id: string, grant: Grant): Promise<void> {
    await this.end(this.find(id, grant).id, 'hangup');
  }

  /**
   * Takes no more calls, and ends each that is open as soon as its turn is over.
   * @param signal ends the waiting: calls that are left then are closed with the module
   */
  async drain(signal: AbortSignal): Promise<void> {
    this.environment.lifecycle.beginDrain();
    while (this.calls.size > 0 && !signal.aborted) {
      // Nobody hears the turn of a call that has lost its client.
      const quiet = [...this.calls].filter(([id, { call }]) => call.quiet || this.resumption.has(id));
      await Promise.all(quiet.map(([id]) => this.end(id, 'shutdown')));
      if (this.calls.size > 0) await sleep(DRAIN_POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Nest ends a module before those it imports, so the engine is still there to free the calls' sessions. */
  async onModuleDestroy(): Promise<void> {
    if (this.measuring) clearInterval(this.measuring);
    this.environment.lifecycle.beginDrain();
    await Promise.all([...this.calls.keys()].map((id) => this.end(id, 'shutdown')));
  }

  /**
   * Something was thrown that nothing caught. Where it was begun for a call, that call is ended.
   * @returns false: it is no call's, and the state of the process is unknown
   */
  escaped(error: unknown): boolean {
    const id = this.current.getStore();
    if (id === undefined) return false;
    this.struck(id, 'escaped', error);
    return true;
  }

  /** A bug, met by one call, which may have ended meanwhile: it ends, and no other does. */
  struck(id: string, where: string, error: unknown): void {
    this.environment.metrics.guarded(where);
    this.environment.logger.error({ call: id, where, err: error }, 'a call met a bug, and is closed');
    void this.end(id, new VisavisError('internal_error', 'Internal error: the call is closed.'));
  }

  /** @param why the reason, or the fault that the clients are told of. Never rejects */
  async end(id: string, why: string | VisavisError): Promise<void> {
    const entry = this.calls.get(id);
    this.calls.delete(id);
    this.resumption.forget(id);
    if (!entry) return;
    if (entry.expiry) clearTimeout(entry.expiry);
    try {
      await (typeof why === 'string' ? entry.call.close(why) : entry.call.fail(why));
    } catch (error) {
      this.environment.logger.warn({ call: id, err: error }, 'a call did not close cleanly');
    } finally {
      // Its engine session is free by now.
      this.admission.leave(id);
      entry.lease.end();
    }
  }

  private tapeOf(call: string, { audio, grant, session }: CallRequest): Tape | null {
    const { modelId } = this.engine.caps;
    return (
      this.environment.tapes?.open({ call, audio, granted: grant.session, asked: session, modelId }) ?? null
    );
  }

  /** Either both, the place and what its holder may have, or neither. @throws VisavisError */
  private takePlace(id: string, grant: Grant): Lease {
    const refusal = this.budgets.refusal();
    if (refusal) throw refusal;
    if (!this.admission.ask(id, this.environment.clock.nowMs())) throw this.budgets.everyPlaceTaken();
    try {
      return grant.open();
    } catch (error) {
      this.admission.leave(id);
      throw error;
    }
  }

  private sessionFor({ grant, session }: CallRequest): Session {
    const { caps } = this.engine;
    const start = defaultSession(this.environment.ids.next('sess'), caps.modelId, {
      expiresAt: Math.floor(((this.environment.epochMs?.() ?? Date.now()) + this.limits.maxCallMs) / 1000),
      turnEnd: this.conversations.tellsTurnEnds ? 'model' : 'silence',
      caps: toModelCaps(caps),
    });
    const before = grant.session ? mergeSession(start, grant.session) : start;
    const after = checkedSession(mergeSession(before, session));
    grant.checkChange(before, after);
    return after;
  }

  /** Opens what needs a place, once there is one. @throws VisavisError `capacity` and what `open` throws */
  private async placed<T>(id: string, open: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      // While it waited the client may have left, and has given its place back.
      if (!this.calls.has(id)) throw leftEarly();
      try {
        if (!this.place(id)) throw this.budgets.everyPlaceTaken();
        return await open();
      } catch (error) {
        const isFull = error instanceof VisavisError && error.code === 'capacity';
        if (!isFull || tries >= PLACE_TRIES || !this.calls.has(id)) throw error;
        await sleep(PLACE_RETRY_MS);
      }
    }
  }
}

function greetingOf(ice: IceServers | undefined, tape: Tape | null): { readonly visavis?: GreetingPart } {
  return ice || tape ? { visavis: { ...ice, ...(tape && { capture: tape.notice }) } } : {};
}

function leftEarly(): VisavisError {
  return new VisavisError('session_closed', 'The client left before its call began.');
}
