import type { EngineCaps } from '#modules/contracts';
import { DIALECTS } from '../../core/remote/dialect.js';
import type { LocalEar } from '../options.js';
import type { Settings } from '../settings.js';
import type { Identity } from './identify.js';
import { guessedCosts, type Abilities } from './try-out.js';

/** Stands for a request to write down what was said: an ear does that, and no model is asked. */
export const WRITE_DOWN = 'Write down what is said, word for word.';

/** What the start has found out. */
export interface Findings {
  readonly identity: Identity;
  readonly abilities: Abilities;
  /** Writes down what is said; null: nobody does. */
  readonly ear: LocalEar | null;
}

/** What a sound costs whatever its length is spread over an utterance of so many seconds. */
const USUAL_S = 4;
/** Where the server does not tell how long a context it takes. */
const GUESSED_CONTEXT = 8192;

/** What an engine can do with what was found. */
export function capsOf(settings: Settings, { identity, abilities, ear }: Findings): EngineCaps {
  const { image, maxSessions, contextTokens, speculationsPerMinute } = settings;
  const costs = abilities.costs ?? guessedCosts();
  const { width, height } = image === 'none' ? { width: 16, height: 16 } : image;
  return {
    kind: 'remote-prefix',
    rollback: 'replay',
    speculative: speculationsPerMinute > 0,
    incrementalAudio: false,
    reuseGranularity: DIALECTS[identity.flavour].granularity,
    maxContextTokens: Math.min(
      contextTokens ?? Infinity,
      identity.contextTokens ?? contextTokens ?? GUESSED_CONTEXT,
    ),
    maxSessions,
    frameSize: { width, height, keepsRatio: true },
    smallerFrames: true,
    tokensPerFrame: costs.frame,
    audioTokensPerSecond: Math.max(1, costs.second + costs.sound / USUAL_S),
    instructions: true,
    modelId: identity.model,
    turnEnd: false,
    tools: abilities.tools,
    vision: abilities.vision,
    audio: abilities.audio,
    transcripts: ear !== null && !abilities.audio,
    ...(ear && { writeDown: { en: WRITE_DOWN } }),
    ...(ear && !abilities.audio && ear.languages.length > 0 && { languages: ear.languages }),
  };
}

/** Where a server says that it is another than the settings have it; null: nothing is odd. `openai` suits them all. */
export function oddFlavour({ flavour, says }: Identity, server: string): string | null {
  if (says === null || says === flavour || flavour === 'openai') return null;
  return `VISAVIS_ENGINE_FLAVOUR is ${flavour}, and ${server} says that it is ${says}: it may not take what it is sent, or share one caller's cache with another`;
}

/** What an operator is told at the start. */
export function told(
  { identity, abilities, caps, ear }: Findings & { readonly caps: EngineCaps },
  { server, up, of, warm }: { server: string; up: number; of: number; warm: boolean },
): string[] {
  const can = (what: boolean) => (what ? 'yes' : 'no');
  const hears = abilities.audio ? 'yes' : ear ? `no, ${ear.name} writes down what is said` : 'no';
  const counted = abilities.costs ? '' : ' (guesses: the server does not count)';
  return [
    `${identity.model} by ${identity.flavour} at ${server}, ${up} of ${of} server(s) up, ` +
      `${caps.maxContextTokens} tokens; pictures: ${can(abilities.vision)}, sound: ${hears}, tools: ${can(abilities.tools)}`,
    `tokens a frame: ${caps.tokensPerFrame}, a second of sound: ${caps.audioTokensPerSecond}${counted}`,
    ...abilities.notes.map((note) => `not taken: ${note}`),
    ...(warm && abilities.vision && !abilities.tellsCached
      ? ['the server does not tell what it had cached: whether sending frames ahead helps cannot be seen']
      : []),
  ];
}
