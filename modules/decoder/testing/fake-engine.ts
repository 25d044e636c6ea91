import { VisavisError, type EngineCaps, type OmniEngine } from '#modules/contracts';
import { FakeSession, type Script } from './fake-session.js';

export const FAKE_CAPS: EngineCaps = {
  kind: 'local-kv',
  rollback: 'exact',
  speculative: true,
  incrementalAudio: true,
  reuseGranularity: 1,
  maxContextTokens: 4096,
  maxSessions: 8,
  frameSize: { width: 4, height: 4 },
  tokensPerFrame: 36,
  audioTokensPerSecond: 12.5,
  instructions: false,
  modelId: 'fake',
};

/** An engine without a model, with the semantics of a real one. Answers come from a script, without delay. */
export class FakeEngine implements OmniEngine {
  readonly caps: EngineCaps;
  /** Every session opened so far. */
  readonly sessions: FakeSession[] = [];
  private readonly script: Script;

  constructor(script: Script = () => ['Yes', '.'], caps: Partial<EngineCaps> = {}) {
    this.script = script;
    this.caps = { ...FAKE_CAPS, ...caps };
  }

  load(): Promise<void> {
    return Promise.resolve();
  }

  open(): Promise<FakeSession> {
    if (this.sessions.filter((session) => !session.isClosed).length >= this.caps.maxSessions) {
      return Promise.reject(
        new VisavisError('capacity', `${this.caps.maxSessions} sessions are open already`),
      );
    }
    const session = new FakeSession(this.caps, this.script);
    this.sessions.push(session);
    return Promise.resolve(session);
  }

  async close(): Promise<void> {
    for (const session of this.sessions) await session.close();
  }
}
