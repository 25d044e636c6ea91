import { DIALECTS } from '../../core/remote/dialect.js';
import type { ChatServer } from '../http/chat-server.js';
import { Failure } from '../http/failure.js';
import { modelsSchema, propsSchema } from '../http/shapes.js';
import type { Flavour } from '../options.js';

/** What a server says of itself. */
export interface Identity {
  readonly model: string;
  readonly flavour: Flavour;
  /** What the server says that it is; null: it does not say. */
  readonly says: Flavour | null;
  /** Tokens; null: it does not tell. */
  readonly contextTokens: number | null;
  /** Slots that a session could be tied to; 0: none. */
  readonly slots: number;
}

const OWNERS: Readonly<Record<string, Flavour>> = { vllm: 'vllm', sglang: 'sglang', llamacpp: 'llama' };

/**
 * Asks a server what it is and serves.
 * @throws Failure; `refused` where it has not the model that is asked for
 */
export async function identify(
  server: ChatServer,
  wanted: { model: string | undefined; flavour: Flavour | 'auto' },
  signal: AbortSignal,
): Promise<Identity> {
  const listed = modelsSchema.safeParse(await server.get('/v1/models', signal));
  if (!listed.success) throw new Failure('malformed', 'it lists no models at /v1/models');
  const models = listed.data.data;
  const model = wanted.model === undefined ? models[0] : models.find(({ id }) => id === wanted.model);
  if (!model)
    throw new Failure(
      'refused',
      `it has no model ${wanted.model}; it lists ${models.map(({ id }) => id).join(', ')}`,
    );
  const owner = OWNERS[model.owned_by ?? ''];
  const props =
    wanted.flavour === 'llama' || (wanted.flavour === 'auto' && (owner === 'llama' || !owner))
      ? await propsOf(server, signal)
      : null;
  const isLlama = props?.total_slots !== undefined;
  const flavour = wanted.flavour === 'auto' ? (owner ?? (isLlama ? 'llama' : 'openai')) : wanted.flavour;
  return {
    model: model.id,
    flavour,
    says: owner ?? null,
    contextTokens:
      model.max_model_len ??
      props?.default_generation_settings?.n_ctx ??
      model.meta?.n_ctx ??
      model.meta?.n_ctx_train ??
      null,
    slots: DIALECTS[flavour].slots ? (props?.total_slots ?? 0) : 0,
  };
}

async function propsOf(server: ChatServer, signal: AbortSignal) {
  try {
    const props = propsSchema.safeParse(await server.get('/props', signal));
    return props.success ? props.data : null;
  } catch (error) {
    if (error instanceof Failure && error.status !== null) return null;
    if (error instanceof Failure && error.kind === 'malformed') return null;
    throw error;
  }
}
