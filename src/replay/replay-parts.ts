import { DecoderService } from '#modules/decoder';
import { MediaService } from '#modules/media';
import { JudgeService, VadService } from '#modules/vad';
import type { CaptureHeader } from '../capture/core/records.js';

/** A thread is not taken for stuck because the machine is busy (ms). */
const STALL_MS = 600_000;

export interface PartsOptions {
  readonly modelFolder: string;
  readonly judgeFolder: string;
  readonly settings: Pick<CaptureHeader['settings'], 'turn_model' | 'vad_model'>;
}

/** The parts that run models and decoders, as a gateway has them. One after the other, several captures may be replayed on them. */
export interface ReplayParts {
  readonly engine: DecoderService;
  readonly vad: VadService;
  readonly judge: JudgeService;
  readonly media: MediaService;
  close(): Promise<void>;
}

/** @throws VisavisError `bad_model` */
export async function openParts({ modelFolder, judgeFolder, settings }: PartsOptions): Promise<ReplayParts> {
  const smartTurn = settings.turn_model === 'auto' || settings.turn_model === 'smart-turn';
  const engine = new DecoderService({ modelFolder, workers: 1, stallMs: STALL_MS });
  const vad = new VadService({ model: settings.vad_model });
  const judge = new JudgeService({ folder: judgeFolder, turnEnd: smartTurn, speech: true });
  const media = new MediaService({});
  const close = async (): Promise<void> => {
    await Promise.all([
      engine.close({ drainMs: 5000 }),
      vad.onModuleDestroy(),
      judge.onModuleDestroy(),
      media.onModuleDestroy(),
    ]);
  };
  try {
    await Promise.all([engine.load(), vad.onModuleInit(), judge.onModuleInit()]);
  } catch (error) {
    await close();
    throw error;
  }
  return { engine, vad, judge, media, close };
}
