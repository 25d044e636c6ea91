import {
  VisavisError,
  type AppendReceipt,
  type Checkpoint,
  type EngineCaps,
  type EngineSession,
  type GenEvent,
  type GenerateOptions,
  type Removal,
  type Segment,
} from '#modules/contracts';
import { checkImage } from '../core/pixels.js';
import type { Removed } from '../core/session.js';
import type { EngineWorkerClient } from './worker-client.js';

/** A session whose context lives in an engine worker. */
export class WorkerSession implements EngineSession {
  private readonly worker: EngineWorkerClient;
  private readonly id: number;
  private readonly caps: EngineCaps;
  private readonly onClosed: () => void;
  private at: Checkpoint;
  /** Of the last operation that was sent, answered or not. */
  private seq: number;
  private generations = 0;
  private closed = false;

  /** @param start what the worker answered to `open` */
  constructor(
    worker: EngineWorkerClient,
    session: { id: number; start: Checkpoint; caps: EngineCaps },
    onClosed: () => void,
  ) {
    this.worker = worker;
    this.id = session.id;
    this.caps = session.caps;
    this.at = session.start;
    this.seq = session.start.seq;
    this.onClosed = onClosed;
  }

  get head(): Checkpoint {
    return this.at;
  }

  mark(): Checkpoint {
    this.throwIfClosed();
    const next = this.next();
    // Nothing waits for the journal to note it; a worker that is lost says so to the next who does wait.
    this.worker.ask({ ...next, t: 'mark' }).catch(() => undefined);
    return { ...this.at, seq: next.seq };
  }

  async append(
    segment: Segment,
    o: { priority?: 'commit' | 'background'; signal?: AbortSignal } = {},
  ): Promise<AppendReceipt> {
    this.throwIfClosed();
    if (segment.k === 'frame') checkImage(segment.image, this.caps.frameSize);
    const { copy, transfer } = ownCopy(segment);
    const receipt = await this.worker.ask(
      { ...this.next(), t: 'append', segment: copy, priority: o.priority ?? 'commit' },
      { signal: o.signal, transfer },
    );
    this.at = receipt.at;
    return receipt;
  }

  async rollback(to: Checkpoint): Promise<void> {
    this.throwIfClosed();
    this.at = await this.worker.ask({ ...this.next(), t: 'rollback', to });
  }

  generate(o: GenerateOptions): AsyncGenerator<GenEvent> {
    this.throwIfClosed();
    this.generations += 1;
    const request = {
      genId: `gen_${this.id}_${this.generations}`,
      maxTokens: o.maxTokens,
      temperature: o.temperature ?? 0,
      seed: o.seed ?? 0,
    };
    return this.worker.stream({ t: 'generate', session: this.id, request }, o.signal);
  }

  async accept(genId: string, o: { keepTokens?: number } = {}): Promise<Checkpoint> {
    this.throwIfClosed();
    const keepTokens = o.keepTokens ?? null;
    this.at = await this.worker.ask({ ...this.next(), t: 'accept', genId, keepTokens });
    return this.at;
  }

  async evict(o: { keepFrames: number; targetTokens: number }): Promise<Removal> {
    this.throwIfClosed();
    const { keepFrames, targetTokens } = o;
    return this.removed(await this.worker.ask({ ...this.next(), t: 'evict', keepFrames, targetTokens }));
  }

  async redact(ids: readonly string[]): Promise<Removal> {
    this.throwIfClosed();
    return this.removed(await this.worker.ask({ ...this.next(), t: 'redact', ids }));
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.onClosed();
    await this.worker.ask({ t: 'close', session: this.id }).catch((error: unknown) => {
      // A worker that is gone has closed its sessions already.
      if (!(
        error instanceof VisavisError &&
        (error.code === 'engine_failed' || error.code === 'session_closed')
      )) {
        throw error;
      }
    });
  }

  private removed({ at, freed, dropped }: Removed): Removal {
    this.at = at;
    return { epoch: at.epoch, freed, dropped };
  }

  private next(): { session: number; seq: number } {
    this.seq += 1;
    return { session: this.id, seq: this.seq };
  }

  private throwIfClosed(): void {
    if (this.closed) throw new VisavisError('session_closed', 'the session was closed');
  }
}

/** The caller keeps its pixels and samples (it may log or resend them); the worker gets a copy of its own. */
function ownCopy(segment: Segment): { copy: Segment; transfer: ArrayBuffer[] } {
  if (segment.k === 'frame') {
    const data = new Uint8Array(segment.image.data);
    return { copy: { ...segment, image: { ...segment.image, data } }, transfer: [data.buffer] };
  }
  if (segment.k === 'audio') {
    const pcm = new Float32Array(segment.pcm);
    return { copy: { ...segment, pcm }, transfer: [pcm.buffer] };
  }
  return { copy: segment, transfer: [] };
}
