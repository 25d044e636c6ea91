import { DtlsClient, type DtlsServer } from 'werift';

import {
  CONTENT,
  HandshakeOrder,
  plainRecord,
  readRecords,
  ReplayWindow,
  type DtlsRecord,
  type HandshakeMessage,
} from '../../core/dtls/records.js';
import { firstCertificate, isFinished, isKeyExchangeSignedBy, isSignedBy } from './dtls-proof.js';

type Dtls = DtlsServer | DtlsClient;

/** Where datagrams come from and go to. */
export interface DtlsRoute {
  routeDtls(to: (bytes: Buffer) => void, onClose: () => void): void;
  send(bytes: Buffer): Promise<void>;
  nowMs(): number;
}

/** Handshake messages that are looked at here. */
const MESSAGE = { serverHello: 2, certificate: 11, keyExchange: 12, certificateVerify: 15, finished: 20 };
/** Records that are kept until they can be read: the network may turn the last of a handshake around. */
const MAX_HELD = 8;
/** Datagrams of a flight that are kept to be sent again. */
const MAX_FLIGHT = 16;
/** A message that comes again sooner (ms) was doubled by the network: the fastest clients repeat a flight after 50 ms. */
const REPEAT_MS = 40;
const CLOSE_NOTIFY = Buffer.from([1, 0]);

/**
 * Stands between the network and werift's DTLS, which believes too much (lib/dtls/src/socket.ts, record/receive.ts): an alert in the
 * clear or an unknown content type ends its connection, a ClientHello in the clear begins another handshake in a connection that
 * stands, handshake messages are taken in whatever order they come, and nothing is proved (see dtls-proof.ts). Behind the gate,
 * handshake messages come once and in order; after the handshake, only what decrypts and is new counts.
 */
export class DtlsGate {
  /** werift's side; set by its socket. */
  onData: (bytes: Buffer) => void = () => undefined;
  readonly type = 'ice';
  /** Nobody asks for it. */
  readonly address = { address: '', family: '', port: 0 };
  closed = false;
  readonly #route: DtlsRoute;
  readonly #isServer: boolean;
  readonly #onClosedByPeer: () => void;
  readonly #order = new HandshakeOrder();
  readonly #window = new ReplayWindow();
  #dtls: Dtls | null = null;
  #settle: { resolve: () => void; reject: (why: Error) => void } | null = null;
  /** The handshake is over, and is believed. */
  #finished = false;
  #open = false;
  #held: DtlsRecord[] = [];
  #data: Buffer[] = [];
  #flight: Buffer[] = [];
  #flightAtMs = 0;
  #certificate: Buffer | null = null;
  #serverRandom: Buffer | null = null;

  constructor(route: DtlsRoute, isServer: boolean, onClosedByPeer: () => void) {
    this.#route = route;
    this.#isServer = isServer;
    this.#onClosedByPeer = onClosedByPeer;
  }

