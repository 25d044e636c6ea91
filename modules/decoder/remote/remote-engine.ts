import { VisavisError, type EngineCaps, type EngineSession, type OmniEngine } from '#modules/contracts';
import type { RemoteOptions, RemoteStats } from './options.js';

/** An engine that others run: OpenAI chat completions of vLLM, SGLang, llama-server and whatever speaks as they do. */
export class RemoteEngine implements OmniEngine {
  constructor(readonly options: RemoteOptions) {}

  /** @throws `engine_failed` before it is loaded */
  get caps(): EngineCaps {
    throw new VisavisError('engine_failed', 'the engine is not loaded');
  }

  get stats(): RemoteStats {
    throw new VisavisError('engine_failed', 'the engine is not loaded');
  }

  /** Asks the servers what they can do. @throws `engine_failed`, `bad_model`, `bad_config`, `aborted` */
  load(_signal?: AbortSignal): Promise<void> {
    return Promise.reject(new VisavisError('engine_failed', 'not there yet'));
  }

  open(_o: { system: string; tenant: string; budgetTokens?: number }): Promise<EngineSession> {
    return Promise.reject(new VisavisError('engine_failed', 'not there yet'));
  }

  close(_o: { drainMs: number }): Promise<void> {
    return Promise.resolve();
  }
}
