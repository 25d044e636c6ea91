import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { connectNode, type CallError, type NodeCall } from '@vis-a-vis/client/node';
import type { ServerEvent } from '@vis-a-vis/protocol';
import { RTCPeerConnection, type RTCDataChannel } from 'werift';
import { until } from '../support/media-call.js';
import { Gateway } from '../e2e/support/gateway.js';
import { exchangeWith } from '../e2e/support/offers.js';

jest.setTimeout(60_000);

/**
 * Real: the built gateway as its own process, and calls over WebRTC. Whenever and however a client leaves, and whatever it
 * says that it takes, another call goes on answering, and the gateway ends in order.
 */
const KILLED = fileURLToPath(new URL('../support/leaving-client.mjs', import.meta.url));

/** A gateway for the tests of a block, with another call in it all the while. */
function serve(): { gateway: () => Gateway; expectOtherCallGoesOn: () => Promise<void> } {
  let gateway: Gateway;
  let bystander: NodeCall;
  beforeAll(async () => {
    gateway = await Gateway.start();
    bystander = await connectNode({ url: gateway.url });
  }, 90_000);
  afterAll(async () => {
    await bystander?.close();
    await gateway?.stop();
  });
  const expectOtherCallGoesOn = async () => {
    expect((await bystander.ask('hello')).status).toBe('completed');
  };
  return { gateway: () => gateway, expectOtherCallGoesOn };
}

