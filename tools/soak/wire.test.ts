import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { reroute, Wire } from './wire.js';

const DTLS = 22;
/** Loopback delivers within this (ms). */
const DELIVERED_MS = 50;

/** Real: UDP. */
describe('Wire', () => {
  let gateway: Socket;
  let client: Socket;
  let wire: Wire;
  let heard: number[];
  let answered: number[];
  const open = async () => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return socket;
  };
  const say = async (...bytes: number[]) => {
    for (const byte of bytes) client.send(Buffer.of(byte), wire.address.port, wire.address.address);
    await sleep(DELIVERED_MS);
  };

  beforeEach(async () => {
    [gateway, client] = await Promise.all([open(), open()]);
    [heard, answered] = [[], []];
    gateway.on('message', (data, from) => {
      heard.push(data[0] ?? -1);
      gateway.send(data, from.port, from.address);
    });
    client.on('message', (data) => answered.push(data[0] ?? -1));
    wire = await Wire.open(gateway.address());
  });
  afterEach(() => {
    for (const end of [wire, gateway, client]) end.close();
  });

  it('carries both ways', async () => {
    await say(1, 2);
    expect([heard, answered]).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  it('carries nothing while it is cut, and what comes later when it is whole again', async () => {
    await say(1);
    wire.cut();
    await say(2);
    wire.restore();
    await say(3);
    expect([heard, answered]).toEqual([
      [1, 3],
      [1, 3],
    ]);
  });

  it('cuts itself within a handshake, counting both sides', async () => {
    wire.cutAfterDtls(2);
    await say(1, DTLS);
    await say(DTLS);
    await say(1);
    expect([heard, answered]).toEqual([
      [1, DTLS],
      [1, DTLS],
    ]);
  });
});

describe('reroute', () => {
  it('leaves one candidate, which leads through the wire', async () => {
    const candidate = (foundation: string, port: number) =>
      `a=candidate:${foundation} 1 udp 2130706431 192.0.2.1 ${port} typ host`;
    const answer = [
      'v=0',
      'm=audio 9',
      candidate('a', 7),
      candidate('b', 8),
      'm=video 9',
      candidate('a', 7),
      '',
    ];
    let target: object | null = null;
    const led = await reroute(answer.join('\r\n'), async (gateway) => {
      target = gateway;
      return { address: '127.0.0.1', port: 9 };
    });
    expect(target).toEqual({ address: '192.0.2.1', port: 7 });
    expect(led.split('\r\n')).toEqual([
      'v=0',
      'm=audio 9',
      'a=candidate:a 1 udp 2130706431 127.0.0.1 9 typ host',
      'm=video 9',
      '',
    ]);
  });

  it('needs one to begin with', async () => {
    await expect(reroute('v=0\r\n', () => Promise.reject(new Error('never')))).rejects.toThrow(
      'no UDP candidate',
    );
  });
});
