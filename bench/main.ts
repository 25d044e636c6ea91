// `npm run bench [-- NAME [--json FILE] …]`: measurements; without a name, what there is.
import { runTool, ToolError } from '../tools/support/cli.js';
import { connectBench } from './connect.js';
import { decodeBench } from './decode.js';
import { endpointBench } from './endpoint.js';
import { kvBench } from './kv.js';
import { longBench } from './long.js';
import { loopBench } from './loop.js';
import { mediaBench } from './media.js';
import { modelBench } from './model.js';
import { noisesBench } from './noises.js';
import { remoteBench } from './remote/remote.js';
import { uploadsBench } from './remote/uploads.js';
import { turnBench } from './turn.js';
import { turnsBench } from './turns.js';
import { vadBench } from './vad.js';
import { waysBench } from './ways.js';

/** Each is given the arguments after its name, and prints what it found. */
interface Bench {
  readonly what: string;
  run(args: string[]): Promise<void>;
}

const BENCHES: Readonly<Record<string, Bench>> = {
  connect: {
    what: 'how soon an offer is answered and its client connected, and what offers do to the event loop [--calls N] [--offers N] [--rate N]',
    run: connectBench,
  },
  decode: {
    what: 'tokens a second by length of the past, by kind of export and by sequences in a run [--tokens N] [--standard DIR] [--model DIR]',
    run: decodeBench,
  },
  endpoint: {
    what: 'false cut-offs and delay of the end of a turn, by setting [--voices natural|espeak] [--over webrtc|virtual] [--questions N] [--calls N] [--settings N] [--modes server_vad,semantic_vad] [--model DIR]',
    run: endpointBench,
  },
  kv: {
    what: 'commit → first token with 0 to 48 frames: in the KV cache, and resent [--repeat N] [--frames 0,8,…] [--model DIR]',
    run: kvBench,
  },
  long: {
    what: 'an hour at 1 frame/s in virtual time, a question each minute: latency and memory [--minutes N] [--model DIR]',
    run: longBench,
  },
  loop: {
    what: "delay of the gateway's event loop, and latency of turns, with 4 calls open [--calls N] [--seconds N]",
    run: loopBench,
  },
  media: {
    what: 'how many calls one core holds, silent ones with a camera, by thread; and what aiortc and a bare socket make of the same packets [--runs shaped,sdk,unshaped,withFrames,aiortc,udp] [--seconds N] [--from N] [--calls N] [--late MS] [--node=FLAGS]',
    run: mediaBench,
  },
  model: {
    what: 'size and speed of the model on one core [--model DIR]',
    run: modelBench,
  },
  noises: {
    what: 'minutes of noise, laughter, humming, a television …: what is taken for a turn, and answered [--minutes N] [--setting server_vad|auto|low] [--model DIR]',
    run: noisesBench,
  },
  remote: {
    what: 'end of speech → first token of an inference server that others run, with 0 to 48 frames: sent ahead, and resent [--server llama|vllm|sglang|openai] [--url URL] [--frames 0,8,…] [--repeat N] [--threads N]',
    run: remoteBench,
  },
  turn: {
    what: 'what turn-taking adds to the endpoint delay, with and without answers begun ahead [--calls 1,4,8] [--turns N] [--delay MS] [--transport webrtc|websocket]',
    run: turnBench,
  },
  turns: {
    what: 'what becomes of laughter, babble, hesitations, interruptions … in a session, by kind and setting [--settings server_vad,auto,low] [--kinds A,B] [--clips N] [--over virtual|webrtc] [--lanes N] [--model DIR]',
    run: turnsBench,
  },
  uploads: {
    what: 'delay of the event loop while calls ask an inference server at once, each with all its pictures [--calls N] [--frames N] [--rounds N]',
    run: uploadsBench,
  },
  vad: {
    what: 'the voice activity model for 1, 4, 16 and 64 sessions at once [--rounds N]',
    run: vadBench,
  },
  ways: {
    what: 'how soon Chromium is connected, straight and by TURN over UDP and TCP (needs chromium and coturn) [--calls N]',
    run: waysBench,
  },
};

await runTool(async () => {
  const [name, ...args] = process.argv.slice(2);
  if (name === undefined) {
    console.log('npm run bench -- NAME [--json FILE]\n');
    for (const [key, { what }] of Object.entries(BENCHES)) console.log(`  ${key.padEnd(10)}${what}`);
    return 0;
  }
  const bench = BENCHES[name];
  if (!bench) throw new ToolError(`there is no bench '${name}', only ${Object.keys(BENCHES).join(', ')}`);
  await bench.run(args);
  return 0;
});
