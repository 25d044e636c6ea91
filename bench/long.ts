import { setImmediate, setTimeout } from 'node:timers/promises';
import { SAMPLE_RATE, type EngineSession, type OmniEngine } from '#modules/contracts';
import { ConversationService, type Conversation, type SessionEvent } from '#modules/conversation';
import { wholeNumber } from '../tools/support/cli.js';
import { writeJson } from '../tools/support/json-file.js';
import { percentile } from '../tools/support/statistics.js';
import { picture, readQuestion, withEngine } from './material.js';
import { benchOptions } from './options.js';

type Ports = ConstructorParameters<typeof ConversationService>[0];
type Boundary = Parameters<Parameters<Ports['vad']['open']>[1]['onBoundary']>[0];

const FRAMES_A_MINUTE = 60;
/** Silence that ends a turn. */
const SILENCE_MS = 500;
/** The silence passes so much faster than it is long. */
const PACE = 8;
const PACKET = 0.02 * SAMPLE_RATE;

/** What `--json` writes. */
interface LongReport {
  readonly minutes: number;
  /** Of each minute's question: end of speech → first token. */
  readonly ttftMs: number[];
  /** Resident memory of the process at the end of each minute. */
  readonly rssMb: number[];
}

/**
 * A long conversation: one frame a second and a question each minute, through the whole conversation and the engine, in
 * virtual time: the media clock moves on as soon as the engine has done its work. Only the camera, the microphone and the
 * detector of speech are played.
 */
export async function longBench(args: string[]): Promise<void> {
  const values = benchOptions(args, { model: undefined, minutes: '60' });
  const minutes = wholeNumber('minutes', values.minutes);
  await withEngine(values.model, async (engine) => {
    const call = await PlayedCall.open(engine, await readQuestion());
    const report: LongReport = { minutes, ttftMs: [], rssMb: [] };
    console.log('minute   ttft ms   tokens    rss MB');
    for (let minute = 1; minute <= minutes; minute++) {
      for (let frame = 0; frame < FRAMES_A_MINUTE; frame++) await call.showPicture();
      report.ttftMs.push(round(await call.ask()));
      report.rssMb.push(round(process.memoryUsage.rss() / 2 ** 20));
      console.log(
        [minute, report.ttftMs.at(-1), call.contextTokens, report.rssMb.at(-1)]
          .map((value) => String(value).padStart(8))
          .join('  '),
      );
    }
    await call.close();
    printMedians(report);
    if (values.json) await writeJson(values.json, report);
  });
}

/** One call whose time stands still while the engine works. */
class PlayedCall {
  contextTokens = 0;
  private nowMs = 0;
  private pictures = 0;
  private readonly underWay = new Set<Promise<unknown>>();
  private readonly question: Float32Array;
  private readonly caps: OmniEngine['caps'];
  private conversation: Conversation | null = null;
  private say: (boundary: Boundary) => void = () => undefined;
  private onEvent: (event: SessionEvent) => void = () => undefined;

  private constructor(caps: OmniEngine['caps'], question: Float32Array) {
    this.caps = caps;
    this.question = question;
  }

  static async open(engine: OmniEngine, question: Float32Array): Promise<PlayedCall> {
    const call = new PlayedCall(engine.caps, question);
    const service = new ConversationService(call.ports(engine), {});
    const turnDetection = {
      type: 'server_vad',
      threshold: 0.5,
      prefix_padding_ms: 300,
      silence_duration_ms: SILENCE_MS,
      create_response: true,
      interrupt_response: true,
      idle_timeout_ms: null,
    } as const;
    call.conversation = await service.open({
      config: { instructions: '', maxOutputTokens: 32, turnDetection },
      engineSession: call.watched(await engine.open({ system: '', tenant: 'bench' })),
      onEvent: (event) => {
        if (event.type === 'context_receipt') call.contextTokens = event.tokens;
        call.onEvent(event);
      },
    });
    return call;
  }

  /** One second goes by, with one picture. */
  async showPicture(): Promise<void> {
    this.nowMs += 1000;
    const image = picture(this.caps, ++this.pictures);
    this.hear(new Float32Array(PACKET));
    this.conversation?.pushVideo({ source: 'camera', image, ptsMs: this.nowMs, arrivedAtMs: this.nowMs });
    await this.idle();
  }

