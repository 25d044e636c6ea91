import type { EarTold } from '#modules/contracts';
import { badModel } from '../../folders/folder-files.js';
import { onnxFile, type ModelFolder } from '../../folders/pocket/model-folder.js';
import { EAR_OUTPUTS } from '../../folders/pocket/model-schemas.js';
import type { AudioShape } from '../../core/model/model-config.js';
import { audioCache, type AudioBlock, type EncodedBlock } from '../../core/inputs/utterance.js';
import { layerRows, pastFeeds } from './cache-feeds.js';
import { floats, floatsOf, integers, type OrtSession } from './ort-session.js';

/** The audio encoder of a model folder, with its front-end. */
export interface Ear {
  encode(block: AudioBlock): Promise<EncodedBlock>;
}

interface EarSessions {
  readonly audio_frontend: OrtSession;
  readonly audio_encoder: OrtSession;
}

/** @throws `bad_model` where the graph is not what config.json says of it */
export function openEar(folder: ModelFolder, sessions: EarSessions): Ear {
  const { audio, text } = folder.config;
  if (audio.contextMelFrames !== undefined) {
    checkWhisper(folder, sessions.audio_encoder);
    return new WhisperEar(audio, text.hiddenSize, sessions);
  }
  checkCausal(folder, sessions.audio_encoder);
  return new CausalEar(audio, sessions);
}

/** Hears block by block: each comes with the convolutions' past and the cached rows of those before it. */
class CausalEar implements Ear {
  private readonly shape: AudioShape;
  private readonly sessions: EarSessions;

  constructor(shape: AudioShape, sessions: EarSessions) {
    this.shape = shape;
    this.sessions = sessions;
  }

  async encode(block: AudioBlock): Promise<EncodedBlock> {
    const { mels, hiddenSize, turnEnd } = this.shape;
    const kv = audioCache(this.shape);
    const mel = await melOf(this.sessions.audio_frontend, block);
    const outputs = await this.sessions.audio_encoder.run({
      input_features: floats(mel, [1, block.melFrames, mels]),
      past_conv1: floats(block.conv1, [1, mels, 2]),
      past_conv2: floats(block.conv2, [1, hiddenSize, 1]),
      position: integers([block.position], [1]),
      ...pastFeeds(block.past, kv, 1),
    });
    return {
      features: floatsOf(outputs, 'audio_features'),
      conv1: floatsOf(outputs, 'present_conv1'),
      conv2: floatsOf(outputs, 'present_conv2'),
      keys: layerRows(outputs, 'new_key', kv.layers),
      values: layerRows(outputs, 'new_value', kv.layers),
      ...(turnEnd && { turnEnd: floatsOf(outputs, 'turn_end') }),
    };
  }
}

const NOTHING = new Float32Array(0);

/** Hears all of a block at once, both ways; of what came before, its context alone. */
class WhisperEar implements Ear {
  private readonly shape: AudioShape;
  private readonly textHidden: number;
  private readonly sessions: EarSessions;

  constructor(shape: AudioShape, textHidden: number, sessions: EarSessions) {
    this.shape = shape;
    this.textHidden = textHidden;
    this.sessions = sessions;
  }

  async encode(block: AudioBlock): Promise<EncodedBlock> {
    const { mels, melPerToken, tells } = this.shape;
    const mel = await melOf(this.sessions.audio_frontend, block);
    const frames = block.contextMelFrames + block.melFrames;
    const outputs = await this.sessions.audio_encoder.run({ input_features: floats(mel, [1, frames, mels]) });
    const known = (block.contextMelFrames / melPerToken) * this.textHidden;
    const told = (tells ?? []).map((head) => [head, floatsOf(outputs, EAR_OUTPUTS[head])[0]] as const);
    return {
      features: floatsOf(outputs, 'audio_features').subarray(known),
      conv1: NOTHING,
      conv2: NOTHING,
      keys: [],
      values: [],
      told: Object.fromEntries(told) as EarTold,
    };
  }
}

async function melOf(frontend: OrtSession, { pcm }: AudioBlock): Promise<Float32Array> {
  return floatsOf(await frontend.run({ pcm: floats(pcm, [1, pcm.length]) }), 'input_features');
}

/** The audio encoder's cache is config.json's to say: the graph must have these planes, and no others. */
function checkCausal({ dir, config }: ModelFolder, encoder: OrtSession): void {
  const file = onnxFile('audio_encoder');
  const shape = audioCache(config.audio);
  for (let layer = 0; layer <= shape.layers; layer++) {
    const [, heads, , headDim] = encoder.inputShape(`past_key.${layer}`) ?? [];
    const expected = layer < shape.layers ? (shape.each?.[layer] ?? shape) : null;
    if (heads === expected?.heads && headDim === expected?.headDim) continue;
    const found = heads === undefined ? 'no cache' : `a cache of ${heads} heads of ${headDim}`;
    const wanted = expected ? `${expected.heads} heads of ${expected.headDim}` : 'none';
    throw badModel(dir, file, `has ${found} for layer ${layer}, config.json says ${wanted}`);
  }
  if (config.audio.turnEnd && !tells(encoder, 'turn_end')) {
    throw badModel(dir, file, 'has no output turn_end, config.json says it has a turn-end head');
  }
}

/** It takes the features alone, and tells what config.json says. */
function checkWhisper({ dir, config }: ModelFolder, encoder: OrtSession): void {
  const file = onnxFile('audio_encoder');
  const other = encoder.inputs.find(({ name }) => name !== 'input_features');
  if (other) throw badModel(dir, file, `takes ${other.name}, config.json says that it hears all at once`);
  for (const head of config.audio.tells ?? []) {
    const name = EAR_OUTPUTS[head];
    if (!tells(encoder, name))
      throw badModel(dir, file, `has no output ${name}, config.json lists that head`);
  }
}

function tells(encoder: OrtSession, output: string): boolean {
  return encoder.outputs.some(({ name }) => name === output);
}
