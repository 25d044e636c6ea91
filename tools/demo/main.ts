// `npm run demo [-- --json FILE]`: one call over real WebRTC against the gateway as its own process.
import { parseArgs } from 'node:util';
import { CALL_FOLDER, readCallScript } from '../support/call-script.js';
import { runTool } from '../support/cli.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { writeJson } from '../support/json-file.js';
import { holdCall } from './hold-call.js';
import { narrator } from './narrator.js';

await runTool(async () => {
  const { json } = parseArgs({ options: { json: { type: 'string' } } }).values;
  const script = await readCallScript(CALL_FOLDER);
  const startedAt = performance.now();
  const gateway = await GatewayProcess.start();
  try {
    console.log(
      `gateway ready at ${gateway.url} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
    );
    const turns = await holdCall(gateway.url, script, narrator(script, console.log));
    const right = turns.filter(({ correct }) => correct).length;
    const ok = right === turns.length;
    console.log(`${right} of ${turns.length} answers are right`);
    if (json) await writeJson(json, { ok, turns });
    return ok ? 0 : 1;
  } finally {
    await gateway.stop();
  }
});
