import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { badModel, checkFile, readJson } from '../folder-files.js';
import { standardManifestSchema, type CommonConfig, type TransformersJsConfig } from './standard-schemas.js';

/** The ONNX sessions of a standard folder. */
export const STANDARD_SESSIONS = [
  'embed_tokens',
  'vision_encoder',
  'audio_encoder',
  'decoder_model_merged',
] as const;
export type StandardSession = (typeof STANDARD_SESSIONS)[number];

/** How files are named by the type of their weights (transformers.js's `dtype`), best first for a CPU. */
export const SUFFIXES: ReadonlyMap<string, string> = new Map([
  ['fp32', ''],
  ['q8', '_quantized'],
  ['int8', '_int8'],
  ['uint8', '_uint8'],
  ['q4', '_q4'],
]);

export interface About {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly parameters: number;
}

/**
 * Where there is a `manifest.json`, every file must be the one that it lists; without one there is nothing to compare with.
 * @throws `bad_model`
 */
export async function checkManifest(dir: string): Promise<About | null> {
  if (!(await exists(dir, 'manifest.json'))) return null;
  const { files, ...about } = await readJson(dir, 'manifest.json', standardManifestSchema);
  for (const [file, expected] of Object.entries(files)) await checkFile(dir, file, expected);
  return about;
}

/**
 * Finds the file of each session: of the `dtype` that config.json asks for, else the first that is there.
 * @throws `bad_model` for a file that is missing, or weights whose tensors this engine does not run
 */
export async function findSessions(
  dir: string,
  config: CommonConfig,
): Promise<Record<StandardSession, string>> {
  const files: Partial<Record<StandardSession, string>> = {};
  for (const session of STANDARD_SESSIONS) {
    const file = await findGraph(dir, session, config);
    await checkExternalData(dir, file, config);
    files[session] = file;
  }
  return files as Record<StandardSession, string>;
}

/** The type of weights that config.json asks for; null: any. */
export function askedDtype(session: string, config: TransformersJsConfig): string | null {
  const asked = config['transformers.js_config']?.dtype;
  const dtype = typeof asked === 'string' ? asked : asked?.[session];
  return dtype === undefined || dtype === 'auto' ? null : dtype;
}

/**
 * The file of a session: of the `dtype` that config.json asks for, else the first that is there.
 * @throws `bad_model`
 */
export async function findGraph(dir: string, session: string, config: TransformersJsConfig): Promise<string> {
  const dtype = askedDtype(session, config);
  const named = (suffix: string) => `onnx/${session}${suffix}.onnx`;
  if (dtype !== null) {
    const suffix = SUFFIXES.get(dtype);
    if (suffix === undefined) {
      const known = [...SUFFIXES.keys()].join(', ');
      throw badModel(dir, 'config.json', `dtype ${dtype} of ${session} is not one of ${known}`);
    }
    if (!(await exists(dir, named(suffix)))) throw badModel(dir, named(suffix), 'is missing');
    return named(suffix);
  }
  for (const suffix of SUFFIXES.values()) if (await exists(dir, named(suffix))) return named(suffix);
  throw badModel(dir, named(''), 'is missing');
}

/** Weights kept beside a graph: `<graph>.onnx_data`, `_data_1` and so on. @throws `bad_model` */
export async function checkExternalData(
  dir: string,
  file: string,
  config: TransformersJsConfig,
): Promise<void> {
  const all = config['transformers.js_config']?.use_external_data_format ?? false;
  const base = file.slice('onnx/'.length);
  const [stem = base] = base.split(/_(?:quantized|int8|uint8|q4)?\.onnx$|\.onnx$/);
  const chunks = typeof all === 'object' ? (all[base] ?? all[stem] ?? false) : all;
  for (let chunk = 0; chunk < Number(chunks); chunk++) {
    const data = `${file}_data${chunk === 0 ? '' : `_${chunk}`}`;
    if (!(await exists(dir, data))) throw badModel(dir, data, 'is missing');
  }
}

export function exists(dir: string, file: string): Promise<boolean> {
  return access(join(dir, file)).then(
    () => true,
    () => false,
  );
}
