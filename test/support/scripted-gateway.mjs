// Preloaded into a gateway by tests (`--import`), whose own code knows nothing of it: in place of the model answers a script, which
// calls tools. Everything else is the gateway's own. Real: all of it but the engine, which is the one of the contract tests.
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

/** Those whom a question asks about the weather in. */
const CITIES = /\b(Ghent|Lier|Bruges)\b/g;

/** @returns {readonly (string | {call: object})[]} calls the first tool for each city, and says what came of the calls */
function script(log, { tools = [], aside }) {
  const question = log.findLast(({ k }) => k === 'text')?.text ?? '';
  const since = log.findLastIndex(({ k }) => k === 'answer');
  const results = log.slice(since + 1).filter(({ k }) => k === 'result');
  const cities = question.match(CITIES) ?? [];
  if (results.length > 0) return ['It says: ', ...results.map(({ output }) => `${output} `), 'so far.'];
  if (aside || tools.length === 0 || cities.length === 0) return ['Nothing ', 'is called.'];
  return cities.map((city) => ({
    call: { callId: `call_${++calls}`, name: tools[0].name, arguments: ['{"city":', ` "${city}"}`] },
  }));
}
let calls = 0;

/** As the engine in threads tells of itself. */
const STATS = {
  workers: 1,
  workersUp: 1,
  workersStuck: 0,
  lost: { died: 0, stuck: 0 },
  sessionsRebuilt: 0,
  sessionsGivenUp: 0,
};

if (isMainThread) {
  // The fake is TypeScript as it stands; what it imports is there under the same names with another ending.
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const own = context.parentURL?.endsWith('.ts') && /^\.{1,2}\/.*\.js$/.test(specifier);
      const source = own && new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
      const there = source && existsSync(fileURLToPath(source));
      return nextResolve(there ? source.href : specifier, context);
    },
  });
  const { FakeEngine } = await import('../../modules/decoder/testing/fake-engine.ts');
  const { DecoderService } = await import('../../dist/modules/decoder/index.js');
  DecoderService.prototype.load = async function load() {
    const fake = new FakeEngine(script, { tools: true, instructions: true, maxSessions: 100 });
    const engine = {
      get stats() {
        return { ...STATS, sessions: fake.sessions.filter(({ isClosed }) => !isClosed).length };
      },
      open: (options) => fake.open(options),
      close: () => fake.close(),
    };
    this.loaded = { engine, caps: fake.caps };
  };
}
