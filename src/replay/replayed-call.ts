import { VisavisError } from '#modules/contracts';
import { ConversationService, conversationPorts } from '#modules/conversation';
import { FrameService } from '#modules/frame';
import type { Capture, TimedRecord } from '../capture/core/records.js';
import { Lifecycle } from '../lifecycle/lifecycle.js';
import { ANYBODY, type Grant } from '../realtime/access.js';
import type { CallsEnvironment } from '../realtime/calls-environment.js';
import { CallsService } from '../realtime/calls.service.js';
import { OffersService, TextClient, type Call } from '../realtime/index.js';
import { EVENTS_LABEL, openaiDoor, type Door } from '../realtime/transports/data-channel.js';
import { MAX_WS_MESSAGE_BYTES } from '../realtime/websocket/websocket-client.js';
import { RtviClient } from '../rtvi/rtvi-client.js';
import type { Logger } from '../telemetry/logger.js';
import { Metrics } from '../telemetry/metrics.js';
import { CountingIds } from './core/counting-ids.js';
import { PacedEngine, type Paced } from './paced-engine.js';
import { pacedJudge, pacedVad } from './paced-parts.js';
import type { ReplayParts } from './replay-parts.js';
import { ReplayedConnection } from './replayed-media.js';

type RecordOf<T extends TimedRecord['t']> = Extract<TimedRecord, { t: T }>;

/** A client, as far as its messages go. */
interface ReplayedClient {
  message(data: string | Uint8Array): void;
  tooLarge(): void;
  leave(): void;
}

/** The label of the data channel of Pipecat's clients. */
const RTVI_LABEL = 'chat';

/** The gateway around one recorded call: its registry, its doors, its conversation; what came over the network are the records. */
export class ReplayedCall {
  readonly #capture: Capture;
  readonly #paced: Paced;
  readonly #metrics = new Metrics();
  readonly #calls: CallsService;
  readonly #offers: OffersService;
  readonly #grant: Grant;
  readonly #connections: ReplayedConnection[] = [];
  readonly #clients = new Map<number, ReplayedClient>();
  #answered = 0;
  #call: Call | null = null;
  /** What went wrong that nobody else is told of. */
  #failure: Error | null = null;
  #ended: Promise<void> = Promise.resolve();

  constructor(capture: Capture, parts: ReplayParts, { paced, logger }: { paced: Paced; logger: Logger }) {
    const { settings, session, began_at } = capture.header;
    const { time, trace, pace } = paced;
    const ids = new CountingIds();
    const engine = new PacedEngine(parts.engine, paced);
    const conversations = new ConversationService(
      conversationPorts({
        engine,
        vad: pacedVad(parts.vad, paced),
        judge: pacedJudge(parts.judge, paced),
        frames: new FrameService({ intervalMs: settings.frame_interval_ms }),
        scheduler: time,
        ids,
      }),
      {
        maxFrames: settings.max_frames,
        tentativePauseMs: settings.tentative_pause_ms,
        turnModel: settings.turn_model,
      },
    );
    const environment: CallsEnvironment = {
      clock: time,
      pause: { sleep: (ms) => time.sleep(ms), turn: () => time.sleep(0) },
      epochMs: () => Date.parse(began_at) + time.nowMs(),
      ids,
      metrics: this.#metrics,
      logger,
      lifecycle: new Lifecycle(),
      limits: { audioAheadMs: settings.audio_ahead_ms },
    };
    const media = {
      decodeImage: (file: Uint8Array) => time.after(pace.imageMs, parts.media.decodeImage(file)),
      answer: async (_offer: string, handlers: Parameters<ReplayedConnection['answer']>[0]) =>
        Promise.resolve(this.#connection(this.#answered++).answer(handlers)),
    };
    this.#capture = capture;
    this.#paced = paced;
    this.#grant = { ...ANYBODY, session: session.granted };
    this.#calls = new CallsService(
      media,
      {
        get tellsTurnEnds() {
          return conversations.tellsTurnEnds;
        },
        open: (options) =>
          conversations.open({
            ...options,
            onEvent: (event) => {
              trace.event(event);
              options.onEvent(event);
            },
          }),
      },
      engine,
      environment,
    );
    this.#offers = new OffersService(media, this.#calls, environment);
  }

