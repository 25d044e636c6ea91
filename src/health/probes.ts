import { VisavisError, type OmniEngine } from '#modules/contracts';
import type { MediaService } from '#modules/media';
import type { Vad } from '#modules/vad';

/** Does a little of a part's real work; resolves when it did, rejects where it cannot. */
export type Probe = () => Promise<void>;

/** The smallest PNG: one grey pixel. */
const PIXEL = Uint8Array.from(
  Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==',
    'base64',
  ),
);
/** Silence for more than one window of either VAD model (1536 samples of the legacy one), at 16 kHz. */
const SILENCE_SAMPLES = 2048;

/** The engine opens a session. Having no room for one is healthy. */
export function engineProbe(engine: OmniEngine): Probe {
  return async () => {
    try {
      const session = await engine.open({ system: '', tenant: 'health' });
      await session.close();
    } catch (error) {
      if (!(error instanceof VisavisError && error.code === 'capacity')) throw error;
    }
  };
}

/** The VAD scores a window of silence. */
export function vadProbe(vad: Vad): Probe {
  return () =>
    new Promise((resolve, reject) => {
      const stream = vad.open({
        onProbability: () => {
          stream.close();
          resolve();
        },
        onDrop: (reason) => {
          stream.close();
          reject(new VisavisError('engine_failed', `the VAD dropped audio: ${reason}`));
        },
      });
      stream.push(new Float32Array(SILENCE_SAMPLES), 0);
    });
}

/** The decoder process decodes a picture. */
export function videoProbe(media: Pick<MediaService, 'decodeImage'>): Probe {
  return async () => {
    await media.decodeImage(PIXEL);
  };
}
