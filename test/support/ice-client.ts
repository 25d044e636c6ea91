import { randomBytes } from 'node:crypto';
import dgram from 'node:dgram';

import {
  ATTRIBUTE,
  isAuthentic,
  parseStun,
  writeStun,
  xorAddress,
} from '../../modules/media/infra/ice/stun.js';

/** What a client needs to know of our answer. */
export interface Told {
  readonly ufrag: string;
  readonly password: string;
  readonly port: number;
}

export function told(answerSdp: string): Told {
  return {
    ufrag: /a=ice-ufrag:(\S+)/.exec(answerSdp)?.[1] ?? '',
    password: /a=ice-pwd:(\S+)/.exec(answerSdp)?.[1] ?? '',
    port: Number(/a=candidate:\S+ 1 udp \d+ \S+ (\d+)/i.exec(answerSdp)?.[1]),
  };
}

/** A UDP socket that speaks ICE by hand, as a controlling client: what it sends is what a test says. */
export class IceSocket {
  /** What came that is not STUN. */
  readonly data: Buffer[] = [];
  /** Checks that came, and answers to ours. */
  readonly checks: string[] = [];
  readonly answers: string[] = [];
  /** Answers checks, as a client does. */
  answering = true;
  #closes = true;

  constructor(
    readonly remote: Told,
    readonly own: { readonly ufrag: string; readonly password: string },
    /** One that is bound already is shared with whoever opened it. */
    readonly socket = dgram.createSocket('udp4'),
  ) {}

  async bind(): Promise<this> {
    if (!this.#isShared()) await new Promise<void>((resolve) => this.socket.bind(0, '127.0.0.1', resolve));
    else this.#closes = false;
    this.socket.on('message', (bytes, from) => {
      const message = parseStun(bytes);
      if (!message) return void this.data.push(bytes);
      if (message.kind !== 'request') return void this.answers.push(message.id);
      if (!isAuthentic(message, this.own.password)) return;
      this.checks.push(message.id);
      if (!this.answering) return;
      const address = { host: from.address, port: from.port };
      const attributes = [[ATTRIBUTE.xorMappedAddress, xorAddress(address, message.id)]] as const;
      this.send(writeStun({ kind: 'success', id: message.id, attributes, password: this.own.password }));
    });
    return this;
  }

  send(bytes: Uint8Array): void {
    this.socket.send(bytes, this.remote.port, '127.0.0.1');
  }

  /** A connectivity check. */
  check({
    nominates = false,
    password = this.remote.password,
    username = `${this.remote.ufrag}:${this.own.ufrag}`,
  } = {}): Buffer {
    const attributes: [number, Buffer][] = [
      [ATTRIBUTE.username, Buffer.from(username)],
      [ATTRIBUTE.priority, Buffer.from([0x6e, 0, 0, 0xff])],
      [ATTRIBUTE.iceControlling, randomBytes(8)],
    ];
    if (nominates) attributes.push([ATTRIBUTE.useCandidate, Buffer.alloc(0)]);
    const id = randomBytes(12).toString('hex');
    const bytes = writeStun({ kind: 'request', id, attributes, password });
    this.send(bytes);
    return bytes;
  }

  close(): void {
    if (this.#closes) this.socket.close();
  }

  #isShared(): boolean {
    try {
      return this.socket.address().port > 0;
    } catch {
      return false;
    }
  }
}
