import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Gateway } from '../e2e/support/gateway.js';
import { docBlocks, RUN_DOCUMENTS } from '../support/doc-blocks.js';
import { readQuestionMaterial, type QuestionMaterial } from '../support/question-material.js';

/** Made by scripts/lib/python.mjs of requirements.txt; `npm test -- --with clients` sees to it. */
const PYTHON = fileURLToPath(new URL('.venv/bin/python', import.meta.url));
/** Both load hundreds of modules before they begin (ms). */
const LONGEST_MS = 200_000;

interface Told {
  readonly seen: string[];
  readonly unknown: string[];
}

interface OpenAiTold extends Told {
  readonly session: { created: string; updated: string; expires_at: number };
  readonly typed: Answer;
  readonly spoken: Answer;
  readonly manual: Answer & { item_id: string };
  readonly cancelled: string;
  readonly mistake: { code: string; event_id: string; param: string | null };
  readonly errors: unknown[];
}

interface Answer {
  readonly status: string;
  readonly text: string;
  readonly adds_up: boolean;
}

interface LiveKitTold extends Told {
  readonly typed: string;
  readonly spoken: string;
  readonly transcript: string;
  readonly errors: string[];
  readonly complaints: string[];
}

interface LiveKitToolTold extends Omit<LiveKitTold, 'typed' | 'spoken' | 'transcript'> {
  readonly tool: string;
  readonly asked: string[];
}

/** Real: the built gateway as its own process, and the packages as PyPI has them. */
describe('clients of others, in Python', () => {
  let gateway: Gateway;
  let material: QuestionMaterial;
  let folder: string;

  beforeAll(async () => {
    material = await readQuestionMaterial();
    folder = await mkdtemp(join(tmpdir(), 'visavis-clients-'));
    await writeFile(join(folder, 'speech.pcm'), material.speech);
    await writeFile(join(folder, 'table.jpg'), material.picture);
    gateway = await Gateway.start();
  });
  afterAll(async () => {
    await gateway?.stop();
    if (folder) await rm(folder, { recursive: true });
  });

  async function tellOf<T>(program: string, url = gateway.url, ...options: string[]): Promise<T> {
    const file = fileURLToPath(new URL(program, import.meta.url));
    const args = [file, url, join(folder, 'speech.pcm'), join(folder, 'table.jpg'), ...options];
    const { stdout } = await promisify(execFile)(PYTHON, ['-B', ...args], { timeout: LONGEST_MS });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T;
  }

  it("OpenAI's SDK asks in writing, aloud and by a button, and knows every event", async () => {
    const { typed, spoken, manual, ...told } = await tellOf<OpenAiTold>('openai_client.py');
    expect(told.unknown).toEqual([]);
    expect(told.errors).toEqual([]);
    for (const answer of [typed, spoken, manual]) {
      expect(answer).toMatchObject({ status: 'completed', adds_up: true });
    }
    expect(material.typed.wrong(typed.text)).toBeNull();
    expect(material.spoken.wrong(spoken.text)).toBeNull();
    expect(material.spoken.wrong(manual.text)).toBeNull();
    expect(told.session.updated).toBe(told.session.created);
    expect(told.session.expires_at * 1000).toBeGreaterThan(Date.now());
    expect(told.cancelled).toBe('response_cancel_not_active');
    expect(told.mistake).toMatchObject({ event_id: 'mine', code: expect.stringMatching(/^[a-z_]+$/) });
  });

  it("an agent of LiveKit's asks in writing and aloud, and complains of nothing", async () => {
    const { typed, spoken, transcript, ...told } = await tellOf<LiveKitTold>('livekit_client.py');
    expect(told.unknown).toEqual([]);
    expect(told.errors).toEqual([]);
    expect(told.complaints).toEqual([]);
    expect(material.typed.wrong(typed)).toBeNull();
    expect(material.spoken.wrong(spoken)).toBeNull();
    expect(transcript).toMatch(/\bstar\b/i);
  });

  it("an agent of LiveKit's calls its tool, where a script in place of the model asks for it", async () => {
    const scripted = await Gateway.start({}, 'scripted');
    try {
      const told = await tellOf<LiveKitToolTold>('livekit_client.py', scripted.url, '--tools');
      expect(told.unknown).toEqual([]);
      expect(told.errors).toEqual([]);
      expect(told.complaints).toEqual([]);
      expect(told.asked).toEqual(['Ghent']);
      expect(told.tool).toContain('rain');
    } finally {
      await scripted.stop();
    }
  });

  it('the programs of the documents write what they say', async () => {
    const documents = await Promise.all(RUN_DOCUMENTS.map((file) => readFile(file, 'utf8')));
    const programs = documents
      .flatMap(docBlocks)
      .filter(({ language, words }) => language === 'python' && words.includes('runnable'));
    expect(programs.length).toBeGreaterThan(1);
    await Promise.all(
      programs.map(async ({ code, writes }, at) => {
        const file = join(folder, `block-${at}.py`);
        await writeFile(file, code.replaceAll('127.0.0.1:8080', new URL(gateway.url).host));
        const { stdout } = await promisify(execFile)(PYTHON, ['-B', file], { timeout: LONGEST_MS });
        for (const part of writes) expect(stdout.toLowerCase()).toContain(part);
      }),
    );
  });
});