  /** Loads the decoders of its connections. */
  async prepare(parts: ReplayParts): Promise<void> {
    const { header, records } = this.#capture;
    const numbers = new Set(records.flatMap((record) => (record.t === 'agreed' ? [record.c] : [])));
    for (let count = 0; count < numbers.size; count++) {
      this.#connections.push(
        await ReplayedConnection.prepare(parts.media, this.#paced, {
          frameIntervalMs: header.settings.frame_interval_ms,
          onSent: (via, text) => this.#sent(via, text),
        }),
      );
    }
  }

  /** Puts every record in its place in time. */
  schedule(): void {
    const { time } = this.#paced;
    const { header, records } = this.#capture;
    time.at(0, () =>
      this.#watch(header.audio === 'events' ? Promise.resolve(this.#register()) : this.#offer()),
    );
    for (const record of records) {
      time.at(record.at, () => {
        try {
          this.#feed(record);
        } catch (error) {
          this.#failed(error);
        }
      });
    }
  }

  /** Ends the call, where no record did. */
  end(reason: string): void {
    if (this.#call) this.#ended = this.#calls.end(this.#call.id, reason);
  }

  /** Resolves when the call has ended and everything of it is closed. @throws what the call could not be opened by */
  async finish(): Promise<void> {
    await this.#ended;
    await this.#calls.onModuleDestroy();
    await Promise.all(this.#connections.map((connection) => connection.close()));
    this.#metrics.onModuleDestroy();
    if (this.#failure !== null) throw this.#failure;
  }

  #register(): void {
    this.#call = this.#calls.register({ grant: this.#grant, session: this.#asked, audio: 'events' }).call;
    this.#calls.place(this.#call.id);
  }

  async #offer(): Promise<void> {
    const { call } = await this.#offers.open(
      { sdp: '', session: this.#asked },
      { grant: this.#grant, door: this.#door },
    );
    this.#call = call;
  }

  get #asked() {
    return this.#capture.header.session.asked;
  }

  /** By what its client opened; one that opens nothing speaks no language. */
  get #door(): Door | null {
    const labels = this.#capture.records.flatMap((record) => (record.t === 'open' ? [record.via] : []));
    if (labels.includes(EVENTS_LABEL)) return openaiDoor;
    if (!labels.includes(RTVI_LABEL)) return null;
    return (call) => new RtviClient(call, { onHangUp: () => this.end('hangup'), onEnd: () => undefined });
  }

  #feed(record: TimedRecord): void {
    switch (record.t) {
      case 'agreed':
        return this.#agreed(record);
      case 'connected':
        return this.#connection(record.c).connected();
      case 'rtp':
        return this.#connection(record.c).rtp(record);
      case 'report':
        return this.#connection(record.c).report(record);
      case 'open':
        return void this.#clients.set(record.s, this.#opened(record));
      case 'in':
        return this.#message(record);
      case 'too_large':
        return this.#clients.get(record.s)?.tooLarge();
      case 'left':
        return this.#clients.get(record.s)?.leave();
      case 'closed':
        return this.end(record.reason);
      case 'out':
      case 'cut':
        return;
    }
  }

  /** A connection that is agreed upon later is another one of the same call. */
  #agreed(record: RecordOf<'agreed'>): void {
    const connection = this.#connection(record.c);
    if (!connection.answered && this.#call) this.#watch(this.#offers.reopen(this.#call, ''));
    connection.agreed(record);
  }

  #opened({ s, via, c, largest_bytes: largestBytes }: RecordOf<'open'>): ReplayedClient {
    if (c === null) return this.#dialled(s);
    const connection = this.#connection(c);
    connection.opened(via, largestBytes);
    return {
      message: (data) => connection.message(via, data),
      tooLarge: () => connection.tooLarge(),
      leave: () => undefined,
    };
  }

  /** A WebSocket: the call's own, or beside it. */
  #dialled(s: number): ReplayedClient {
    const call = this.#call;
    if (!call) throw badCapture('a client came before its call');
    const client = new TextClient(call, { maxMessageBytes: MAX_WS_MESSAGE_BYTES });
    client.open({
      send: (text) => {
        this.#sent('websocket', text);
        return 'sent';
      },
      bufferedAmount: () => 0,
      largestBytes: Number.MAX_SAFE_INTEGER,
    });
    if (s === 0 && call.takesAudio) this.#watch(this.#calls.begin(call.id));
    return client;
  }

  #message({ s, text, bytes }: RecordOf<'in'>): void {
    const type = text === undefined ? 'bytes' : typeIn(text);
    // Sound has no place in a trace.
    if (type !== 'input_audio_buffer.append') this.#paced.trace.add({ t: 'in', s, type });
    this.#clients.get(s)?.message(text ?? new Uint8Array(Buffer.from(bytes ?? '', 'base64')));
  }

  #sent(via: string, text: string): void {
    this.#paced.trace.add({ t: 'out', via, type: typeIn(text) });
  }

  #connection(c: number): ReplayedConnection {
    const connection = this.#connections[c];
    if (!connection) throw badCapture(`connection ${c} was never agreed upon`);
    return connection;
  }

  #failed(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
  }

  #watch(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      this.#failed(error);
    });
  }
}

function badCapture(why: string): VisavisError {
  return new VisavisError('bad_capture', `The records do not make a call: ${why}.`);
}

function typeIn(text: string): string {
  try {
    const message = JSON.parse(text) as { type?: unknown };
    return typeof message.type === 'string' ? message.type : 'unknown';
  } catch {
    return 'not JSON';
  }
}
