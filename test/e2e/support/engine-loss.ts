import { setTimeout as sleep } from 'node:timers/promises';
import { connectNode, type NodeCall } from '@vis-a-vis/client/node';
import type { ServerEvent } from '@vis-a-vis/protocol';
import { ERRORS, type ErrorCode } from '#modules/contracts';
import { seededRandom } from '../../../modules/decoder/core/text/sampler.js';
import { CALL_FOLDER, readCallScript, type CallScript } from '../../../tools/support/call-script.js';
import { Gateway } from './gateway.js';

const SEED = Number(process.env['ENGINE_LOSS_SEED'] ?? 1);
const CALLS = 4;
/** Times as many turns as asked for are what a machine so slow that half of them fail may need to come to as many kills. */
const MOST_TURNS = 3;
/** From the commit of a turn to its end. */
const LONGEST_MS = 5000;
/** Every so many turns a question is spoken; the others are typed. */
const SPOKEN_EVERY = 3;
/** A caller whose turn failed lets the engine come up again. */
const RETRY_MS = 1000;
const SESSION = { max_output_tokens: 24 };

export interface Losses {
  readonly turns: number;
  /** So many workers die in them, each at a random moment after a few more turns were answered. */
  readonly kills: number;
}

interface Turn {
  readonly ms: number;
  readonly status: string;
  readonly code: string | null;
}

const isAnswer = ({ status }: Turn) => status === 'completed' || status === 'incomplete';

/** One call, and what became of its turns. */
class Caller {
  readonly turns: Turn[] = [];
  readonly errors: string[] = [];
  closed: string | null = null;
  private committedAt: number | null = null;
  private onDone: () => void = () => undefined;

  constructor(private readonly call: NodeCall) {
    call.on('event', (event) => this.handle(event, performance.now()));
    call.on('closed', ({ reason }) => (this.closed = reason));
  }

  async ask(): Promise<void> {
    const done = this.nextTurn();
    this.committedAt = performance.now();
    this.call.ask('how many shapes are there').catch(() => undefined);
    await done;
  }

  async speak(script: CallScript, which: number): Promise<void> {
    const clip = script.questions[which % script.questions.length]!.clip;
    const done = this.nextTurn();
    await this.call.speak(clip);
    await done;
  }

  /** Its session may still be on its way into the worker that has come up. */
  async askUntilAnswered(): Promise<void> {
    for (;;) {
      await this.ask();
      if (isAnswer(this.turns.at(-1)!)) return;
      await sleep(RETRY_MS);
    }
  }

  hangUp(): Promise<void> {
    return this.call.close();
  }

  private nextTurn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`a turn never ended; ${this.turns.length} did`)),
        30_000,
      );
      this.onDone = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private handle(event: ServerEvent, atMs: number): void {
    if (event.type === 'input_audio_buffer.committed') this.committedAt = atMs;
    if (event.type === 'error') this.errors.push(event.error.code);
    if (event.type !== 'response.done' || this.committedAt === null) return;
    const { status, status_details: details } = event.response;
    // A pause inside of a spoken question: what is answered is the whole, later.
    if (status === 'cancelled') return;
    this.turns.push({ ms: atMs - this.committedAt, status, code: details?.error?.code ?? null });
    this.committedAt = null;
    this.onDone();
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(50);
}

const retryable = (code: string | null) => code !== null && ERRORS[code as ErrorCode].retryable;

/**
 * Real: the built gateway as its own process, calls over WebRTC with sound and video, the model. Its engine workers are
 * made to die between two runs, or to hang, at random moments (the seed is above).
 */
export function describeEngineLoss(losses: Losses): void {
  const mostTurns = MOST_TURNS * losses.turns;
  let gateway: Gateway;
  let script: CallScript;

  beforeAll(async () => {
    script = await readCallScript(CALL_FOLDER);
    gateway = await Gateway.start({ VISAVIS_ENGINE_WORKERS: '2', VISAVIS_ENGINE_STALL_MS: '1500' }, true);
  });
  afterAll(() => gateway?.stop());

  const dial = async () =>
    new Caller(await connectNode({ url: gateway.url, video: script.video, session: SESSION }));
  const metric = async (name: string): Promise<number> =>
    Number(
      (await gateway.metrics())
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')[1],
    );

  const workersUp = async (count: number) => (await metric('visavis_engine_workers_up')) >= count;

  it('keeps every call, and ends every turn in an answer or an error that may be retried', async () => {
    const random = seededRandom(SEED);
    const callers = await Promise.all(Array.from({ length: CALLS }, dial));
    const turns = () => callers.flatMap((caller) => caller.turns);
    let begun = 0;
    let struck = 0;
    const goesOn = () => begun < losses.turns || (struck < losses.kills && begun < mostTurns);
    const striker = (async () => {
      while (goesOn()) {
        const enough = turns().filter(isAnswer).length + 2 + Math.floor(random() * 4);
        while (goesOn() && turns().filter(isAnswer).length < enough) await sleep(10);
        await sleep(random() * 800);
        if (goesOn() && (await gateway.strike(random(), { do: 'die' }))) struck += 1;
      }
    })();
    await Promise.all(
      callers.map(async (caller, index) => {
        for (let count = index; goesOn(); count++) {
          begun += 1;
          if (count % SPOKEN_EVERY === 0) await caller.speak(script, count);
          else await caller.ask();
          await sleep(random() * 300 + (isAnswer(caller.turns.at(-1)!) ? 0 : RETRY_MS));
        }
      }),
    );
    await striker;
    const failed = turns().filter((turn) => !isAnswer(turn));
    expect(struck).toBeGreaterThanOrEqual(losses.kills);
    expect(turns()).toHaveLength(begun);
    expect(callers.map(({ closed }) => closed)).toEqual(callers.map(() => null));
    expect(failed.filter(({ code }) => !retryable(code))).toEqual([]);
    expect(callers.flatMap(({ errors }) => errors).filter((code) => !retryable(code))).toEqual([]);
    expect(failed.length).toBeLessThan(begun / 2);
    expect(turns().filter(({ ms }) => ms > LONGEST_MS)).toEqual([]);
    expect(await metric('visavis_engine_workers_lost_total{cause="died"}')).toBeGreaterThanOrEqual(
      struck - 1,
    );
    expect(await metric('visavis_engine_sessions_given_up_total')).toBe(0);
    // Nothing dies any more: every call is answered.
    await until(() => workersUp(2));
    await Promise.all(callers.map((caller) => caller.askUntilAnswered()));
    await Promise.all(callers.map((caller) => caller.hangUp()));
  });

  it('notices a worker that is stuck, and answers from another', async () => {
    await until(() => workersUp(2));
    const caller = await dial();
    await caller.ask();
    expect(await gateway.strike(0, { do: 'hang', forMs: 6000 })).toBe(true);
    expect(await gateway.strike(0, { do: 'hang', forMs: 6000 })).toBe(true);
    for (let count = 0; count < 3; count++) await caller.ask();
    await caller.askUntilAnswered();
    expect(caller.turns.filter(({ ms }) => ms > LONGEST_MS)).toEqual([]);
    expect(await metric('visavis_engine_workers_lost_total{cause="stuck"}')).toBe(2);
    expect(caller.closed).toBeNull();
    await caller.hangUp();
  });
}
