#!/usr/bin/env node
// Makes a key of the gateway, puts its hash into a file of keys, and shows the key, which nothing can show again.
//
//   npm run key -- acme                                  into keys.json, which is made where there is none
//   npm run key -- acme --file keys.json --scopes realtime,metrics --concurrent-calls 4 --minutes-per-day 600
//                  --sessions-per-minute 30 --origins https://app.example --expires 2027-01-01T00:00:00Z
//
// A running gateway reads the file anew on SIGHUP. docs/operations.md says what the fields mean.
import { createHash, randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

const USAGE =
  'usage: npm run key -- <id> [--file keys.json] [--scopes realtime,metrics,docs] [--concurrent-calls n] [--minutes-per-day n] [--sessions-per-minute n] [--origins a,b] [--expires date]';
const LIMITS = ['concurrent-calls', 'minutes-per-day', 'sessions-per-minute'];

/** A mistake of the caller's: its message is all there is to say. */
class UsageError extends Error {}

async function main(args) {
  const { values, positionals } = options(args);
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const path = String(values.file);
  const [id] = positionals;
  if (positionals.length !== 1 || !/^[\w.-]{1,64}$/.test(id)) throw new UsageError(USAGE);
  // The id in front tells people, and those who search for leaked keys, whose key this is. 256 bits follow.
  const key = `vv_${id}_${randomBytes(32).toString('base64url')}`;
  const file = await keysIn(path);
  if (file.keys.some((one) => one.id === id))
    throw new UsageError(`${path} has a key of the id ${id} already`);
  file.keys.push(entryOf(id, key, values));
  await replace(path, `${JSON.stringify(file, null, 2)}\n`);
  process.stderr.write(`${path}: added ${id}. The key, which is kept nowhere else:\n`);
  process.stdout.write(`${key}\n`);
}

function options(args) {
  const text = { type: 'string' };
  const known = { file: { ...text, default: 'keys.json' }, scopes: text, origins: text, expires: text };
  known.help = { type: 'boolean', short: 'h' };
  for (const limit of LIMITS) known[limit] = text;
  try {
    return parseArgs({ args, options: known, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${error.message}\n${USAGE}`);
  }
}

function entryOf(id, key, values) {
  const limits = LIMITS.filter((name) => values[name] !== undefined).map((name) => {
    const value = Number(values[name]);
    if (values[name].trim() === '' || !(value >= 0))
      throw new UsageError(`--${name}: ${values[name]} is no number`);
    return [name.replaceAll('-', '_'), value];
  });
  return {
    id,
    hash: `sha256:${createHash('sha256').update(key).digest('hex')}`,
    ...(values.scopes && { scopes: values.scopes.split(',') }),
    ...(values.expires && { expires_at: values.expires }),
    ...(limits.length > 0 && { limits: Object.fromEntries(limits) }),
    ...(values.origins && { origins: values.origins.split(',') }),
  };
}

async function keysIn(path) {
  let text;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return { keys: [] };
    throw new UsageError(`${path}: ${error.message}`);
  }
  try {
    const file = JSON.parse(text);
    if (Array.isArray(file.keys)) return file;
  } catch {
    // Told below, like any other content.
  }
  throw new UsageError(`${path} is no file of keys`);
}

/** Whole or not at all: a gateway may read it at any moment. */
async function replace(path, text) {
  const part = `${path}.${process.pid}.part`;
  await writeFile(part, text, { mode: 0o600 });
  await rename(part, path);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
