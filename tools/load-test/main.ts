// `npm run load -- SCENARIO [--report DIR] [--url URL [--key KEY] [--server openai] [--model NAME]] [--processes N]`: synthetic callers over
// real WebRTC, at a gateway of their own or at a server that runs.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runTool, ToolError, wholeNumber } from '../support/cli.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { writeJson } from '../support/json-file.js';
import type { Target } from './generator/offer.js';
import { outliveStrays } from './generator/strays.js';
import { LateGenerator, loadTest } from './load.js';
import { ProgressTeller } from './progress.js';
import { html } from './report/html.js';
import { markdown } from './report/markdown.js';
import type { LoadReport } from './report/report.js';
import { readScenario } from './scenario/read.js';

const EXIT = { held: 0, notHeld: 2, generatorLate: 3 };

await runTool(async () => {
  const { path, folder, target, processes } = readOptions();
  const read = await readScenario(path);
  const scenario = processes === null ? read : { ...read, processes };
  outliveStrays();
  const gateway = target === null ? await GatewayProcess.start() : null;
  const teller = new ProgressTeller(process.stdout);
  try {
    const report = await loadTest({
      scenario,
      gateway,
      target: target ?? { url: gateway?.url ?? '', apiKey: null, kind: 'visavis', model: null },
      onProgress: (progress, elapsedMs) => teller.tell(progress, elapsedMs),
    });
    teller.end();
    console.log(`\n${markdown(report)}`);
    if (folder !== null) await write(report, folder);
    return report.held ? EXIT.held : EXIT.notHeld;
  } catch (error) {
    if (!(error instanceof LateGenerator)) throw error;
    teller.end();
    console.error(`vis-a-vis: no report: ${error.message}`);
    return EXIT.generatorLate;
  } finally {
    await gateway?.stop();
  }
});
// What the clients' own WebRTC still holds is not waited for.
process.exit();

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      report: { type: 'string' },
      url: { type: 'string' },
      key: { type: 'string' },
      server: { type: 'string', default: 'visavis' },
      model: { type: 'string' },
      processes: { type: 'string' },
    },
  });
  const [path] = positionals;
  if (path === undefined)
    throw new ToolError('usage: npm run load -- scenarios/steady.yaml [--report DIR] [--url URL]');
  return {
    path,
    folder: values.report ?? null,
    target: targetOf(values),
    processes: values.processes === undefined ? null : wholeNumber('processes', values.processes),
  };
}

interface TargetValues {
  readonly url?: string | undefined;
  readonly key?: string | undefined;
  readonly server: string;
  readonly model?: string | undefined;
}

/** @returns null: a gateway is to be started */
function targetOf({ url, key, server, model }: TargetValues): Target | null {
  if (server !== 'visavis' && server !== 'openai')
    throw new ToolError(`--server: '${server}' is neither visavis nor openai`);
  if (url === undefined) {
    if (key !== undefined || model !== undefined || server !== 'visavis')
      throw new ToolError('--key, --model and --server are of a server that --url names');
    return null;
  }
  if (!URL.canParse(url)) throw new ToolError(`--url: '${url}' is no URL`);
  return { url, apiKey: key ?? null, kind: server, model: model ?? null };
}

async function write(report: LoadReport, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeJson(join(folder, 'report.json'), report);
  await writeFile(join(folder, 'report.md'), markdown(report));
  await writeFile(join(folder, 'report.html'), html(report));
  console.log(`written: ${folder}/report.{json,md,html}`);
}
