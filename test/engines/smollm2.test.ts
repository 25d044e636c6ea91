import { Logger } from '@nestjs/common';
import type { EngineSession, Role } from '#modules/contracts';
import { DecoderService, loadModelFolder } from '#modules/decoder';
import { readAnswer } from '../../modules/decoder/testing/engine-script.js';
import { smollm2Folder } from '../../tools/servers/llama-server.js';
import { TextReference } from '../support/text-reference.js';

// Real: SmolLM2-135M-Instruct, which others trained; the standard loader and the engine in its worker; @huggingface/transformers with its own
// tokenizer, template and cache.

Logger.overrideLogger(false);

const TOKENS = 24;
const SYSTEM = 'You are a sailor. Answer in one short sentence.';
const QUESTIONS = [
  'What is the capital of France?',
  'Write a line of Python that prints the squares of 0 to 12.',
  'Übersetze ins Englische: „Der Hund schläft.“ 🐶',
];

describe('SmolLM2-135M in the standard loader', () => {
  let dir: string;
  let engine: DecoderService;
  let reference: TextReference;
  beforeAll(async () => {
    dir = await smollm2Folder();
    engine = new DecoderService({ modelFolder: dir, threads: 2 });
    await engine.load();
    reference = new TextReference(dir);
  }, 120_000);
  afterAll(async () => {
    await reference?.close();
    await engine?.close({ drainMs: 0 });
  });

  let count = 0;
  async function say(session: EngineSession, text: string, role: Role = 'user'): Promise<void> {
    count += 1;
    await session.append({ k: 'turn', id: `${count} open`, role, edge: 'open' });
    await session.append({ k: 'text', id: `${count} text`, text });
    await session.append({ k: 'turn', id: `${count} close`, role, edge: 'close' });
  }
  const answer = async (session: EngineSession) => readAnswer(session.generate({ maxTokens: TOKENS }));
  /** Stop tokens are no part of an answer here. */
  const told = (ids: readonly number[]) => ids.filter((id) => id !== 2);

  it('says what it can do', async () => {
    const folder = await loadModelFolder(dir);
    expect(folder.layout).toBe('llama');
    expect(engine.caps).toMatchObject({
      vision: false,
      audio: false,
      instructions: true,
      maxContextTokens: 8192,
    });
  });

  it.each(QUESTIONS)('answers token for token as transformers.js does: %s', async (question) => {
    const session = await engine.open({ system: '', tenant: 'test' });
    await say(session, question);
    const { ids, end, text } = await answer(session);
    const expected = await reference.ask({ messages: [{ role: 'user', content: question }], count: TOKENS });
    expect(end?.usage.prompt).toBe(expected.prompt.length);
    expect(ids).toEqual(told(expected.answer));
    expect(text).toBe(expected.text);
    await session.close();
  });

  it('obeys a system prompt, and goes on in a second turn after what was rolled back', async () => {
    const [first = '', second = '', other = ''] = QUESTIONS;
    const session = await engine.open({ system: SYSTEM, tenant: 'test' });
    await say(session, first);
    const before = session.mark();
    await say(session, other);
    await answer(session);
    await session.rollback(before);
    const one = await answer(session);
    await session.accept(one.genId);
    await say(session, second);
    const two = await answer(session);
    const messages = [
      { role: 'system', content: SYSTEM },
      { role: 'user', content: first },
    ] as const;
    const expected = await reference.ask({ messages, count: TOKENS });
    expect(one.ids).toEqual(told(expected.answer));
    const later = [
      ...messages,
      { role: 'assistant', content: expected.text },
      { role: 'user', content: second },
    ] as const;
    const next = await reference.ask({ messages: later, count: TOKENS });
    expect(two.end?.usage.prompt).toBe(next.prompt.length);
    expect(two.ids).toEqual(told(next.answer));
    await session.close();
  });

  it('refuses pictures and sounds, and stays as it was', async () => {
    const session = await engine.open({ system: '', tenant: 'test' });
    await session.append({ k: 'turn', id: 'open', role: 'user', edge: 'open' });
    const { tokens } = session.head;
    const { width, height } = engine.caps.frameSize;
    const image = { width, height, data: new Uint8Array(width * height * 3) };
    const frame = session.append({ k: 'frame', id: 'f', ptsMs: 0, image });
    await expect(frame).rejects.toMatchObject({ code: 'bad_image' });
    const sound = session.append({ k: 'audio', id: 'a', ptsMs: 0, pcm: new Float32Array(800), final: true });
    await expect(sound).rejects.toMatchObject({ code: 'bad_audio' });
    expect(session.mark().tokens).toBe(tokens);
    await session.close();
  });
});
