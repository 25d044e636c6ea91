import { Inject, Injectable, Logger } from '@nestjs/common';
import type { EngineSession, IdSource, OmniEngine } from '#modules/contracts';
import { DEFAULT_SETTINGS, type ConversationSettings, type SessionConfig } from './core/config.js';
import type { Conversation } from './core/conversation.js';
import type { SessionEvent } from './core/events.js';
import type { FramePort, Scheduler, VadPort } from './core/ports.js';
import { LiveConversation } from './live-conversation.js';
import {
  CONVERSATION_ENGINE,
  CONVERSATION_IDS,
  CONVERSATION_OPTIONS,
  FRAME_PORT,
  SCHEDULER,
  VAD_PORT,
} from './tokens.js';

export interface OpenOptions {
  /** Default: a new one. */
  readonly sessionId?: string;
  readonly config: SessionConfig;
  /** Called in order, from inside whatever led to the event. */
  readonly onEvent: (event: SessionEvent) => void;
  /** Whose context it is, for engines that keep tenants apart. Default: the session's own. */
  readonly tenant?: string;
  /** An engine session that is open already; the conversation closes it. Default: a new one. */
  readonly engineSession?: EngineSession;
}

/** Opens conversations: an engine session, a detector stream and a frame pipeline each, and the machine that rules them. */
@Injectable()
export class ConversationService {
  readonly #engine: OmniEngine;
  readonly #vad: VadPort;
  readonly #frames: FramePort;
  readonly #scheduler: Scheduler;
  readonly #ids: IdSource;
  readonly #settings: ConversationSettings;
  readonly #log = new Logger('Conversation');

  // oxlint-disable-next-line eslint/max-params -- one parameter a provider
  constructor(
    @Inject(CONVERSATION_ENGINE) engine: OmniEngine,
    @Inject(VAD_PORT) vad: VadPort,
    @Inject(FRAME_PORT) frames: FramePort,
    @Inject(SCHEDULER) scheduler: Scheduler,
    @Inject(CONVERSATION_IDS) ids: IdSource,
    @Inject(CONVERSATION_OPTIONS) options: Partial<ConversationSettings>,
  ) {
    this.#engine = engine;
    this.#vad = vad;
    this.#frames = frames;
    this.#scheduler = scheduler;
    this.#ids = ids;
    this.#settings = { ...DEFAULT_SETTINGS, ...options };
  }

  /** @throws VisavisError of the engine: `capacity`, `engine_failed` */
  async open(options: OpenOptions): Promise<Conversation> {
    const { config, onEvent } = options;
    const sessionId = options.sessionId ?? this.#ids.next('sess');
    const { caps } = this.#engine;
    const system = caps.instructions ? config.instructions : '';
    const tenant = options.tenant ?? sessionId;
    const engine = options.engineSession ?? (await this.#engine.open({ system, tenant }));
    return new LiveConversation({
      sessionId,
      conversationId: this.#ids.next('conv'),
      config,
      settings: this.#settings,
      caps,
      ids: this.#ids,
      engine,
      vad: this.#vad,
      frames: this.#frames,
      scheduler: this.#scheduler,
      onEvent,
      onBug: (error) => this.#log.error(`${sessionId}: ${String(error)}`, stackOf(error)),
    });
  }
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}
