import { SAMPLE_RATE, VisavisError, type RgbImage } from '#modules/contracts';
import type { Costs } from '../../core/remote/costs.js';
import { endsInSound, textPart, type ChatMessage, type Json } from '../../core/remote/messages.js';
import { answerBody, warmBody, type RequestFrame } from '../../core/remote/request.js';
import type { ChatServer } from '../http/chat-server.js';
import { Failure } from '../http/failure.js';
import type { Usage } from '../http/shapes.js';
import type { MediaWriter } from '../media/media-writer.js';

/** What a model was seen to do. */
export interface Abilities {
  readonly vision: boolean;
  readonly audio: boolean;
  readonly tools: boolean;
  /** System messages are taken where they come, and not at the head alone. */
  readonly systemAmid: boolean;
  /** null: the server counts nothing, and they are guesses. */
  readonly costs: Costs | null;
  /** The server tells what it had in its cache. */
  readonly tellsCached: boolean;
  /** Why it cannot do what was tried, a line each. */
  readonly notes: readonly string[];
}

export interface TryOutOptions {
  readonly frame: RequestFrame;
  readonly media: MediaWriter;
  /** null: pictures are not to be sent. */
  readonly picture: { readonly width: number; readonly height: number } | null;
  readonly sound: boolean;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** What a model takes for things whose server does not count: on the safe side for the models of docs/engines.md. */
const GUESSED: Costs = { frame: 280, sound: 8, second: 25 };
/** A medium that costs fewer tokens was left out without a word. */
const LEAST_MEDIUM = 4;
const SHORT_S = 1;
const LONG_S = 4;
/** So many words that no chat template's own could be mistaken for them. */
const FILLER_WORDS = 120;
const TOOL = {
  name: 'look_up',
  description: 'Looks up what is known about a place, so that a question about it can be answered.',
  parameters: { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] },
};

/**
 * Has a model answer a little of each kind, with one token: text, a picture, a second of sound, a tool, instructions in the middle.
 * @throws VisavisError `bad_model` where it answers no text, or goes down with what it is given; `aborted`
 */
export async function tryOut(server: ChatServer, o: TryOutOptions): Promise<Abilities> {
  const probe = new Probe(server, o);
  const text = await probe.ask('text', [user(textPart('Say yes.'))]);
  if (text.refused !== null)
    throw new VisavisError('bad_model', `the model answers no text: ${text.refused}`);
  const base = text.prompt;
  const extra = ({ prompt }: Outcome) =>
    prompt === null || base === null ? null : Math.max(0, prompt - base);
  const notes: string[] = [];
  const took = (what: string, outcome: Outcome): boolean => {
    const tokens = extra(outcome);
    const why =
      outcome.refused ?? (tokens !== null && tokens < LEAST_MEDIUM ? 'it was left out without a word' : null);
    if (why !== null) notes.push(`${what}: ${why}`);
    return why === null;
  };
  const image = o.picture
    ? await probe.ask('a picture', [user(textPart('Say yes.'), await pictureOf(o))])
    : null;
  const vision = image !== null && took('a picture', image);
  const short = o.sound
    ? await probe.ask('a sound', [user(textPart('Say yes.'), soundOf(o, SHORT_S))])
    : null;
  const audio = short !== null && took('a sound', short);
  const long = audio
    ? await probe.ask('a longer sound', [user(textPart('Say yes.'), soundOf(o, LONG_S))])
    : null;
  const called = await probe.ask('a tool', [user(textPart('Say yes.'))], true);
  const tools = took('a tool', called);
  const systemAmid = await takesSystemAmid(probe);
  return {
    vision,
    audio,
    tools,
    systemAmid,
    costs: base === null ? null : costsOf(image && extra(image), short && extra(short), long && extra(long)),
    tellsCached: probe.tellsCached,
    notes,
  };
}

