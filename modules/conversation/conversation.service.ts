import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import {
  Guard,
  ON_BUG,
  type EngineSession,
  type IdSource,
  type OmniEngine,
  type OnBug,
} from '#modules/contracts';
import { DEFAULT_SETTINGS, type ConversationSettings, type SessionConfig } from './core/config.js';
import type { Conversation } from './core/conversation.js';
import type { SessionEvent } from './core/events.js';
import type { FramePort, Scheduler, VadPort } from './core/ports.js';
import { LiveConversation } from './live-conversation.js';
import { CONVERSATION_PORTS, CONVERSATION_SETTINGS } from './tokens.js';

/** What conversations are made with. */
export interface ConversationPorts {
  readonly engine: OmniEngine;
  readonly vad: VadPort;
  readonly frames: FramePort;
  readonly scheduler: Scheduler;
  readonly ids: IdSource;
}

export interface OpenOptions {
  /** Default: a new one. */
  readonly sessionId?: string;
  readonly config: SessionConfig;
  /** Called in order, from inside whatever led to the event. */
  readonly onEvent: (event: SessionEvent) => void;
  /** Stands before every callback of the conversation. Default: one that logs, and the conversation goes on. */
  readonly guard?: Guard;
  /** Whose context it is, for engines that keep tenants apart. Default: the session's own. */
  readonly tenant?: string;
  /** Over the operator's, for this conversation. */
  readonly settings?: Partial<ConversationSettings>;
  /** An engine session that is open already; the conversation closes it. Default: a new one. */
  readonly engineSession?: EngineSession;
}

/** Opens conversations: an engine session, a detector stream and a frame pipeline each, and the machine that rules them. */
@Injectable()
export class ConversationService {
  readonly #ports: ConversationPorts;
  readonly #settings: ConversationSettings;
  readonly #onBug: OnBug | null;
  readonly #log = new Logger('Conversation');

  constructor(
    @Inject(CONVERSATION_PORTS) ports: ConversationPorts,
    @Inject(CONVERSATION_SETTINGS) settings: Partial<ConversationSettings>,
    @Optional() @Inject(ON_BUG) onBug?: OnBug,
  ) {
    this.#onBug = onBug ?? null;
    this.#ports = ports;
    this.#settings = { ...DEFAULT_SETTINGS, ...settings };
  }

  /** @throws VisavisError of the engine: `capacity`, `engine_failed` */
  async open(options: OpenOptions): Promise<Conversation> {
    const { config, onEvent } = options;
    const { vad, frames, scheduler, ids, engine: omni } = this.#ports;
    const sessionId = options.sessionId ?? ids.next('sess');
    const system = omni.caps.instructions ? config.instructions : '';
    const tenant = options.tenant ?? sessionId;
    const onBug = (error: unknown) => {
      if (this.#onBug) this.#onBug('conversation', error);
      else this.#log.error(`${sessionId}: ${String(error)}`, stackOf(error));
    };
    const engine = options.engineSession ?? (await omni.open({ system, tenant }));
    return new LiveConversation({
      sessionId,
      conversationId: ids.next('conv'),
      config,
      settings: { ...this.#settings, ...options.settings },
      caps: omni.caps,
      ids,
      engine,
      vad,
      frames,
      scheduler,
      onEvent,
      onBug,
      guard: options.guard ?? new Guard((_where, error) => onBug(error)),
    });
  }
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}
