import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import type { SessionConfig } from '#modules/conversation';
import { DecoderService } from '#modules/decoder';
import { FramePipeline } from '#modules/frame';
import { MediaService } from '#modules/media';
import { JudgeService, VadService } from '#modules/vad';
import type { Setting } from '../../tools/sounds/clip.js';
import { REPOSITORY } from '../../tools/support/repository.js';
import { modelFolderOf } from '../material.js';
import type { PlayedParts } from './played-call.js';

/** Three shapes: a red star at the top, a blue circle on the left, a green heart at the bottom right. */
const TABLE = join(REPOSITORY, 'tools/sounds/table.jpg');
const JUDGE_FOLDER = join(REPOSITORY, 'models/turns');
const ANSWERING = { create_response: true, interrupt_response: true } as const;
export const DETECTION: Readonly<Record<Setting, SessionConfig['turnDetection']>> = {
  server_vad: {
    type: 'server_vad',
    threshold: 0.5,
    prefix_padding_ms: 300,
    silence_duration_ms: 500,
    idle_timeout_ms: null,
    ...ANSWERING,
  },
  auto: { type: 'semantic_vad', eagerness: 'auto', ...ANSWERING },
  low: { type: 'semantic_vad', eagerness: 'low', ...ANSWERING },
};

/** The same as a client asks for them. */
export const WIRE = {
  server_vad: { type: 'server_vad', silence_duration_ms: 500 },
  auto: { type: 'semantic_vad', eagerness: 'auto' },
  low: { type: 'semantic_vad', eagerness: 'low' },
} as const;

/** The engine, the detector and the picture that all clips are played to. */
export async function withParts(
  model: string | undefined,
  workers: number,
  run: (parts: PlayedParts) => Promise<void>,
): Promise<void> {
  Logger.overrideLogger(['error', 'warn']);
  const engine = new DecoderService({ modelFolder: modelFolderOf(model), workers, threads: 1 });
  const vad = new VadService({ model: 'v6' });
  const judge = new JudgeService({ folder: JUDGE_FOLDER, turnEnd: true, speech: true });
  const media = new MediaService({});
  await Promise.all([engine.load(), vad.onModuleInit(), judge.onModuleInit()]);
  try {
    const pipeline = new FramePipeline({ intervalMs: 0 }, engine.caps.frameSize, {
      next: (prefix) => prefix,
    });
    const picture = pipeline.fit(await media.decodeImage(await readFile(TABLE), 'image/jpeg'));
    await run({ engine, vad, judge, picture });
  } finally {
    await Promise.all([
      engine.close({ drainMs: 5000 }),
      vad.onModuleDestroy(),
      judge.onModuleDestroy(),
      media.onModuleDestroy(),
    ]);
  }
}
