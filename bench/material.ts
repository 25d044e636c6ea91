import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseWav } from '@vis-a-vis/client/node';
import { Logger } from '@nestjs/common';
import { SAMPLE_RATE, type EngineCaps, type OmniEngine, type RgbImage } from '#modules/contracts';
import { DecoderService } from '#modules/decoder';
import { REPOSITORY } from '../tools/support/repository.js';
import { ToolError } from '../tools/support/cli.js';

/** With several calls on one engine an answer waits for others (ms). */
export const ANSWER_MS = 60_000;

/** The model folder of the command line, else of the environment, else the one that ships. */
export function modelFolderOf(option: string | undefined): string {
  return resolve(option ?? process.env['VISAVIS_MODEL'] ?? join(REPOSITORY, 'models/visavis-pocket'));
}

/** Runs with the model on one core. @param model the folder of the command line */
export async function withEngine(
  model: string | undefined,
  run: (engine: OmniEngine) => Promise<void>,
): Promise<void> {
  Logger.overrideLogger(['error', 'warn']);
  const engine = new DecoderService({ modelFolder: modelFolderOf(model), workers: 1, threads: 1 });
  await engine.load();
  try {
    await run(engine);
  } finally {
    await engine.close({ drainMs: 5000 });
  }
}

/** A question as it was recorded: 16 kHz mono. */
export async function readQuestion(): Promise<Float32Array> {
  const { pcm, rate } = parseWav(await readFile(join(REPOSITORY, 'test/fixtures/speech/color-of-star.wav')));
  if (rate !== SAMPLE_RATE)
    throw new ToolError(`the question was recorded at ${rate} Hz, not ${SAMPLE_RATE}`);
  return pcm;
}

/** A picture unlike the others. The work does not depend on what it shows. */
export function picture({ frameSize: { width, height } }: EngineCaps, seed: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < data.length; at++) data[at] = (at * 31 + seed * 17) % 251;
  return { width, height, data };
}
