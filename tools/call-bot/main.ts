// `npm run bot -- --room ADDRESS …` or `npm run bot -- --demo janus`: see docs/bot.md.
import { pino } from 'pino';
import { runTool, ToolError } from '../support/cli.js';
import { writeJson } from '../support/json-file.js';
import { Bots, MOST_ROOMS, serveMetrics } from './bots.js';
import { runJanusDemo } from './demo/janus-demo.js';
import { gatewayDoor } from './gateway.js';
import { BotMetrics } from './metrics.js';
import { readOptions, type BotOptions } from './options.js';

await runTool(async () => {
  const options = await readOptions(process.argv.slice(2));
  return options.demo === null ? sitIn(options) : demonstrate(options.demo, options.json);
});

/** Until no room is left, or the process is asked to end. */
async function sitIn({ gateway, rooms, config, metricsPort }: BotOptions): Promise<number> {
  const log = pino({ base: null });
  const metrics = new BotMetrics();
  const bots = new Bots({ door: gatewayDoor(gateway, config), config, metrics, log });
  for (const room of rooms) {
    if (!bots.add(room)) throw new ToolError(`one process sits in ${MOST_ROOMS} rooms at the most`);
  }
  const server = metricsPort === null ? null : await serveMetrics(bots, metrics, metricsPort);
  // A bug in what one room brings must not end the others: a library's own timers and sockets know no room.
  process.on('uncaughtException', (error) =>
    log.error({ error: error.stack ?? String(error) }, 'unforeseen'),
  );
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void bots.drain());
  const ends = await bots.ended();
  server?.close();
  return ends.every((end) => end === 'not_joined' || end === 'room_gone') ? 1 : 0;
}

async function demonstrate(server: string, json: string | null): Promise<number> {
  if (server !== 'janus') throw new ToolError(`--demo must be janus, not '${server}'`);
  const result = await runJanusDemo(console.log);
  if (json !== null) await writeJson(json, result);
  return result.ok ? 0 : 1;
}
