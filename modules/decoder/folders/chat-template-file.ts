import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Template } from '@huggingface/jinja';
import type { RenderChat } from '../core/text/chat-template.js';
import { badModel, reasonOf } from './folder-files.js';
import { exists } from './gemma/standard-files.js';

/** What of `tokenizer_config.json` a template needs. */
export interface TemplateConfig {
  readonly bos_token?: string | null | undefined;
  readonly eos_token?: string | null | undefined;
  /** The template, where it is not in `chat_template.jinja`. */
  readonly chat_template?: string | undefined;
}

/**
 * Has a folder's chat template taken apart.
 * @param takeApart what it throws is a fault of the template's file
 * @throws `bad_model`
 */
export async function withChatTemplate<T>(
  dir: string,
  config: TemplateConfig,
  takeApart: (render: RenderChat) => T,
): Promise<T> {
  const inFile = await exists(dir, 'chat_template.jinja');
  const file = inFile ? 'chat_template.jinja' : 'tokenizer_config.json';
  try {
    const source = inFile ? await readFile(join(dir, file), 'utf8') : (config.chat_template ?? '');
    const template = new Template(source);
    const known = { bos_token: config.bos_token ?? '', eos_token: config.eos_token ?? '' };
    return takeApart((messages, generationPrompt) =>
      template.render({ messages, add_generation_prompt: generationPrompt, ...known }),
    );
  } catch (cause) {
    throw badModel(dir, file, reasonOf(cause));
  }
}
