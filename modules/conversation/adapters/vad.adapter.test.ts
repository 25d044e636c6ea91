/** Real: windows and predictor. Fake: the model (it goes by loudness), the clock. */
import { Guard } from '#modules/contracts';
import { FakeVad, speechAbove } from '../../vad/testing/index.js';
import type { Boundary } from '../core/inputs.js';
import { VirtualScheduler } from '../testing/virtual-scheduler.js';
import { VadAdapter } from './vad.adapter.js';

const SETTINGS = {
  threshold: 0.5,
  prefixPaddingMs: 300,
  silenceDurationMs: 300,
  tentativePauseMs: 100,
  bargeInMs: 0,
};
/** The media clock is ahead of the gateway's by a packet, as in a call: a packet is named by its first sample. */
const PACKET_MS = 20;

class Microphone {
  readonly clock = new VirtualScheduler();
  readonly told: { readonly t: Boundary['t']; readonly atMs: number }[] = [];
  readonly vad = new FakeVad(speechAbove(0.05));
  readonly lost: string[] = [];
  readonly bugs: string[] = [];
  readonly handle;
  #ptsMs = 0;

  constructor(settings = SETTINGS) {
    this.handle = new VadAdapter(this.vad, this.clock).open(settings, {
      onBoundary: ({ t }) => this.told.push({ t, atMs: this.clock.nowMs() }),
      onLost: (why) => this.lost.push(why),
      guard: new Guard((where) => this.bugs.push(where)),
    });
  }

  /** Packets up to `toMs` (media clock), each later than it should be by `lateMs`. */
  async hear(toMs: number, level: number, lateMs = 0): Promise<void> {
    for (; this.#ptsMs < toMs; this.#ptsMs += PACKET_MS) {
      const arrivedAtMs = this.#ptsMs + lateMs;
      this.clock.advance(arrivedAtMs);
      const pcm = new Float32Array(PACKET_MS * 16).fill(level);
      this.handle.push({ pcm, ptsMs: this.#ptsMs, arrivedAtMs, concealed: false });
      await Promise.resolve();
    }
  }

  get endedAtMs(): number | null {
    return this.told.find(({ t }) => t === 'speech_end')?.atMs ?? null;
  }
}

describe('VadAdapter', () => {
  let mic: Microphone;
  beforeEach(() => (mic = new Microphone()));

  it('ends the turn that is open when the detector is lost, tells it, and hears nothing any more', async () => {
    await mic.hear(1000, 0.3);
    mic.vad.lose('died');
    expect(mic.told.map(({ t }) => t)).toEqual(['speech_start', 'speech_end']);
    expect(mic.lost).toEqual(['died']);
    mic.handle.configure(SETTINGS);
    await mic.hear(3000, 0.3);
    expect(mic.told).toHaveLength(2);
    expect(mic.bugs).toEqual([]);
  });

  it('says nothing of a turn where nobody spoke', async () => {
    await mic.hear(1000, 0);
    mic.vad.lose('died');
    expect([mic.told, mic.lost]).toEqual([[], ['died']]);
  });

  it('tells the end when the silence is over, counted from when the last sound was made', async () => {
    await mic.hear(1000, 0.3);
    await mic.hear(2000, 0);
    expect(mic.told.map(({ t }) => t)).toEqual(['speech_start', 'tentative_pause', 'speech_end']);
    expect(mic.endedAtMs).toBe(1000 - PACKET_MS + 300);
  });

  it('goes by the packets that came in time', async () => {
    await mic.hear(1000, 0.3);
    await mic.hear(1200, 0, 18);
    await mic.hear(2000, 0, 7);
    expect(mic.endedAtMs).toBeGreaterThanOrEqual(1000 - PACKET_MS + 300);
    expect(mic.endedAtMs).toBeLessThanOrEqual(1000 - PACKET_MS + 300 + 7);
  });

  it('does not end when speech goes on', async () => {
    await mic.hear(1000, 0.3);
    await mic.hear(1260, 0);
    await mic.hear(2000, 0.3);
    expect(mic.told.map(({ t }) => t)).toEqual(['speech_start', 'tentative_pause', 'resume']);
  });

  it('does not end while the network holds back what would be heard', async () => {
    await mic.hear(1000, 0.3);
    await mic.hear(1120, 0);
    mic.clock.advance(1500);
    expect(mic.endedAtMs).toBeNull();
    await mic.hear(1300, 0, 400);
    mic.clock.advance(1800);
    expect(mic.endedAtMs).not.toBeNull();
  });

  it('goes by other settings at once', async () => {
    await mic.hear(1000, 0.3);
    await mic.hear(1200, 0);
    mic.handle.configure({ ...SETTINGS, silenceDurationMs: 150 });
    mic.clock.advance(mic.clock.nowMs() + 1);
    expect(mic.endedAtMs).toBe(mic.clock.nowMs() - 1);
  });

  it('speaks anew of speech that goes on behind a commit, and not of what came before', async () => {
    await mic.hear(1000, 0.3);
    mic.handle.startAnew(1000);
    await mic.hear(1040, 0.3);
    expect(mic.told.map(({ t }) => t)).toEqual(['speech_start']);
    await mic.hear(2000, 0.3);
    expect(mic.told.map(({ t }) => t)).toEqual(['speech_start', 'speech_start']);
  });

  it('says nothing of what is judged only after it was cleared', async () => {
    const pcm = new Float32Array(16_000).fill(0.3);
    mic.handle.push({ pcm, ptsMs: 0, arrivedAtMs: 0, concealed: false });
    expect(mic.handle.unheardMs).toBe(1000);
    mic.handle.startAnew(1000);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(mic.told).toEqual([]);
    expect(mic.handle.unheardMs).toBeLessThan(32);
  });

  it('has nothing to judge of what came while it was deaf', async () => {
    mic.handle.configure(null);
    await mic.hear(1000, 0.3);
    mic.handle.configure(SETTINGS);
    expect(mic.handle.unheardMs).toBe(0);
  });

  it.each([
    ['deaf', (m: Microphone) => m.handle.configure(null)],
    ['closed', (m: Microphone) => m.handle.close()],
  ])('tells nothing more once it is %s', async (_, stop) => {
    await mic.hear(1000, 0.3);
    await mic.hear(1200, 0);
    const { length } = mic.told;
    stop(mic);
    await mic.hear(2000, 0);
    expect(mic.clock.pending).toBe(0);
    expect(mic.told).toHaveLength(length);
  });
});
