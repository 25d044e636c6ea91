import fc from 'fast-check';
import type { SessionHost } from '../core/session/session-host.js';
import type { Coverage } from './coverage.js';
import { SessionScript, logitDistance } from './engine-script.js';
import { LocalSession } from './local-session.js';
import type { ProbedModel } from './probed-model.js';
import { steps, type Material, type Step } from './random-steps.js';

/** Logits of a session and of its replay are this close; the text that they lead to is the same. */
const TOLERANCE = 1e-4;

/** Engines that random sessions live in. */
export interface Rig {
  readonly model: ProbedModel;
  /** Of the sessions, all at once. */
  readonly host: SessionHost;
  /** Of the sessions that replay what is left of them. */
  readonly fresh: SessionHost;
}

export interface ExactnessOptions {
  readonly material: Material;
  readonly maxSessions: number;
  readonly maxSteps: number;
  /** Of the answer that a session and its replay are compared by. */
  readonly answerTokens: number;
  readonly seen: Coverage;
}

/**
 * The engine's promise: after any sequence of operations on sessions that share a model, each has the logits, the length
 * and the greedy text of a fresh session that replays what is left of its operations.
 */
export function exactness(rig: () => Promise<Rig>, o: ExactnessOptions) {
  const lists = fc.array(steps(o.material, o.maxSteps), { minLength: 1, maxLength: o.maxSessions });
  return fc.asyncProperty(lists, async (sessions: Step[][]) => {
    const { model, host, fresh } = await rig();
    const scripts = await Promise.all(
      sessions.map(async () => new SessionScript(await LocalSession.open(host), o.material, o.seen)),
    );
    model.onSharedRun = () => o.seen.note('share a run');
    await Promise.all(
      scripts.map(async (script, index) => {
        for (const step of sessions[index] ?? []) await script.take(step);
        await script.settled();
      }),
    );
    for (const script of scripts) {
      const found = await script.finish(model, o.answerTokens);
      const expected = await script.replay(await LocalSession.open(fresh), model, o.answerTokens);
      const differs = [
        found.text !== expected.text && `text '${found.text}', not '${expected.text}'`,
        found.tokens !== expected.tokens && `${found.tokens} tokens, not ${expected.tokens}`,
        !(logitDistance(found, expected) < TOLERANCE) && `logits by ${logitDistance(found, expected)}`,
      ].filter((difference) => difference !== false);
      if (differs.length > 0) throw new Error(`differs from its replay: ${differs.join('; ')}`);
    }
  });
}
