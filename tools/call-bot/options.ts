import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ToolError, wholeNumber } from '../support/cli.js';
import { DEFAULT_MANNERS, type Addressing, type MannersConfig } from './core/manners-config.js';
import type { LiveKitKey } from './rooms/livekit/token.js';
import type { WorkerOptions } from './rooms/livekit/worker.js';
import { openRoom } from './rooms/open.js';
import type { RoomAdapter } from './rooms/room.js';

const TEXT = { type: 'string' } as const;
const MANY = { type: 'string', multiple: true } as const;
const YES = { type: 'boolean' } as const;

export interface BotOptions {
  readonly gateway: { readonly url: string; readonly apiKey?: string };
  readonly rooms: readonly RoomAdapter[];
  /** A LiveKit server that sends the bot to its rooms; null: none does. */
  readonly worker: WorkerOptions | null;
  readonly config: MannersConfig;
  /** The program that reads answers aloud, and its arguments; null: none does. */
  readonly voice: readonly string[] | null;
  /** Null: no metrics are served. */
  readonly metricsPort: number | null;
  readonly demo: string | null;
  /** How many rooms are tried at once, for how long, and of what server; null: none are. */
  readonly run: { readonly rooms: number; readonly minutes: number; readonly server: string } | null;
  /** Where the demo writes. */
  readonly json: string | null;
}

/** Reads the command line (docs/bot.md). @throws ToolError */
export async function readOptions(argv: readonly string[]): Promise<BotOptions> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      gateway: TEXT,
      'key-file': TEXT,
      room: MANY,
      'livekit-key-file': TEXT,
      'livekit-worker': TEXT,
      'agent-name': TEXT,
      name: TEXT,
      alias: MANY,
      address: TEXT,
      notice: TEXT,
      captions: YES,
      overhear: YES,
      'voice-command': TEXT,
      'max-speakers': TEXT,
      'max-minutes': TEXT,
      'alone-s': TEXT,
      'metrics-port': TEXT,
      demo: TEXT,
      rooms: TEXT,
      minutes: TEXT,
      server: TEXT,
      json: TEXT,
    },
  });
  const number = (option: keyof typeof values, otherwise: number) => {
    const value = values[option];
    return typeof value === 'string' ? wholeNumber(option, value) : otherwise;
  };
  const name = values.name ?? DEFAULT_MANNERS.names[0] ?? '';
  if (name.trim() === '') throw new ToolError('--name must not be empty');
  const livekitKey = await livekitKeyOf(values['livekit-key-file']);
  const rooms = (values.room ?? []).map((room) => openRoom(room, { name, livekitKey }));
  const worker = workerOf(values['livekit-worker'], {
    key: livekitKey,
    agentName: values['agent-name'] ?? '',
    name,
  });
  if (rooms.length === 0 && !worker && values.demo === undefined && values.rooms === undefined)
    throw new ToolError('--room says where to go: see docs/bot.md');
  const keyFile = values['key-file'];
  const voice = values['voice-command']?.split(/\s+/).filter((part) => part !== '') ?? null;
  if (voice?.length === 0) throw new ToolError('--voice-command must not be empty');
  const apiKey = keyFile === undefined ? undefined : (await readFile(keyFile, 'utf8')).trim();
  const url = values.gateway ?? 'http://127.0.0.1:8080';
  if (!/^https?:/.test(url) || !URL.canParse(url))
    throw new ToolError(`--gateway must be an address, not '${url}'`);
  return {
    gateway: { url, ...(apiKey !== undefined && { apiKey }) },
    rooms,
    worker,
    config: {
      names: [name, ...(values.alias ?? [])],
      addressing: addressingOf(values.address ?? DEFAULT_MANNERS.addressing),
      notice: values.notice ?? null,
      captions: values.captions ?? false,
      speaks: voice !== null,
      overhears: values.overhear ?? false,
      maxSpeakers: number('max-speakers', DEFAULT_MANNERS.maxSpeakers),
      maxMinutes: number('max-minutes', DEFAULT_MANNERS.maxMinutes),
      aloneMs: number('alone-s', DEFAULT_MANNERS.aloneMs / 1000) * 1000,
    },
    voice,
    metricsPort:
      values['metrics-port'] === undefined ? null : wholeNumber('metrics-port', values['metrics-port']),
    demo: values.demo ?? null,
    run:
      values.rooms === undefined
        ? null
        : {
            rooms: number('rooms', 10),
            minutes: number('minutes', 10),
            server: values.server ?? 'janus',
          },
    json: values.json ?? null,
  };
}

/** A line as LiveKit's own `key_file` has them: `APIkey: secret`. */
async function livekitKeyOf(file: string | undefined): Promise<LiveKitKey | null> {
  if (file === undefined) return null;
  const [, id, secret] = /^\s*([^\s:#]+):\s*(\S+)\s*$/m.exec(await readFile(file, 'utf8')) ?? [];
  if (id === undefined || secret === undefined)
    throw new ToolError(`--livekit-key-file: ${file} has no line "key: secret"`);
  return { id, secret };
}

function workerOf(
  url: string | undefined,
  { key, agentName, name }: { key: LiveKitKey | null; agentName: string; name: string },
): WorkerOptions | null {
  if (url === undefined) return null;
  if (!/^wss?:/.test(url) || !URL.canParse(url))
    throw new ToolError(`--livekit-worker must be like ws://host:7880, not '${url}'`);
  if (!key) throw new ToolError('--livekit-worker needs --livekit-key-file');
  return { url, key, agentName, name };
}

function addressingOf(text: string): Addressing {
  if (text === 'name' || text === 'push' || text === 'always') return text;
  throw new ToolError(`--address must be name, push or always, not '${text}'`);
}
