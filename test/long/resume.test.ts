import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { jest } from '@jest/globals';
import { Gateway } from '../e2e/support/gateway.js';
import { SERVER_HOST, TinyNetwork } from '../support/namespaces.js';

jest.setTimeout(600_000);

/**
 * Real: the built gateway, its model (which is made to take its time), the clients' process (over WebRTC the SDK), and a network between two Linux
 * namespaces, whose cable is pulled out for 30 s while every call is in the middle of an answer.
 */
const CLIENT = fileURLToPath(new URL('../support/resuming-client.mjs', import.meta.url));
const CUT_MS = 30_000;
const CALLS = 20;

interface Told {
  readonly status: string;
  readonly times: number;
  readonly created: number;
  readonly whole: string;
  readonly deltas: string;
  readonly questions: number;
}
interface Result {
  readonly q1: Told;
  /** Asked when the network was gone. */
  readonly q2: Told;
  readonly q3: Told;
  readonly doubled: number;
  readonly sessions: number;
  readonly resumes: readonly { missed: number; replayed: number }[];
  readonly errors: readonly string[];
  readonly context: readonly number[];
}

/** A process of clients: what it is told to do, and what came of it. */
class Clients {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<unknown>;

  constructor([program = '', ...args]: readonly string[]) {
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#ended = once(this.#child, 'exit');
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** @throws Error where the process has ended instead */
  async next(): Promise<unknown> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the clients have ended');
    return JSON.parse(value);
  }

  do(what: 'ask' | 'call' | 'resume' | 'again'): Promise<unknown> {
    this.#child.stdin!.write(`${what}\n`);
    return this.next();
  }

  async hangUp(): Promise<void> {
    this.#child.stdin!.write('quit\n');
    await Promise.race([this.#ended, sleep(10_000, undefined, { ref: false })]);
    this.#child.kill('SIGKILL');
  }
}

const network = await TinyNetwork.make();

/** The window is long, as a machine that does much else may take its time. */
const SETTINGS = {
  VISAVIS_HOST: '0.0.0.0',
  VISAVIS_ICE_HOSTS: SERVER_HOST,
  VISAVIS_ALLOW_ANONYMOUS: '1',
  VISAVIS_RESUME_WINDOW_MS: '600000',
};

(network ? describe : describe.skip)('a network that is gone for 30 s in the middle of an answer', () => {
  afterAll(() => network?.remove());

  /** Resolves when the gateway keeps that many calls whose connection it has given up: by then they can only be resumed. */
  async function detached(url: string, calls: number): Promise<void> {
    const look = `const { calls } = await (await fetch('${url}health')).json(); console.log(calls.detached)`;
    const [program, ...args] = [
      ...network!.on('server'),
      process.execPath,
      '--input-type=module',
      '-e',
      look,
    ];
    const { stdout } = await promisify(execFile)(program, args);
    if (Number(stdout) < calls) return sleep(500).then(() => detached(url, calls));
  }

  it.each(['webrtc', 'websocket'])('is got over by 20 of 20 calls over %s', async (kind) => {
    const gateway = await Gateway.start(SETTINGS, 'paced', network!.on('server'));
    const url = `http://${SERVER_HOST}:${new URL(gateway.url).port}/`;
    const clients = new Clients([
      ...network!.on('client'),
      process.execPath,
      CLIENT,
      url,
      kind,
      String(CALLS),
    ]);
    try {
      expect(await clients.next()).toBe('ready');
      expect(await clients.do('ask')).toBe('answering');
      await network!.cut();
      // By then the answer has been made; nobody knows yet that the network is gone.
      await sleep(CUT_MS / 2);
      expect(await clients.do('call')).toBe('called');
      await sleep(CUT_MS / 2);
      if (kind === 'webrtc') await detached(url, CALLS);
      await network!.mend();
      expect(await clients.do('resume')).toBe('resumed');
      const results = (await clients.do('again')) as Result[];
      const good = results.filter(({ q1, q2, q3, ...rest }) => {
        const once = [q1, q2, q3].every(
          (told) =>
            told.status === 'completed' &&
            told.times === 1 &&
            told.created === 1 &&
            told.questions === 1 &&
            told.deltas === told.whole,
        );
        const [first = 0, second = 0, third = 0] = rest.context;
        const goesOn = rest.sessions === 1 && rest.resumes.length >= 1 && second > first && third > second;
        return once && goesOn && rest.doubled === 0 && rest.errors.length === 0;
      });
      expect([good.length, results.filter((one) => !good.includes(one))]).toEqual([CALLS, []]);
      // The answers were cut in two.
      expect(results.every(({ resumes }) => (resumes[0]?.replayed ?? 0) > 3)).toBe(true);
    } finally {
      await network!.mend();
      await clients.hangUp();
      await gateway.stop();
    }
    const { code, stdout } = await gateway.end;
    expect([code, stdout.split('\n').filter((line) => /"level":[56]0/.test(line))]).toEqual([0, []]);
  });
});