  /** @throws Error where the handshake fails, or the connection is closed meanwhile */
  handshake(dtls: Dtls): Promise<void> {
    this.#dtls = dtls;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      dtls.onConnect.once(() => {
        this.#finished = true;
        resolve();
      });
      dtls.onError.once((error: unknown) => this.#fail(error));
      this.#route.routeDtls(
        (bytes) => this.#onDatagram(bytes),
        () => void this.close(),
      );
      if (dtls instanceof DtlsClient) dtls.connect().catch((error: unknown) => this.#fail(error));
    });
  }

  /** The client's identity was checked: its data may pass. */
  open(): void {
    this.#open = true;
    for (const data of this.#data.splice(0)) this.#deliver(data);
  }

  /** werift's flights go out here; the latest is kept, for a client that did not get it. */
  readonly send = (bytes: Buffer): Promise<void> => {
    const [record] = readRecords(bytes);
    const isHandshake = record?.type === CONTENT.handshake || record?.type === CONTENT.changeCipherSpec;
    // werift numbers its data from 1 again, after a Finished with a number of its own: two records under one nonce, and for receivers
    // that keep to RFC 6347, 4.1.2.6 a replay. Data is numbered on from there.
    if (this.#dtls && record?.epoch === 1 && isHandshake)
      this.#dtls.dtls.recordSequenceNumber = Math.max(this.#dtls.dtls.recordSequenceNumber, record.sequence);
    if (isHandshake && this.#flight.length < MAX_FLIGHT && !this.#flight.includes(bytes))
      this.#flight.push(bytes);
    if (isHandshake) this.#flightAtMs = this.#route.nowMs();
    return this.#route.send(bytes);
  };

  /** Says goodbye where there is somebody to say it to. Idempotent. */
  close(): Promise<void> {
    if (!this.closed) {
      this.closed = true;
      if (this.#open) this.#sendCloseNotify();
      // werift goes on to send a flight for half a minute unless it believes that it was answered.
      if (this.#dtls) this.#dtls.dtls.flight = 99;
      this.#settle?.reject(new Error('closed'));
      this.#held = [];
      this.#data = [];
      this.#flight = [];
    }
    return Promise.resolve();
  }

  #onDatagram(bytes: Buffer): void {
    for (const record of readRecords(bytes)) {
      if (this.closed) return;
      if (record.epoch === 0) this.#onPlain(record);
      else if (record.epoch === 1) this.#onProtected(record);
    }
  }

  /** Before the handshake is over, its messages alone are read in the clear; alerts never: anybody can write one. */
  #onPlain(record: DtlsRecord): void {
    if (this.#finished || record.type !== CONTENT.handshake) return;
    const { next, repeated } = this.#order.take(record.fragment);
    if (repeated.some((m) => m.sequence === this.#order.next - 1) && next.length === 0) this.#repeatFlight();
    for (const message of next) {
      // Finished is the one message that has to be encrypted.
      if (this.closed || message.type === MESSAGE.finished) return;
      this.#forward(message);
    }
    if (next.length > 0) for (const held of this.#held.splice(0)) this.#onProtected(held);
  }

  #forward(message: HandshakeMessage): void {
    const why = this.#reasonToDoubt(message);
    if (why !== null) return this.#fail(new Error(why));
    this.#flight = [];
    this.onData(Buffer.from(plainRecord(message.bytes)));
  }

  #reasonToDoubt({ type, body }: HandshakeMessage): string | null {
    switch (type) {
      case MESSAGE.serverHello:
        this.#serverRandom = Buffer.from(body.subarray(2, 34));
        return null;
      case MESSAGE.certificate:
        // werift would take another one, of which nobody has proved to be its owner.
        if (this.#certificate) return 'a message out of place';
        this.#certificate = firstCertificate(body);
        return this.#certificate ? null : 'no certificate';
      case MESSAGE.certificateVerify:
        return this.#certificate && isSignedBy(this.#certificate, this.#transcript(), body)
          ? null
          : 'the certificate is not theirs';
      case MESSAGE.keyExchange: {
        const own = this.#dtls?.cipher.localRandom.serialize();
        if (this.#isServer || !own || !this.#serverRandom || !this.#certificate)
          return 'a message out of place';
        const randoms = Buffer.concat([own, this.#serverRandom]);
        return isKeyExchangeSignedBy(this.#certificate, body, randoms)
          ? null
          : 'the certificate is not theirs';
      }
      default:
        return null;
    }
  }

  #onProtected(record: DtlsRecord): void {
    const isHandshake = record.type === CONTENT.handshake;
    if (!this.#dtls?.cipher.cipher) {
      if (this.#held.length < MAX_HELD) this.#held.push(record);
      return;
    }
    // Handshake messages have their own numbers: one that comes again wants our last flight again, some repeat the very record, and
    // werift as a client gives its Finished a number that a later record has too.
    if (!isHandshake && !this.#window.isNew(record.sequence)) return;
    const plain = this.#decrypt(record);
    if (!plain) return;
    if (!isHandshake) this.#window.accept(record.sequence);
    if (isHandshake) this.#onFinished(record, plain);
    else if (record.type === CONTENT.alert) this.#onAlert(plain);
    else if (record.type === CONTENT.applicationData) this.#onApplicationData(plain);
  }

  #onFinished(record: DtlsRecord, plain: Buffer): void {
    const { next, repeated } = this.#order.take(plain);
    if (repeated.length > 0 && this.#finished) this.#repeatFlight();
    const [message] = next;
    if (!message || message.type !== MESSAGE.finished || this.#finished || !this.#dtls) return;
    const keys = { masterSecret: this.#dtls.cipher.masterSecret, transcript: this.#transcript() };
    if (!isFinished(message.body, this.#isServer ? 'client' : 'server', keys)) {
      this.#fail(new Error('the two sides saw different handshakes'));
      return;
    }
    if (this.#isServer) this.#flight = [];
    this.onData(Buffer.from(record.bytes));
  }

  #onAlert(plain: Buffer): void {
    const [level, description] = plain;
    if (level !== 2 && description !== 0) return;
    if (this.#open) {
      this.#open = false;
      this.#onClosedByPeer();
    } else this.#fail(new Error(`the other side gave up (alert ${description})`));
  }

  #onApplicationData(plain: Buffer): void {
    if (this.#open) this.#deliver(plain);
    else if (this.#data.length < MAX_HELD) this.#data.push(plain);
  }

  #deliver(data: Buffer): void {
    this.#dtls?.onData.execute(data);
  }

  #decrypt({ type, epoch, sequence, fragment }: DtlsRecord): Buffer | null {
    // Shorter than nonce and tag: werift would read beyond it.
    if (fragment.length < 24) return null;
    const recordLayerHeader = {
      contentType: type,
      protocolVersion: { major: 254, minor: 253 },
      epoch,
      sequenceNumber: sequence,
      contentLen: fragment.length,
    };
    try {
      const record = { recordLayerHeader, fragment: Buffer.from(fragment) };
      return (
        this.#dtls?.cipher.decryptPacket(record as Parameters<Dtls['cipher']['decryptPacket']>[0]) ?? null
      );
    } catch {
      return null;
    }
  }

  #sendCloseNotify(): void {
    if (!this.#dtls) return;
    const { dtls, cipher } = this.#dtls;
    const sequenceNumber = ++dtls.recordSequenceNumber;
    const recordLayerHeader = {
      contentType: CONTENT.alert,
      protocolVersion: dtls.version,
      epoch: 1,
      sequenceNumber,
      contentLen: CLOSE_NOTIFY.length,
    };
    const packet = { recordLayerHeader, fragment: CLOSE_NOTIFY } as Parameters<
      Dtls['cipher']['encryptPacket']
    >[0];
    const { fragment } = cipher.encryptPacket(packet);
    const header = Buffer.from([CONTENT.alert, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    header.writeUIntBE(sequenceNumber, 5, 6);
    header.writeUInt16BE(fragment.length, 11);
    void this.#route.send(Buffer.concat([header, fragment]));
  }

  #repeatFlight(): void {
    const nowMs = this.#route.nowMs();
    if (nowMs - this.#flightAtMs < REPEAT_MS) return;
    this.#flightAtMs = nowMs;
    for (const bytes of this.#flight) void this.#route.send(bytes);
  }

  #transcript(): Buffer {
    return Buffer.concat(this.#dtls?.dtls.sortedHandshakeCache.map((m) => m.serialize()) ?? []);
  }

  #fail(why: unknown): void {
    this.#settle?.reject(why instanceof Error ? why : new Error(String(why)));
    void this.close();
  }
}
