import { connect } from '@vis-a-vis/client/node';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../e2e/support/chromium.js';
import { Gateway } from '../e2e/support/gateway.js';
import { callProgram, openProgram } from '../e2e/support/program-page.js';

/**
 * Real: the built gateway, its process stopped in mid-call (nothing of it answers: neither UDP nor HTTP) or killed; Chromium, werift. Made
 * up: the model, by a script.
 */
const PORT = 21_795;
/** As long as a gateway may take to start on a busy machine. */
const PATIENT = { forMs: 600_000, maxMs: 1000 };

interface Lost {
  readonly states: readonly string[];
  readonly ways: readonly string[];
  readonly kept: boolean;
  readonly status: string;
}

const KINDS = ['in Node', 'in Chromium'] as const;

describe('a call whose gateway is gone for a while', () => {
  let gateway: Gateway;
  let browser: Browser;
  const start = () => Gateway.start({ VISAVIS_PORT: String(PORT) }, 'scripted');
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    gateway = await start();
  });
  afterEach(() => gateway?.stop());

  /** @param lose takes the gateway away, and brings it back once the call has noticed; `asks`: Node need not wait for ICE to be missed */
  async function lived(
    kind: (typeof KINDS)[number],
    lose: { away: () => void; back: () => unknown; asks?: boolean },
  ): Promise<Lost> {
    if (kind === 'in Chromium') {
      const page = await openProgram(browser, gateway.url, 'client-page.mjs');
      await callProgram(page, 'open', gateway.url);
      lose.away();
      await callProgram(page, 'noticed');
      await lose.back();
      const lost = await callProgram<Lost>(page, 'resumed');
      await page.close();
      return lost;
    }
    const call = await connect({ url: gateway.url, reconnect: PATIENT });
    const [states, ways]: [string[], string[]] = [[], []];
    call.on('state', (state) => states.push(state));
    call.on('reconnecting', ({ way }) => way !== ways.at(-1) && ways.push(way));
    await call.say('one').done;
    const noticed = call.once('reconnecting');
    const resumed = call.once('resumed');
    lose.away();
    if (lose.asks) await call.restartIce().catch(() => undefined);
    await noticed;
    // It waits for the connection.
    const turn = call.say('two');
    turn.done.catch(() => undefined);
    await lose.back();
    const { kept } = await resumed;
    const { status } = await call.say('three').done;
    call.close();
    return { states: states.filter((state) => state !== 'closed'), ways, kept, status };
  }

  it.each(KINDS)('goes on with the same conversation: %s', async (kind) => {
    const lost = await lived(kind, {
      away: () => gateway.signal('SIGSTOP'),
      back: () => gateway.signal('SIGCONT'),
    });
    expect(lost).toEqual({
      states: ['reconnecting', 'connected'],
      ways: ['restart'],
      kept: true,
      status: 'completed',
    });
  });

  it.each(KINDS)('is dialled again where the gateway is another one: %s', async (kind) => {
    const lost = await lived(kind, {
      asks: true,
      away: () => gateway.signal('SIGKILL'),
      back: async () => (gateway = await start()),
    });
    expect(lost).toEqual({
      states: ['reconnecting', 'connected'],
      ways: expect.arrayContaining(['dial']),
      kept: false,
      status: 'completed',
    });
  });
});