  /** @returns ms from the detected end of speech to the first token (or to the end of an answer without one) */
  async ask(): Promise<number> {
    this.hear(new Float32Array(PACKET));
    this.say({ t: 'speech_start', atMs: this.nowMs, startMs: this.nowMs });
    for (let at = 0; at < this.question.length; at += PACKET) {
      this.hear(this.question.slice(at, at + PACKET));
      await this.idle();
    }
    const speechEndMs = this.nowMs;
    for (let ms = 0; ms < SILENCE_MS; ms += 20) this.hear(new Float32Array(PACKET));
    await this.idle();
    // What the engine does of its own accord while nobody needs it is not waited for: it has this silence for it.
    await setTimeout(SILENCE_MS / PACE);
    const startedAt = performance.now();
    let firstAt: number | null = null;
    await new Promise<void>((resolve) => {
      this.onEvent = (event) => {
        if (event.type === 'text_delta' || event.type === 'response_done') firstAt ??= performance.now();
        if (event.type === 'response_done') resolve();
      };
      this.say({ t: 'speech_end', atMs: this.nowMs, speechEndMs });
    });
    this.onEvent = () => undefined;
    await this.idle();
    return (firstAt ?? Number.NaN) - startedAt;
  }

  async close(): Promise<void> {
    await this.conversation?.close('the bench is over');
  }

  private hear(pcm: Float32Array): void {
    const ptsMs = this.nowMs;
    this.nowMs += (pcm.length / SAMPLE_RATE) * 1000;
    this.conversation?.pushAudio({ pcm, ptsMs, arrivedAtMs: this.nowMs, concealed: false });
  }

  /** The engine has done all that it was asked for. */
  private async idle(): Promise<void> {
    do {
      await Promise.allSettled(this.underWay);
      await setImmediate();
    } while (this.underWay.size > 0);
  }

  /** Notes what is under way in an engine session. */
  private watched(session: EngineSession): EngineSession {
    const watch = <A extends unknown[], R>(call: (...args: A) => Promise<R>) => {
      return (...args: A): Promise<R> => {
        const done = call(...args);
        const noted: Promise<unknown> = done
          .catch(() => undefined)
          .finally(() => this.underWay.delete(noted));
        this.underWay.add(noted);
        return done;
      };
    };
    session.append = watch(session.append.bind(session));
    session.accept = watch(session.accept.bind(session));
    session.evict = watch(session.evict.bind(session));
    return session;
  }

  private ports(engine: OmniEngine): Ports {
    let ids = 0;
    return {
      engine,
      ids: { next: (prefix) => `${prefix}_${++ids}` },
      // Nothing times out: time does not go by while the engine works.
      scheduler: { nowMs: () => this.nowMs, at: () => () => undefined },
      vad: {
        open: (_settings, { onBoundary }) => {
          this.say = onBoundary;
          const ignore = () => undefined;
          return {
            push: ignore,
            configure: ignore,
            startAnew: ignore,
            disown: ignore,
            unheardMs: 0,
            silenceUntil: ignore,
            close: ignore,
          };
        },
      },
      frames: {
        open: () => ({
          push: ({ image, ptsMs }) => ({
            kept: true,
            segment: { k: 'frame', id: `frame_${ptsMs}`, ptsMs, image },
          }),
          share: () => undefined,
          forget: () => undefined,
          fit: (image) => image,
        }),
      },
    };
  }
}

function printMedians({ ttftMs, rssMb, minutes }: LongReport): void {
  const median = (values: readonly number[]) => percentile(values, 50) ?? Number.NaN;
  if (minutes < 12) return;
  const [early, late] = [median(ttftMs.slice(1, 7)), median(ttftMs.slice(-6))];
  console.log(
    `\nttft, median of minutes 2–7: ${early} ms, of the last six: ${late} ms (× ${round(late / early)})`,
  );
  const [then, now] = [rssMb[9] ?? Number.NaN, rssMb.at(-1) ?? Number.NaN];
  console.log(`rss after minute 10: ${then} MB, at the end: ${now} MB (× ${round(now / then)})`);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
