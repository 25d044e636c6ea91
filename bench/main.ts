// `npm run bench [-- NAME [--json FILE] …]`: measurements; without a name, what there is.
import { runTool, ToolError } from '../tools/support/cli.js';
import { decodeBench } from './decode.js';
import { loopBench } from './loop.js';
import { modelBench } from './model.js';

/** Each is given the arguments after its name, and prints what it found. */
interface Bench {
  readonly what: string;
  run(args: string[]): Promise<void>;
}

const BENCHES: Readonly<Record<string, Bench>> = {
  decode: {
    what: 'tokens a second by length of the past, by kind of export and by sequences in a run [--tokens N] [--standard DIR] [--model DIR]',
    run: decodeBench,
  },
  loop: {
    what: "delay of the gateway's event loop, and latency of turns, with 4 calls open [--calls N] [--seconds N]",
    run: loopBench,
  },
  model: {
    what: 'size and speed of the model on one core [--model DIR]',
    run: modelBench,
  },
};

await runTool(async () => {
  const [name, ...args] = process.argv.slice(2);
  if (name === undefined) {
    console.log('npm run bench -- NAME [--json FILE]\n');
    for (const [key, { what }] of Object.entries(BENCHES)) console.log(`  ${key.padEnd(8)}${what}`);
    return 0;
  }
  const bench = BENCHES[name];
  if (!bench) throw new ToolError(`there is no bench '${name}', only ${Object.keys(BENCHES).join(', ')}`);
  await bench.run(args);
  return 0;
});
