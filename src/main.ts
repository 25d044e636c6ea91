import 'reflect-metadata';
import { VisavisError } from '#modules/contracts';
import { needsModel, type Config } from './config/config.js';
import { remoteOptions } from './config/engine.js';
import { configFromEnvironment } from './config/environment.js';
import { Proxies } from './http/proxies.js';
import { loadIce } from './ice/load-ice.js';
import { createAccess } from './keys/create-access.js';
import { keepWasmWrappersGeneric } from './lifecycle/wasm-wrappers.js';
import { shareOf } from './placement/core/share.js';
import { createLogger } from './telemetry/logger.js';

/** What a parent starts a gateway with, and nobody else: its number, from 0. */
const GATEWAY = /^--gateway=(\d+)$/;

async function main(args: readonly string[]): Promise<void> {
  const unknown = args.find(
    (arg) => arg !== '--check-config' && arg !== '--check-network' && !GATEWAY.test(arg),
  );
  if (unknown !== undefined)
    throw new VisavisError(
      'bad_config',
      `${unknown}: there is no such option; there are --check-config and --check-network`,
    );
  const config = configFromEnvironment();
  const number = args.map((arg) => GATEWAY.exec(arg)?.[1]).find((found) => found !== undefined);
  if (number !== undefined) return serveBehind(config, Number(number));
  if (args.includes('--check-config')) await check(config);
  if (args.includes('--check-network')) await tryNetwork(config);
  if (args.length > 0) return;
  if (config.gateways > 1) return (await import('./placement/parent.js')).place(config);
  keepWasmWrappersGeneric();
  await (await import('./gateway.js')).serve(config);
}

/** One gateway of several. */
async function serveBehind(config: Config, number: number): Promise<void> {
  keepWasmWrappersGeneric();
  const logger = createLogger(config.logLevel, number);
  const { ParentLink } = await import('./placement/parent-link.js');
  const parent = new ParentLink(number, (where, error) => {
    logger.error({ where, err: error }, 'a part of the gateway met a bug');
  });
  try {
    await (await import('./gateway.js')).serve(shareOf(config, number), parent);
  } finally {
    parent.close();
  }
}

/** Checks the settings and the files that they name, and starts nothing. */
async function check(config: Config): Promise<void> {
  await createAccess(config, new Proxies(config.trustedProxies));
  await loadIce(config);
  const { remoteEngine } = config;
  if (remoteEngine) await remoteOptions(remoteEngine);
  const model = needsModel(config) ? await modelIn(config) : '';
  const engine = remoteEngine ? `engine ${remoteEngine.urls.join(', ')}` : `model ${model}`;
  const gateways = config.gateways > 1 ? `, ${config.gateways} gateways` : '';
  process.stdout.write(`configuration ok: ${engine}, port ${config.port}${gateways}\n`);
}

async function modelIn(config: Config): Promise<string> {
  const [{ loadModelFolder }, { modelFolder }] = await Promise.all([
    import('#modules/decoder'),
    import('./model-folder.js'),
  ]);
  const folder = await modelFolder(config, createLogger(config.logLevel));
  return (await loadModelFolder(folder)).config.modelId;
}

/** Tries the ports, addresses, TURN servers and inference servers of the settings, tells a line each, and takes no calls. */
async function tryNetwork(config: Config): Promise<void> {
  const servers = (await loadIce(config)).for(null).ice_servers;
  const turn = servers.flatMap(({ urls, username, credential }) =>
    urls.flatMap((url) =>
      /^turns?:/.test(url) ? [{ url, username: username ?? '', credential: credential ?? '' }] : [],
    ),
  );
  const [{ checkNetwork }, { checkServers }, { networkOf }] = await Promise.all([
    import('#modules/media'),
    import('#modules/decoder'),
    import('./app.module.js'),
  ]);
  const { remoteEngine } = config;
  const engines = remoteEngine ? await checkServers(await remoteOptions(remoteEngine)) : [];
  for (let number = 0; number < config.gateways; number += 1) {
    // Their ports are apart, the servers are the same.
    const own = await checkNetwork(networkOf(shareOf(config, number)), number === 0 ? turn : []);
    const findings = [...own, ...(number === 0 ? engines : [])];
    for (const { state, what } of findings) process.stdout.write(`${state.padEnd(7)} ${what}\n`);
    if (findings.some(({ state }) => state === 'fail')) process.exitCode = 1;
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  // One line a problem for what an operator can put right; anything else is a bug, with its stack.
  if (!(error instanceof VisavisError)) throw error;
  for (const line of error.message.split('\n')) process.stderr.write(`${error.code}: ${line}\n`);
  process.exitCode = 1;
}
