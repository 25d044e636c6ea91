import { parentPort, workerData } from 'node:worker_threads';
import { setImmediate } from 'node:timers/promises';
import { JudgeSessions } from './judge-sessions.js';
import type { FromJudgeWorker, JudgeWorkerData, ToJudgeWorker } from './judge-protocol.js';

// Entry of the thread that judges sounds. A failure is not caught: it ends the thread, and the main thread starts another.
if (!parentPort) throw new Error('judge-worker runs as a worker thread');
const port = parentPort;

const sessions = await JudgeSessions.load(workerData as JudgeWorkerData);
const waiting = new Map<number, ToJudgeWorker & { t: 'judge' }>();
let running = false;
let draining = false;

function post(message: FromJudgeWorker): void {
  port.postMessage(message);
}

async function runAll(): Promise<void> {
  if (running) return;
  running = true;
  for (;;) {
    // Lets in what has arrived: of one stream it may make void what waits.
    await setImmediate();
    const next = waiting.entries().next().value;
    if (!next) break;
    const [id, { pcm, wanted }] = next;
    waiting.delete(id);
    const startedAt = performance.now();
    const judgement = await sessions.judge(pcm, wanted);
    // Given back at once: the garbage collector of a thread with small objects lets tens of megabytes of sound wait.
    pcm.buffer.transfer(0);
    post({ t: 'judged', id, judgement, runMs: performance.now() - startedAt });
  }
  running = false;
  if (draining) await end();
}

async function end(): Promise<void> {
  await sessions.release();
  port.close();
}

port.on('message', (message: ToJudgeWorker) => {
  switch (message.t) {
    case 'judge':
      waiting.set(message.id, message);
      void runAll();
      return;
    case 'void':
      waiting.delete(message.id);
      return;
    case 'ping':
      return post({ t: 'pong' });
    case 'drain':
      draining = true;
      waiting.clear();
      void runAll();
      return;
  }
});
post({ t: 'ready' });
