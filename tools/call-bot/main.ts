// `npm run bot -- --room ADDRESS …`, `npm run bot -- --demo janus|livekit` or `npm run bot -- --rooms N --minutes N`: see docs/bot.md.
import { pino } from 'pino';
import { runTool, ToolError } from '../support/cli.js';
import { writeJson } from '../support/json-file.js';
import { Bots, MOST_ROOMS, serveMetrics } from './bots.js';
import { runDemo } from './demo/demo.js';
import { runRooms } from './demo/rooms-run.js';
import type { ServerKind } from './demo/servers.js';
import { gatewayDoor } from './gateway.js';
import { BotMetrics } from './metrics.js';
import { readOptions, type BotOptions } from './options.js';
import type { BotLog } from './room-bot.js';
import { LiveKitWorker, type WorkerOptions } from './rooms/livekit/worker.js';
import { CommandSynthesiser } from './voice/command.js';

await runTool(async () => {
  const options = await readOptions(process.argv.slice(2));
  const { demo, run, json } = options;
  if (demo !== null) return shown(await runDemo(kindOf('demo', demo), console.log), json);
  if (run) return shown(await runRooms({ ...run, kind: kindOf('server', run.server) }, console.log), json);
  return sitIn(options);
});

/** Until no room is left, or the process is asked to end. */
async function sitIn({ gateway, rooms, worker, config, voice, metricsPort }: BotOptions): Promise<number> {
  const log = pino({ base: null });
  const metrics = new BotMetrics();
  const synthesiser = voice && new CommandSynthesiser(voice);
  const bots = new Bots({ door: gatewayDoor(gateway, config), config, metrics, log, synthesiser });
  for (const room of rooms) {
    if (!bots.sit(room)) throw new ToolError(`one process sits in ${MOST_ROOMS} rooms at the most`);
  }
  const server = metricsPort === null ? null : await serveMetrics(bots, metrics, metricsPort);
  // A bug in what one room brings must not end the others: a library's own timers and sockets know no room.
  process.on('uncaughtException', (error) =>
    log.error({ error: error.stack ?? String(error) }, 'unforeseen'),
  );
  const leaving = new AbortController();
  const leave = () => {
    leaving.abort();
    void bots.drain();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, leave);
  if (worker) await sentBy(worker, { bots, log }, leaving.signal);
  const ends = await bots.ended();
  server?.close();
  return ends.every((end) => end === 'not_joined' || end === 'room_gone') ? 1 : 0;
}

/** Until it is given up: a LiveKit server sends the bot to rooms. */
function sentBy(options: WorkerOptions, { bots, log }: { bots: Bots; log: BotLog }, signal: AbortSignal) {
  const server = new URL(options.url).host;
  return new LiveKitWorker(options, {
    hasPlace: () => bots.hasPlace,
    onRoom: (room) => bots.sit(room),
    onRegistered: () => log.info({ server }, 'registered'),
    onLost: (reason) => log.warn({ server, reason }, 'server lost'),
  }).run(signal);
}

async function shown(result: { readonly ok: boolean }, json: string | null): Promise<number> {
  if (json !== null) await writeJson(json, result);
  return result.ok ? 0 : 1;
}

function kindOf(option: string, text: string): ServerKind {
  if (text === 'janus' || text === 'livekit') return text;
  throw new ToolError(`--${option} must be janus or livekit, not '${text}'`);
}
