// `npm run servers -- llama|vllm`: an inference server of others with a small model, on loopback, to try the remote engine with. One JSON line when it
// is up: `{"server","urls","pids"}`. It runs until it is interrupted.
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { runTool, ToolError, wholeNumber } from '../support/cli.js';
import { startLlamaServer } from './llama-server.js';
import type { ServerProcess } from './server-process.js';
import { startVllmServer } from './vllm-server.js';

const USAGE = `npm run servers -- llama [--port N] [--replicas N] [--ctx TOKENS] [--threads N] [--slots N] [--side PIXELS]
npm run servers -- vllm  [--port N] [--replicas N] [--ctx TOKENS] [--threads N]`;

const KINDS = {
  llama: { start: startLlamaServer, options: ['port', 'ctx', 'threads', 'slots', 'side'] },
  vllm: { start: startVllmServer, options: ['port', 'ctx', 'threads'] },
} as const;

await runTool(async () => {
  const text = { type: 'string' as const };
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { port: text, replicas: text, ctx: text, slots: text, threads: text, side: text },
  });
  const [name] = positionals;
  if (positionals.length !== 1 || (name !== 'llama' && name !== 'vllm')) throw new ToolError(USAGE);
  const kind = KINDS[name];
  const { replicas = '1', ...rest } = values;
  const count = wholeNumber('replicas', replicas);
  const known: readonly string[] = kind.options;
  for (const option of Object.keys(rest)) {
    if (!known.includes(option)) throw new ToolError(`${name} takes no --${option}\n${USAGE}`);
  }
  const options: Record<string, number> = Object.fromEntries(
    Object.entries(rest).map(([option, value]) => [option, wholeNumber(option, value)]),
  );
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const servers: ServerProcess[] = [];
  try {
    for (let n = 0; n < count && !stop.signal.aborted; n += 1) {
      const port = options['port'] === undefined ? {} : { port: options['port'] + n };
      servers.push(await kind.start({ ...options, ...port }));
    }
    const told = { server: name, urls: servers.map((s) => s.url), pids: servers.map((s) => s.pid) };
    console.log(JSON.stringify(told));
    const interrupted = stop.signal.aborted ? Promise.resolve() : once(stop.signal, 'abort');
    const lost = Promise.race(
      servers.map(async (server) => {
        await server.ended;
        if (!stop.signal.aborted) throw new ToolError(`${server.url} ended:\n${server.log()}`);
      }),
    );
    await Promise.race([interrupted, lost]);
  } finally {
    stop.abort();
    await Promise.all(servers.map((server) => server.stop()));
  }
  return 0;
});