describe('clients that leave', () => {
  const { gateway, expectOtherCallGoesOn } = serve();

  const dial = async (): Promise<NodeCall> => {
    const call = await connectNode({ url: gateway().url });
    call.on('error', () => undefined);
    return call;
  };

  it('at the first word of their answer', async () => {
    for (let round = 0; round < 3; round++) {
      const leave = async () => {
        const call = await dial();
        const begun = new Promise((resolve) => call.on('delta', resolve));
        call.ask('describe what you see').catch(() => undefined);
        await begun;
        await call.close();
      };
      await Promise.all([leave(), leave(), leave(), leave()]);
    }
    expect(await gateway().metrics()).toContain('visavis_sessions_ended_total{reason="closed_by_peer"}');
    await expectOtherCallGoesOn();
  });

  it('in the middle of a burst of events', async () => {
    for (let calls = 1; calls <= 8; calls++) {
      const call = await dial();
      for (let i = 0; i < 150; i++) call.cancel();
      await sleep(5 * calls);
      await call.close();
    }
    await expectOtherCallGoesOn();
  });

  it('by HTTP while they are answered', async () => {
    for (let round = 0; round < 4; round++) {
      let location = '';
      const exchange = exchangeWith(gateway().url, { answer: (_sdp, at) => (location = at) });
      const call = await connectNode({ url: gateway().url, exchange });
      call.on('error', () => undefined);
      const begun = new Promise((resolve) => call.on('delta', resolve));
      call.ask('describe what you see').catch(() => undefined);
      await begun;
      const hangUp = () => fetch(new URL(`${location}/hangup`, gateway().url), { method: 'POST' });
      expect((await hangUp()).status).toBe(200);
      expect((await hangUp()).status).toBe(404);
      await call.close();
    }
    await expectOtherCallGoesOn();
  });

  it('by being killed', async () => {
    const client = spawn(process.execPath, [KILLED, gateway().url, '6'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(client.stdout, 'data');
    client.kill('SIGKILL');
    await once(client, 'exit');
    // Their answers go on into sockets that nobody reads.
    await sleep(1000);
    await expectOtherCallGoesOn();
  });

  it('by closing the channel of the events and keeping another, and come back by opening it anew', async () => {
    const peer = await BareCall.connect(gateway().url);
    await peer.open('other');
    await peer.open('oai-events');
    peer.say({ type: 'session.update', session: { type: 'realtime', instructions: 'Be brief.' } });
    for (let i = 0; i < 20; i++) peer.say({ type: 'response.cancel' });
    await peer.close('oai-events');
    await sleep(300);
    peer.events.length = 0;
    await peer.open('oai-events');
    await peer.told('session.created');
    expect(peer.events[0]).toMatchObject({
      type: 'session.created',
      session: { instructions: 'Be brief.' },
    });
    const content = [{ type: 'input_text', text: 'hello' }];
    peer.say({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
    peer.say({ type: 'response.create' });
    await peer.told('response.done');
    await peer.connection.close();
    await expectOtherCallGoesOn();
  });

  it('leave a gateway that has nothing to complain about, and ends in order', async () => {
    const { code, signal, stdout } = await gateway().stop();
    expect([code, signal]).toEqual([0, null]);
    expect(stdout).not.toContain('"level":50');
    expect(stdout).not.toContain('"level":60');
  });
});

describe('clients that take only small messages', () => {
  const { gateway, expectOtherCallGoesOn } = serve();

  const limited = (bytes: number | null) =>
    exchangeWith(gateway().url, {
      offer: (sdp) =>
        bytes === null
          ? sdp.replace(/a=max-message-size:.*\r\n/, '')
          : sdp.replace(/(a=max-message-size:)\d+/, `$1${bytes}`),
    });

  it.each([
    ['65536', 65_536, 70_000, 'message_too_large'],
    // Such a client is told next to nothing whole: it is not kept from saying things.
    ['2000', 2000, 3000, 'event_too_large'],
    ['none, which is 65536', null, 70_000, 'message_too_large'],
  ])('are told what did not fit, and go on: %s', async (_name, bytes, length, code) => {
    const call = await connectNode({ url: gateway().url, exchange: limited(bytes) });
    const refused = new Promise<CallError>((resolve) => call.on('error', resolve));
    call.update({ instructions: 'x'.repeat(length) });
    expect(await refused).toMatchObject({ code });
    call.update({ instructions: '' });
    expect((await call.ask('hello')).status).toBe('completed');
    await call.close();
    await expectOtherCallGoesOn();
  });

  it('stay as well as they can where not even the session fits', async () => {
    const events: ServerEvent[] = [];
    const call = await connectNode({ url: gateway().url, exchange: limited(300) });
    call.on('error', () => undefined);
    call.on('event', (event) => events.push(event));
    const begun = new Promise((resolve) => call.on('delta', resolve));
    call.ask('hello').catch(() => undefined);
    await begun;
    await sleep(500);
    for (const event of events) expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThanOrEqual(300);
    expect(events.filter((event) => event.type === 'error')).not.toHaveLength(0);
    expect(await gateway().metrics()).toMatch(/visavis_drops_total\{reason="oversized_event"\} [1-9]/);
    await call.close();
    await expectOtherCallGoesOn();
  });
});

/** A client without the SDK, which opens and closes its channels as it likes. */
class BareCall {
  readonly events: ServerEvent[] = [];
  readonly #channels = new Map<string, RTCDataChannel>();

  private constructor(readonly connection: RTCPeerConnection) {}

  static async connect(url: string): Promise<BareCall> {
    const connection = new RTCPeerConnection({
      bundlePolicy: 'max-bundle',
      iceServers: [],
      iceUseIpv4: false,
      iceUseIpv6: false,
      iceAdditionalHostAddresses: ['127.0.0.1'],
    });
    connection.addTransceiver('audio', { direction: 'sendonly' });
    connection.createDataChannel('first');
    await connection.setLocalDescription(await connection.createOffer());
    const exchange = exchangeWith(url, {});
    const sdp = await exchange(connection.localDescription?.sdp ?? '');
    await connection.setRemoteDescription({ type: 'answer', sdp });
    return new BareCall(connection);
  }

  async open(label: string): Promise<void> {
    const channel = this.connection.createDataChannel(label);
    this.#channels.set(label, channel);
    channel.onMessage.subscribe((data) => {
      this.events.push(JSON.parse(String(data)) as ServerEvent);
    });
    await until(() => channel.readyState === 'open');
  }

  say(event: object): void {
    this.#channels.get('oai-events')?.send(JSON.stringify(event));
  }

  /** As a browser does, when all that was said has left. */
  async close(label: string): Promise<void> {
    const channel = this.#channels.get(label);
    await until(() => channel?.bufferedAmount === 0);
    channel?.close();
  }

  async told(type: ServerEvent['type']): Promise<void> {
    await until(() => this.events.some((event) => event.type === type));
  }
}
