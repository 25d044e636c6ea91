/** Formats before GA had names. */
const FORMATS: Readonly<Record<string, unknown>> = {
  pcm16: { type: 'audio/pcm', rate: 24_000 },
  g711_ulaw: { type: 'audio/pcmu' },
  g711_alaw: { type: 'audio/pcma' },
};

/** Fields before GA, and where they are now. */
const MOVED: readonly (readonly [old: string, now: readonly string[]])[] = [
  ['modalities', ['output_modalities']],
  ['max_response_output_tokens', ['max_output_tokens']],
  ['turn_detection', ['audio', 'input', 'turn_detection']],
  ['input_audio_format', ['audio', 'input', 'format']],
  ['input_audio_transcription', ['audio', 'input', 'transcription']],
  ['input_audio_noise_reduction', ['audio', 'input', 'noise_reduction']],
  ['output_audio_format', ['audio', 'output', 'format']],
  ['voice', ['audio', 'output', 'voice']],
  ['speed', ['audio', 'output', 'speed']],
];

type Fields = Readonly<Record<string, unknown>>;

/**
 * A session as clients sent it before GA, in today's shape. A field that is given both ways counts in today's; those that have
 * no place any more stay as they are, to be named in an error.
 */
export function modernSession(session: unknown): unknown {
  if (!isObject(session)) return session;
  let modern: Fields = { ...session };
  for (const [old, path] of MOVED) {
    if (!(old in modern)) continue;
    const { [old]: value, ...rest } = modern;
    modern = has(rest, path) ? rest : put(rest, path, value);
  }
  modern = replaced(modern, ['audio', 'input', 'format'], formatOf);
  modern = replaced(modern, ['audio', 'output', 'format'], formatOf);
  return replaced(modern, ['audio', 'input', 'turn_detection'], (value) =>
    isObject(value) && value['type'] === 'none' ? null : value,
  );
}

function formatOf(value: unknown): unknown {
  return typeof value === 'string' ? (FORMATS[value] ?? value) : value;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function has(value: unknown, [key, ...path]: readonly string[]): boolean {
  if (key === undefined) return true;
  return isObject(value) && key in value && has(value[key], path);
}

/** What is in the way stays: the schema says what is wrong with it. */
function put(value: Fields, [key, ...path]: readonly string[], leaf: unknown): Fields {
  if (key === undefined) return value;
  if (path.length === 0) return { ...value, [key]: leaf };
  const inner = value[key] ?? {};
  return { ...value, [key]: isObject(inner) ? put(inner, path, leaf) : inner };
}

function replaced(value: Fields, path: readonly string[], by: (leaf: unknown) => unknown): Fields {
  if (!has(value, path)) return value;
  const leaf = path.reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), value);
  return put(value, path, by(leaf));
}
