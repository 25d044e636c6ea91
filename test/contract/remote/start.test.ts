import type { VisavisError } from '#modules/contracts';
import { RemoteEngine } from '#modules/decoder';
import { readAnswer } from '../../../modules/decoder/testing/engine-script.js';
import { RemoteRig, codeOf, frame, put, SIZE, sound, text, turn } from './rig.js';

const rig = new RemoteRig();
afterEach(() => rig.end());

describe('at the start', () => {
  it('tells what the model can do, and measures what things cost', async () => {
    const { engine } = await rig.start({ vision: false, tools: false });
    expect(engine.caps).toMatchObject({
      vision: false,
      audio: true,
      tools: false,
      audioTokensPerSecond: 16,
    });
    const other = await rig.start({ audio: false });
    expect(other.engine.caps).toMatchObject({
      vision: true,
      audio: false,
      transcripts: false,
      tokensPerFrame: 36,
    });
  });

  it('refuses pictures and sounds that the model does not take', async () => {
    const { session } = await rig.start({ vision: false, audio: false });
    await put(session, turn('a', 'open'));
    expect(await codeOf(session.append(frame('f')))).toBe('bad_image');
    expect(await codeOf(session.append(sound('s')))).toBe('bad_audio');
  });

  it('has an ear write down what the model does not hear', async () => {
    const heard: number[] = [];
    const ear = {
      name: 'ear',
      languages: ['en'],
      transcribe: async (pcm: Float32Array) => {
        heard.push(pcm.length);
        return ' good morning ';
      },
    };
    const { server, engine, session } = await rig.start({ audio: false }, { ear: async () => ear });
    expect(engine.caps).toMatchObject({ audio: false, transcripts: true, languages: ['en'] });
    await put(session, turn('a', 'open'), sound('s', 2), turn('a', 'close'));
    await readAnswer(session.generate({ maxTokens: 8 }));
    expect(heard).toEqual([32_000]);
    const last = server.answers.at(-1)!.body.messages.at(-1);
    expect(last?.content).toEqual([{ type: 'text', text: 'good morning' }]);
  });

  it('has a server write down what was said, beside the conversation', async () => {
    const server = await rig.serve({ transcript: 'good morning' });
    const engine = await rig.load([server], { transcriptions: { url: server.url, model: 'whisper' } });
    const words = engine.caps.writeDown!['en']!;
    const session = await engine.open({ system: '', tenant: 't' });
    await put(session, turn('a', 'open'), sound('s'), turn('a', 'close'));
    const segments = [
      turn('x', 'open'),
      { k: 'known', id: 's' } as const,
      text('w', words),
      turn('x', 'close'),
    ];
    const answer = await readAnswer(session.aside({ segments, maxTokens: 64, idle: true }));
    expect([answer.text, answer.end?.reason]).toEqual(['good morning', 'stop']);
    // The model hears it all the same.
    await readAnswer(session.generate({ maxTokens: 8 }));
    expect(server.answers.at(-1)!.text).toContain('"type":"input_audio"');
  });

  it.each([
    [
      'nobody is there',
      {},
      { urls: ['http://127.0.0.1:9'] },
      ['engine_failed', /127\.0\.0\.1:9: .* \(ECONNREFUSED\)/],
    ],
    [
      'the key is wrong',
      { key: 'right' },
      { key: 'secret-wrong' },
      ['engine_failed', /answers 401 \(it wants a key/],
    ],
    ['the model is not there', {}, { model: 'gpt' }, ['engine_failed', /no model gpt; it lists fake/]],
  ] as const)('says where %s', async (_, options, settings, [code, message]) => {
    const server = await rig.serve(options);
    const engine = new RemoteEngine({ urls: [server.url], image: SIZE, ...settings });
    const error: VisavisError = await engine.load().then(
      () => {
        throw new Error('it was loaded');
      },
      (why: VisavisError) => why,
    );
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('secret');
    await engine.close({ drainMs: 0 });
  });

  it.each([
    ['llamacpp', 'vllm', /VISAVIS_ENGINE_FLAVOUR is vllm, and http:\S+ says that it is llama/],
    ['vllm', 'openai', /^$/],
    ['vllm', 'auto', /^$/],
    ['somebody', 'vllm', /^$/],
  ] as const)('of %s taken for %s warns of %s', async (owner, flavour, warning) => {
    const warned: string[] = [];
    const log = (level: string, line: string) => void (level === 'warn' && warned.push(line));
    await rig.start({ owner }, { flavour, log });
    expect(warned.join('\n')).toMatch(warning);
  });

  it('goes on with the servers that are there', async () => {
    const server = await rig.serve();
    const engine = new RemoteEngine({ urls: ['http://127.0.0.1:9', server.url], image: SIZE });
    await engine.load();
    expect(engine.stats).toMatchObject({ workers: 2, workersUp: 1 });
    await (await engine.open({ system: '', tenant: 't' })).close();
  });
});