/** Has a model answer with one token. @throws Failure */
export async function tryAnswer(
  server: ChatServer,
  { frame, ...o }: { frame: RequestFrame; signal: AbortSignal; timeoutMs: number },
): Promise<void> {
  const body = warmBody(frame, [user(textPart('Say yes.'))]);
  await server.complete({ body, newTokens: 1, hears: false }, o);
}

export function guessedCosts(): Costs {
  return GUESSED;
}

interface Outcome {
  /** Tokens; null: the server does not count. */
  readonly prompt: number | null;
  /** Why not; null: it was answered. */
  readonly refused: string | null;
}

class Probe {
  tellsCached = false;
  private readonly server: ChatServer;
  private readonly o: TryOutOptions;

  constructor(server: ChatServer, o: TryOutOptions) {
    this.server = server;
    this.o = o;
  }

  async ask(what: string, messages: readonly ChatMessage[], tools = false): Promise<Outcome> {
    const { frame, signal, timeoutMs } = this.o;
    try {
      const usage = await this.complete(frame, messages, tools, { signal, timeoutMs });
      if (usage?.cached != null) this.tellsCached = true;
      return { prompt: usage?.prompt ?? null, refused: null };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.kind === 'aborted') throw new VisavisError('aborted', 'loading the engine was aborted');
      const said = error.said === '' ? error.message : error.said;
      if (error.status === null && error.kind !== 'malformed')
        throw new VisavisError(
          'bad_model',
          `the server went away when it was given ${what}: ${error.message}`,
        );
      return { prompt: null, refused: said };
    }
  }

  private async complete(
    frame: RequestFrame,
    messages: readonly ChatMessage[],
    tools: boolean,
    o: { signal: AbortSignal; timeoutMs: number },
  ): Promise<Usage | null> {
    const wishes = { maxTokens: 1, temperature: 0, seed: 0, tools: [TOOL], toolChoice: 'auto' } as const;
    const body = tools ? answerBody(frame, messages, wishes, 'whole') : warmBody(frame, messages);
    return this.server.complete({ body, newTokens: GUESSED.frame, hears: endsInSound(messages) }, o);
  }
}

/** Where a template drops what it does not want, the server counts fewer tokens than there are words. */
async function takesSystemAmid(probe: Probe): Promise<boolean> {
  const filler = Array.from({ length: FILLER_WORDS }, () => 'word').join(' ');
  const outcome = await probe.ask('instructions in the middle', [
    { role: 'system', content: 'Be brief.' },
    user(textPart('Say yes.')),
    { role: 'assistant', content: 'Yes.' },
    { role: 'system', content: filler },
    user(textPart('Say yes.')),
  ]);
  return outcome.refused === null && outcome.prompt !== null && outcome.prompt >= FILLER_WORDS;
}

function costsOf(frame: number | null, short: number | null, long: number | null): Costs {
  const second =
    short === null || long === null ? GUESSED.second : Math.max(0, (long - short) / (LONG_S - SHORT_S));
  return {
    // The mark before a medium is counted apart.
    frame: frame === null ? GUESSED.frame : Math.max(0, frame - 1),
    sound: short === null ? GUESSED.sound : Math.max(0, short - second * SHORT_S - 1),
    second,
  };
}

function user(...content: readonly Json[]): ChatMessage {
  return { role: 'user', content };
}

async function pictureOf({ picture, media }: TryOutOptions): Promise<Json> {
  const { width = 1, height = 1 } = picture ?? {};
  const data = Uint8Array.from({ length: width * height * 3 }, (_, index) => (index * 7) % 256);
  const image: RgbImage = { width, height, data };
  return media.picture(image, 'probe-picture');
}

function soundOf({ media }: TryOutOptions, seconds: number): Json {
  const pcm = Float32Array.from({ length: seconds * SAMPLE_RATE }, (_, at) => 0.1 * Math.sin(at * 0.17));
  return media.sound(pcm, `probe-sound-${seconds}`);
}
