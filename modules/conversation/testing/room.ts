import type { AudioFrame, EngineSession, Guard, OmniEngine } from '#modules/contracts';
import { FrameService } from '#modules/frame';
import { FrameAdapter } from '../adapters/frame.adapter.js';
import { ConversationService } from '../conversation.service.js';
import type { Conversation } from '../core/conversation.js';
import type { SessionEvent } from '../core/events.js';
import { CONFIG, CountingIds } from './machine-harness.js';
import { ScriptedVad } from './scripted-vad.js';
import { VirtualScheduler } from './virtual-scheduler.js';

/** A conversation over a service that is real, but for its engine, detector and clock. */
export class Room<E extends OmniEngine> {
  readonly events: SessionEvent[] = [];
  readonly vad = new ScriptedVad();
  readonly clock = new VirtualScheduler();
  conversation!: Conversation;
  guard: Guard | null = null;
  onEvent: (event: SessionEvent) => void = () => undefined;
  private frames = 0;

  constructor(readonly engine: E) {}

  async open(engineSession?: EngineSession): Promise<this> {
    const ids = new CountingIds();
    const frames = new FrameAdapter(new FrameService({ intervalMs: 1000 }), ids);
    const service = new ConversationService(
      { engine: this.engine, vad: this.vad, frames, scheduler: this.clock, ids },
      {},
    );
    this.conversation = await service.open({
      config: CONFIG,
      onEvent: (event) => {
        this.events.push(event);
        this.onEvent(event);
      },
      ...(engineSession && { engineSession }),
      ...(this.guard && { guard: this.guard }),
    });
    return this;
  }

  get said(): string[] {
    return this.events.map(({ type }) => type);
  }

  eventsOf<T extends SessionEvent['type']>(type: T): Extract<SessionEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<SessionEvent, { type: T }> => event.type === type);
  }

  /** 20 ms frames of microphone from the present to `toMs`; every sample is its own time in seconds. */
  hear(toMs: number): void {
    for (let ms = this.clock.nowMs(); ms < toMs; ms += 20) {
      const pcm = Float32Array.from({ length: 320 }, (_, i) => (ms + i / 16) / 1000);
      const frame: AudioFrame = { pcm, ptsMs: ms, arrivedAtMs: ms + 20, concealed: false };
      this.clock.advance(ms + 20);
      this.conversation.pushAudio(frame);
    }
  }

  see(ptsMs = this.clock.nowMs()): void {
    const data = new Uint8Array(16 * 16 * 3).fill((++this.frames * 60) % 256);
    const image = { width: 16, height: 16, data };
    this.conversation.pushVideo({ source: 'camera', image, ptsMs, arrivedAtMs: ptsMs });
  }

  /** A question of one second, detected 500 ms after its end. */
  ask(): void {
    this.hear(this.clock.nowMs() + 1000);
    const startMs = this.clock.nowMs();
    this.vad.say({ t: 'speech_start', atMs: startMs, startMs });
    this.hear(startMs + 1500);
    this.vad.say({ t: 'speech_end', atMs: startMs + 1500, speechEndMs: startMs + 1000 });
  }
}
