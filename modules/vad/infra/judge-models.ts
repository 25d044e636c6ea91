import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { VisavisError } from '#modules/contracts';
import type { JudgeModels } from '../core/judge/judgement.js';
import type { JudgeWorkerData } from './judge-protocol.js';

const SMART_TURN_FILE = 'smart-turn-v3.2-cpu.onnx';
const YAMNET_FILE = 'yamnet.onnx';
const manifestSchema = z.object({ files: z.record(z.string(), z.object({ sha256: z.string() })) });

/** Paths of the models that are asked for, as the folder's manifest knows them. @throws VisavisError `bad_model` */
export async function judgeModelPaths(folder: string, models: JudgeModels): Promise<JudgeWorkerData> {
  const manifest = await manifestOf(folder);
  const pathOf = async (file: string): Promise<string> => {
    const path = join(folder, file);
    const bytes = await readFile(path).catch((cause: unknown) => {
      throw new VisavisError('bad_model', `${path} cannot be read`, null, { cause });
    });
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (sha256 !== manifest.files[file]?.sha256) {
      throw new VisavisError('bad_model', `${path} is not the file that manifest.json describes`);
    }
    return path;
  };
  return {
    smartTurn: models.turnEnd ? await pathOf(SMART_TURN_FILE) : null,
    yamnet: models.speech ? await pathOf(YAMNET_FILE) : null,
  };
}

async function manifestOf(folder: string): Promise<z.infer<typeof manifestSchema>> {
  try {
    return manifestSchema.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')));
  } catch (cause) {
    throw new VisavisError('bad_model', `${folder} has no manifest.json that can be read`, null, { cause });
  }
}
