import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AvailabilityResponse,
  JobStatus,
  JobType,
  RegisterWorkerRequest,
  ServerMessage,
  UpdateJobStatus,
  WorkerMessage,
  WorkerPing,
  type Job,
  type JobAssignment,
} from '@livekit/protocol';
import { WebSocket, type RawData } from 'ws';
import { RoomError, type RoomAdapter } from '../room.js';
import { livekitRoom } from './livekit-room.js';
import { workerToken, type LiveKitKey } from './token.js';

const CONNECT_MS = 10_000;
const PING_MS = 15_000;
/** A server that has said nothing for so long is gone (ms). */
const SILENT_MS = 3 * PING_MS;
/** Between two tries to reach the server (ms). */
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;
const LARGEST_BYTES = 2 * 1024 * 1024;

export interface WorkerOptions {
  /** Of the server, e.g. `ws://127.0.0.1:7880`. */
  readonly url: string;
  readonly key: LiveKitKey;
  /** By which rooms ask for the bot; empty: every room gets it. */
  readonly agentName: string;
  /** What the bot is called in rooms. */
  readonly name: string;
}

/** A bot that has been sent to a room. */
export interface Sitting {
  readonly ended: Promise<unknown>;
  stop(): void;
}

/** The methods never throw. */
export interface WorkerListener {
  /** Whether another room could be sat in. */
  hasPlace(): boolean;
  /** A room wants the bot. @returns null: there is no place for it */
  onRoom(room: RoomAdapter): Sitting | null;
  /** The server knows us, for the first time or again. */
  onRegistered(): void;
  onLost(reason: string): void;
}

/** Offers itself to a LiveKit server, which then sends it to rooms ("agent dispatch"; livekit_agent.proto). */
export class LiveKitWorker {
  readonly #options: WorkerOptions;
  readonly #listener: WorkerListener;

  constructor(options: WorkerOptions, listener: WorkerListener) {
    this.#options = options;
    this.#listener = listener;
  }

  /**
   * Until it is given up; comes back where the server is lost.
   * @throws RoomError `refused` where the server will not have it
   */
  async run(signal: AbortSignal): Promise<void> {
    for (let waitMs = FIRST_RETRY_MS; !signal.aborted; waitMs = Math.min(LAST_RETRY_MS, waitMs * 2)) {
      const registered = await this.#serve(signal);
      if (registered) waitMs = FIRST_RETRY_MS;
      await sleep(waitMs, undefined, { signal }).catch(() => undefined); // given up
    }
  }

  /** One connection, to its end. @returns whether the server knew us */
  async #serve(signal: AbortSignal): Promise<boolean> {
    const { url, key, agentName } = this.#options;
    const socket = new WebSocket(new URL('agent?protocol=1', url.endsWith('/') ? url : `${url}/`), {
      handshakeTimeout: CONNECT_MS,
      maxPayload: LARGEST_BYTES,
      headers: { authorization: `Bearer ${await workerToken(key)}` },
    });
    const connection = new WorkerConnection(socket, this.#options, this.#listener);
    const over = Promise.withResolvers<void>();
    let reason = 'the LiveKit server closed the connection';
    socket.on('unexpected-response', (request, { statusCode = 0 }) => {
      reason = `the LiveKit server answered with status ${statusCode}`;
      if (statusCode >= 400 && statusCode < 500) over.reject(new RoomError('refused', reason));
      request.destroy();
    });
    socket.on('error', ({ message }) => {
      reason = `the LiveKit server: ${message}`;
      over.resolve();
    });
    socket.on('close', () => over.resolve());
    socket.on('open', () => {
      connection.send({
        case: 'register',
        value: new RegisterWorkerRequest({ type: JobType.JT_ROOM, agentName, version: '1' }),
      });
    });
    const pings = setInterval(() => connection.ping(), PING_MS);
    const giveUp = () => over.resolve();
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    try {
      await over.promise;
    } finally {
      clearInterval(pings);
      signal.removeEventListener('abort', giveUp);
      // A server that comes back knows of no jobs, and sends bots to its rooms anew.
      connection.close(!signal.aborted);
    }
    if (!signal.aborted) this.#listener.onLost(reason);
    return connection.registered;
  }
}

/** What one connection brings. */
class WorkerConnection {
  registered = false;
  readonly #socket: WebSocket;
  readonly #options: WorkerOptions;
  readonly #listener: WorkerListener;
  readonly #jobs = new Map<string, Sitting>();
  #heardAtMs = performance.now();

  constructor(socket: WebSocket, options: WorkerOptions, listener: WorkerListener) {
    this.#socket = socket;
    this.#options = options;
    this.#listener = listener;
    socket.on('message', (data: RawData) => this.#receive(data as Buffer));
  }

  send(message: WorkerMessage['message']): void {
    if (this.#socket.readyState === WebSocket.OPEN)
      this.#socket.send(new WorkerMessage({ message }).toBinary());
  }

  ping(): void {
    if (performance.now() - this.#heardAtMs > SILENT_MS) return this.#socket.terminate();
    this.send({ case: 'ping', value: new WorkerPing({ timestamp: BigInt(Date.now()) }) });
  }

  /** @param stops its bots leave their rooms */
  close(stops: boolean): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.close();
    else this.#socket.terminate();
    if (stops) for (const sitting of this.#jobs.values()) sitting.stop();
    this.#jobs.clear();
  }

  #receive(data: Buffer): void {
    this.#heardAtMs = performance.now();
    let message: ServerMessage['message'];
    try {
      ({ message } = ServerMessage.fromBinary(data));
    } catch {
      return; // of a server of another time
    }
    switch (message.case) {
      case 'register':
        this.registered = true;
        return this.#listener.onRegistered();
      case 'availability':
        return this.#offered(message.value.job);
      case 'assignment':
        return this.#assigned(message.value);
      case 'termination':
        return this.#jobs.get(message.value.jobId)?.stop();
      default:
        return;
    }
  }

  #offered(job: Job | undefined): void {
    if (!job) return;
    const value = new AvailabilityResponse({
      jobId: job.id,
      available: this.#listener.hasPlace(),
      participantIdentity: `visavis-${randomUUID()}`,
      participantName: this.#options.name,
    });
    this.send({ case: 'availability', value });
  }

  #assigned({ job, token, url }: JobAssignment): void {
    if (!job?.room) return;
    const { name } = this.#options;
    const room = livekitRoom({ url: url || this.#options.url, room: job.room.name, access: { token }, name });
    const sitting = this.#listener.onRoom(room);
    if (!sitting) return this.#status(job.id, JobStatus.JS_FAILED);
    this.#jobs.set(job.id, sitting);
    this.#status(job.id, JobStatus.JS_RUNNING);
    const ended = (status: JobStatus) => {
      if (this.#jobs.delete(job.id)) this.#status(job.id, status);
    };
    sitting.ended.then(
      () => ended(JobStatus.JS_SUCCESS),
      () => ended(JobStatus.JS_FAILED),
    );
  }

  #status(jobId: string, status: JobStatus): void {
    this.send({ case: 'updateJob', value: new UpdateJobStatus({ jobId, status }) });
  }
}
