import { VisavisError, type EngineCaps, type EngineSession, type OmniEngine } from '#modules/contracts';
import { DIALECTS } from '../core/remote/dialect.js';
import { ChatServer } from './http/chat-server.js';
import { Failure } from './http/failure.js';
import { JpegClient } from './media/jpeg-client.js';
import { MediaWriter } from './media/media-writer.js';
import type { LocalEar, RemoteOptions } from './options.js';
import { capsOf, oddFlavour, told, type Findings } from './probe/findings.js';
import { TranscriptionEar } from './ear/transcription-ear.js';
import { baseOf, idOf, settingsOf, type Settings } from './settings.js';
import { identify, type Identity } from './probe/identify.js';
import { guessedCosts, tryAnswer, tryOut, type Abilities } from './probe/try-out.js';
import { Replica, Replicas } from './replicas.js';
import type { Asker } from './session/asking.js';
import { RemoteSession } from './session/remote-session.js';
import { Warmer } from './session/warmer.js';
import { statsOf, type RemoteStats } from './stats.js';
import { RequestTally } from './tally.js';

interface Loaded extends Findings {
  readonly caps: EngineCaps;
  readonly replicas: Replicas;
  readonly media: MediaWriter;
}

/** Whose cache what is tried is kept in. */
const PROBE = 'probe';

/** An engine that others run: OpenAI chat completions of vLLM, SGLang, llama-server and whatever speaks as they do. */
export class RemoteEngine implements OmniEngine {
  private readonly settings: Settings;
  private readonly jpeg: JpegClient;
  private readonly sessions = new Set<RemoteSession>();
  private readonly tally = new RequestTally();
  private loaded: Loaded | null = null;
  private opened = 0;

  constructor(options: RemoteOptions) {
    this.settings = settingsOf(options);
    const { clock, guard, image } = this.settings;
    const size = image === 'none' ? { width: 16, height: 16, quality: 50 } : image;
    this.jpeg = new JpegClient(size, { clock, guard });
  }

  /** @throws `engine_failed` before it is loaded */
  get caps(): EngineCaps {
    return this.ready().caps;
  }

  get stats(): RemoteStats {
    const { tally, settings, warms } = this;
    return statsOf({
      servers: settings.urls.length,
      sessions: this.sessions.size,
      replicas: this.loaded?.replicas ?? null,
      tally,
      warms,
      nowMs: settings.clock.nowMs(),
    });
  }

  private get warms(): boolean {
    return this.settings.warm && (this.loaded?.abilities.vision ?? false);
  }

  /**
   * Asks the servers what they can do: what they serve, and then the first of them by trying it.
   * @throws `engine_failed` where none can be reached, `bad_model` where one cannot be used, `aborted`
   */
  async load(signal: AbortSignal = new AbortController().signal): Promise<void> {
    if (this.loaded) return;
    const { urls, log } = this.settings;
    const servers = urls.map((url) => this.serverOf(url));
    const found = await Promise.all(servers.map((server) => this.identified(server, signal)));
    const known = found.flatMap((identity, index) =>
      identity instanceof Error ? [] : [{ identity, index }],
    );
    const [first] = known;
    if (!first) throw unreachable(servers, found);
    const odd = known.find(({ identity }) => identity.model !== first.identity.model);
    if (odd)
      throw new VisavisError(
        'bad_model',
        `the servers have different models: ${first.identity.model}, ${odd.identity.model}`,
      );
    const server = servers[first.index];
    if (!server) throw new VisavisError('bad_config', 'there is no server');
    const media = this.mediaFor(first.identity);
    const abilities = await this.triedOut(server, first.identity, media, signal);
    const ear = this.transcriber() ?? (abilities.audio ? null : await this.settings.ear());
    const replicas = this.replicasOf(servers, found, first.identity);
    this.loaded = {
      ear,
      identity: first.identity,
      abilities,
      media,
      replicas,
      caps: capsOf(this.settings, { identity: first.identity, abilities, ear }),
    };
    for (const line of told(this.loaded, {
      server: server.name,
      up: replicas.up,
      of: servers.length,
      warm: this.settings.warm,
    }))
      log('info', line);
    for (const { identity, index } of known) {
      const line = oddFlavour(identity, servers[index]?.name ?? '');
      if (line !== null) log('warn', line);
    }
  }

  /** @throws `capacity` when `maxSessions` are open, `engine_restarting` while no server works */
  async open(o: { system: string; tenant: string; budgetTokens?: number }): Promise<EngineSession> {
    const loaded = this.ready();
    const { caps, replicas, abilities, media, ear } = loaded;
    const { settings } = this;
    if (this.sessions.size >= caps.maxSessions)
      throw new VisavisError('capacity', `${caps.maxSessions} sessions are open already`);
    const place = replicas.place();
    const id = `${settings.process}-${++this.opened}`;
    const asker = this.askerOf(loaded, id, o.tenant);
    const { guard, log } = settings;
    const session: RemoteSession = new RemoteSession({
      id,
      system: o.system,
      budgetTokens: Math.min(caps.maxContextTokens, o.budgetTokens ?? Infinity),
      maxFrames: settings.maxFrames,
      caps,
      costs: abilities.costs ?? guessedCosts(),
      systemAmid: abilities.systemAmid,
      asker,
      place,
      media,
      ear,
      guard,
      speculationsPerMinute: settings.speculationsPerMinute,
      warmer: this.warms
        ? (context) =>
            new Warmer({
              asker,
              place,
              guard,
              context,
              onUseless: (name) =>
                log(
                  'warn',
                  `${name} finds little of what it was sent again: frames are not sent ahead for now`,
                ),
            })
        : null,
      onClosed: () => void this.sessions.delete(session),
    });
    this.sessions.add(session);
    return session;
  }

