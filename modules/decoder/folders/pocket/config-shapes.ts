import type { ModelConfig } from '../../core/model/model-config.js';
import { badModel } from '../folder-files.js';
import { EAR_OUTPUTS, type IoShapes } from './model-schemas.js';

/** What config.json says of a tensor; null: any size. */
interface Claim {
  readonly session: string;
  readonly tensor: string;
  readonly shape: readonly (number | null)[];
}

/**
 * config.json and the manifest must tell the same sizes: a difference would show only in the first call, as numbers that make no sense.
 * The graphs are held to the manifest when they are opened, and the caches are checked there.
 * @throws `bad_model`
 */
export function checkConfigShapes(
  dir: string,
  config: ModelConfig,
  shapes: Readonly<Record<string, IoShapes>>,
): void {
  for (const { session, tensor, shape } of claims(config)) {
    const found = shapes[session]?.inputs[tensor] ?? shapes[session]?.outputs[tensor];
    if (!found) throw badModel(dir, 'manifest.json', `has no shape of ${tensor} of ${session}`);
    // A name in the manifest is a free dimension.
    const fits = shape.every(
      (size, at) => size === null || typeof found[at] !== 'number' || found[at] === size,
    );
    if (found.length === shape.length && fits) continue;
    const wanted = shape.map((size) => size ?? '*').join(', ');
    throw badModel(
      dir,
      'config.json',
      `makes ${tensor} of ${session} [${wanted}], manifest.json says [${found.join(', ')}]`,
    );
  }
}

function claims({ vision, audio, text }: ModelConfig): Claim[] {
  const claim = (session: string, tensor: string, ...shape: Claim['shape']): Claim => ({
    session,
    tensor,
    shape,
  });
  return [
    claim('embed_tokens', 'inputs_embeds', null, null, text.hiddenSize),
    claim('vision_encoder', 'pixel_values', null, 3, vision.imageSize, vision.imageSize),
    claim('vision_encoder', 'image_features', null, vision.tokensPerFrame, text.hiddenSize),
    claim('audio_frontend', 'input_features', null, null, audio.mels),
    claim('audio_encoder', 'input_features', null, null, audio.mels),
    ...(audio.hiddenSize > 0 ? [claim('audio_encoder', 'past_conv2', null, audio.hiddenSize, 1)] : []),
    ...(audio.tells ?? []).map((head) => claim('audio_encoder', EAR_OUTPUTS[head], 1)),
    claim('audio_encoder', 'audio_features', null, null, text.hiddenSize),
    claim('decoder_model', 'inputs_embeds', null, null, text.hiddenSize),
    claim('decoder_model', 'logits', null, text.vocabSize),
  ];
}
