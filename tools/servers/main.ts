// `npm run servers -- llama`: an inference server of others with a small model, on loopback, to try the remote engine with. One JSON line when it is up:
// `{"server","urls","pids"}`. It runs until it is interrupted.
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { runTool, ToolError, wholeNumber } from '../support/cli.js';
import { startLlamaServer, type LlamaServer } from './llama-server.js';

const USAGE =
  'npm run servers -- llama [--port N] [--replicas N] [--ctx TOKENS] [--slots N] [--threads N] [--side PIXELS]';

await runTool(async () => {
  const text = { type: 'string' as const };
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { port: text, replicas: text, ctx: text, slots: text, threads: text, side: text },
  });
  if (positionals.length !== 1 || positionals[0] !== 'llama') throw new ToolError(USAGE);
  const { replicas = '1', ...rest } = values;
  const count = wholeNumber('replicas', replicas);
  const options = Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [name, wholeNumber(name, value)]),
  );
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const servers: LlamaServer[] = [];
  try {
    for (let n = 0; n < count && !stop.signal.aborted; n += 1) {
      const port = options['port'] === undefined ? {} : { port: options['port'] + n };
      servers.push(await startLlamaServer({ ...options, ...port }));
    }
    const told = { server: 'llama', urls: servers.map((s) => s.url), pids: servers.map((s) => s.pid) };
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
