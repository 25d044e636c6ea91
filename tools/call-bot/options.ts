import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ToolError, wholeNumber } from '../support/cli.js';
import { DEFAULT_MANNERS, type Addressing, type MannersConfig } from './core/manners-config.js';
import { openRoom } from './rooms/open.js';
import type { RoomAdapter } from './rooms/room.js';

const TEXT = { type: 'string' } as const;
const MANY = { type: 'string', multiple: true } as const;
const YES = { type: 'boolean' } as const;

export interface BotOptions {
  readonly gateway: { readonly url: string; readonly apiKey?: string };
  readonly rooms: readonly RoomAdapter[];
  readonly config: MannersConfig;
  /** Null: no metrics are served. */
  readonly metricsPort: number | null;
  readonly demo: string | null;
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
      name: TEXT,
      alias: MANY,
      address: TEXT,
      notice: TEXT,
      captions: YES,
      overhear: YES,
      'max-speakers': TEXT,
      'max-minutes': TEXT,
      'alone-s': TEXT,
      'metrics-port': TEXT,
      demo: TEXT,
      json: TEXT,
    },
  });
  const number = (option: keyof typeof values, otherwise: number) => {
    const value = values[option];
    return typeof value === 'string' ? wholeNumber(option, value) : otherwise;
  };
  const name = values.name ?? DEFAULT_MANNERS.names[0] ?? '';
  if (name.trim() === '') throw new ToolError('--name must not be empty');
  const rooms = (values.room ?? []).map((room) => openRoom(room, name));
  if (rooms.length === 0 && values.demo === undefined)
    throw new ToolError('--room says where to go: see docs/bot.md');
  const keyFile = values['key-file'];
  const apiKey = keyFile === undefined ? undefined : (await readFile(keyFile, 'utf8')).trim();
  const url = values.gateway ?? 'http://127.0.0.1:8080';
  if (!/^https?:/.test(url) || !URL.canParse(url))
    throw new ToolError(`--gateway must be an address, not '${url}'`);
  return {
    gateway: { url, ...(apiKey !== undefined && { apiKey }) },
    rooms,
    config: {
      names: [name, ...(values.alias ?? [])],
      addressing: addressingOf(values.address ?? DEFAULT_MANNERS.addressing),
      notice: values.notice ?? null,
      captions: values.captions ?? false,
      overhears: values.overhear ?? false,
      maxSpeakers: number('max-speakers', DEFAULT_MANNERS.maxSpeakers),
      maxMinutes: number('max-minutes', DEFAULT_MANNERS.maxMinutes),
      aloneMs: number('alone-s', DEFAULT_MANNERS.aloneMs / 1000) * 1000,
    },
    metricsPort:
      values['metrics-port'] === undefined ? null : wholeNumber('metrics-port', values['metrics-port']),
    demo: values.demo ?? null,
    json: values.json ?? null,
  };
}

function addressingOf(text: string): Addressing {
  if (text === 'name' || text === 'push' || text === 'always') return text;
  throw new ToolError(`--address must be name, push or always, not '${text}'`);
}