  async close(_o: { drainMs: number }): Promise<void> {
    await Promise.all([...this.sessions].map((session) => session.close()));
    this.loaded?.replicas.close();
    this.loaded = null;
    this.jpeg.close();
  }

  private ready(): Loaded {
    if (!this.loaded) throw new VisavisError('engine_failed', 'the engine is not loaded');
    return this.loaded;
  }

  private serverOf(url: string): ChatServer {
    const { key, sessionHeader, clock, timeouts, guard, pace, trace } = this.settings;
    return new ChatServer({ url, key, sessionHeader, clock, timeouts, guard, pace, trace });
  }

  private async identified(server: ChatServer, signal: AbortSignal): Promise<Identity | Failure> {
    const { model, flavour } = this.settings;
    try {
      return await identify(server, { model, flavour }, signal);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.kind === 'aborted') throw new VisavisError('aborted', 'loading the engine was aborted');
      return error;
    }
  }

  private async triedOut(
    server: ChatServer,
    identity: Identity,
    media: MediaWriter,
    signal: AbortSignal,
  ): Promise<Abilities> {
    const { image, audio, timeouts } = this.settings;
    return tryOut(server, {
      frame: {
        model: identity.model,
        dialect: DIALECTS[identity.flavour],
        salt: this.saltOf(PROBE),
        slot: null,
      },
      media,
      picture: image === 'none' ? null : image,
      sound: audio !== 'none',
      timeoutMs: timeouts.firstUseMs,
      signal,
    });
  }

  private transcriber(): LocalEar | null {
    const { transcriptions } = this.settings;
    if (!transcriptions) return null;
    return new TranscriptionEar(this.serverOf(baseOf(transcriptions.url)), {
      model: transcriptions.model,
      onEnd: (how) => this.tally.ended('transcription', how, null),
    });
  }

  private mediaFor({ flavour }: Identity): MediaWriter {
    const { audio } = this.settings;
    const form = audio === 'none' ? 'input_audio' : audio;
    return new MediaWriter({ audio: form, ids: DIALECTS[flavour].mediaIds }, this.jpeg);
  }

  private replicasOf(
    servers: readonly ChatServer[],
    found: readonly (Identity | Failure)[],
    known: Identity,
  ): Replicas {
    const { clock, random, guard, timeouts, log } = this.settings;
    const list = servers.map((server, index) => {
      const identity = found[index];
      return new Replica(server, identity && !(identity instanceof Error) ? identity.slots : 0);
    });
    const replicas = new Replicas(list, {
      clock,
      random,
      guard,
      retryMs: timeouts.retryMs,
      log,
      trial: (replica, signal) => this.trial(replica, known, signal),
    });
    for (const [index, replica] of list.entries()) {
      const failure = found[index];
      if (!(failure instanceof Error)) continue;
      log('warn', `${replica.server.name} is left out for now: ${failure.message}`);
      replicas.missing(replica);
    }
    return replicas;
  }

  /** Whether a server that was left out serves again: some list their models long before one answers, or while it hangs. */
  private async trial(replica: Replica, { model, flavour }: Identity, signal: AbortSignal): Promise<void> {
    const { slots } = await identify(replica.server, { model, flavour }, signal);
    replica.has(slots);
    const slot = replica.slotFor(null, PROBE);
    const frame = { model, dialect: DIALECTS[flavour], salt: this.saltOf(PROBE), slot };
    // A server that may be slow may be so in its trial, or it would never be back.
    const { probeMs, silenceMs } = this.settings.timeouts;
    await tryAnswer(replica.server, { frame, signal, timeoutMs: Math.max(probeMs, silenceMs) });
  }

  private askerOf({ identity, replicas }: Loaded, session: string, tenant: string): Asker {
    const { clock, random } = this.settings;
    return {
      replicas,
      clock,
      session,
      tenant,
      frame: { model: identity.model, dialect: DIALECTS[identity.flavour], salt: this.saltOf(tenant) },
      newCallId: () => `call_${idOf(random)}`,
      tally: this.tally,
    };
  }

  private saltOf(tenant: string): string {
    return `${this.settings.salt}:${tenant}`;
  }
}

function unreachable(servers: readonly ChatServer[], found: readonly (Identity | Failure)[]): VisavisError {
  const lines = servers.map((server, index) => {
    const failure = found[index];
    return `${server.name}: ${failure instanceof Failure ? failure.message : 'unknown'}`;
  });
  return new VisavisError('engine_failed', `no inference server can be used: ${lines.join('; ')}`);
}
