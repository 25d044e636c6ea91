import { z } from 'zod';
import { askedDtype, SUFFIXES } from '../gemma/standard-files.js';
import { transformersJsSchema } from '../gemma/standard-schemas.js';
import type { HubFile } from './hub-api.js';

/** What tells of the rest: small files beside the weights. */
const ABOUT = /^[^/]+\.(?:json|jinja)$/;
const GRAPH = /^onnx\/([a-z_]+?)(?:_(?:fp16|int8|uint8|quantized|q4|q4f16|bnb4))?\.onnx$/;

const manifestSchema = z.looseObject({ files: z.record(z.string(), z.unknown()) });

/** Files that are read before it is known which weights are wanted. */
export function aboutFiles(files: readonly HubFile[]): HubFile[] {
  return files.filter(({ path }) => ABOUT.test(path));
}

/**
 * The weights that the engine would take of a folder with these files: those of its manifest where there is one; else every session
 * once, by the `dtype` that config.json asks for or the best for a CPU, with the data beside it. A hub has most of them in eight types.
 * @param config config.json, read
 * @param manifest manifest.json, read; null: there is none
 */
export function weightFiles(files: readonly HubFile[], config: unknown, manifest: unknown): HubFile[] {
  const listed = manifestSchema.safeParse(manifest);
  if (listed.success) return files.filter(({ path }) => path in listed.data.files && !ABOUT.test(path));
  const parsed = transformersJsSchema.safeParse(config);
  const there = new Set(files.map(({ path }) => path));
  const sessions = new Set(files.flatMap(({ path }) => GRAPH.exec(path)?.[1] ?? []));
  const chosen = [...sessions].flatMap((session) => {
    const dtype = parsed.success ? askedDtype(session, parsed.data) : null;
    const suffixes = dtype === null ? [...SUFFIXES.values()] : [SUFFIXES.get(dtype) ?? ''];
    return suffixes.map((suffix) => `onnx/${session}${suffix}.onnx`).find((path) => there.has(path)) ?? [];
  });
  return files.filter(({ path }) =>
    chosen.some((graph) => path === graph || path.startsWith(`${graph}_data`)),
  );
}
