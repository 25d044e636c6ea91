import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { rawCallbacks } from './raw-callbacks.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Files that hand out raw callbacks, and why that is right. */
const ALLOWED: Readonly<Record<string, string>> = {
  'src/gateway.ts': 'the process itself: the timer that ends it, and a signal that is aborted',
  'src/lifecycle/orders.ts': 'signals: whoever listens is the process itself',
  'src/placement/ipc-line.ts': 'settles a promise',
  'src/placement/parent-link.ts': 'signals that mean nothing to a gateway that has a parent',
  'src/lifecycle/process-guard.ts': 'the last guard',
  'src/http-connections.ts': 'keeps the list of connections, and destroys them',
  'src/realtime/lines.ts': 'a peer catches all that it meets as it closes',
  'src/whip/whip.controller.ts':
    'aborts a signal; an error of a response is told by its close, which is guarded',
  'src/rtvi/rtvi.controller.ts': 'aborts a signal',
  'src/keys/reload.ts': 'a signal: begins what never rejects',
  'src/realtime/calls.service.ts': '`end` catches all that it meets',
  'src/realtime/calls.controller.ts': 'aborts a signal',
  'src/replay/paced-engine.ts': 'no gateway: settles a promise',
  'src/replay/paced-parts.ts': 'no gateway; the handlers that it calls pass the guard of the call',
  'modules/media/media.service.ts': 'one timer for all calls, each of whose ticks is caught apart',
  'modules/media/infra/werift/peer.ts':
    'its listeners do nothing but end the call, which catches, or pass the guard',
  'modules/media/infra/ice/private-ports.ts': 'what it hands on is guarded by the transport',
  'modules/media/infra/ice/shared-port.ts': 'catches, and what it hands on is guarded by the transport',
  'modules/media/infra/ice/udp.ts': 'settles a promise',
  'modules/media/infra/ice/echo.ts': 'not for calls: settles a promise',
  'modules/decoder/folders/hub/hub-api.ts': 'aborts a signal',
  'modules/media/infra/werift/ice-link.ts': "the library's own state, which it keeps by a listener of ours",
  'modules/media/infra/werift/dtls-gate.ts':
    'settles the handshake; what it sends can fail only with the socket, which says nothing',
  'modules/media/infra/werift/dtls-start.ts':
    "decrypted data goes to the library's receivers, of which ours are guarded",
  'modules/media/core/video-receiver.ts':
    'the decoder never rejects, and what it gives passes the guard of the call',
  'modules/conversation/infra/system-scheduler.ts': 'whoever sets a timer by it gives a guarded callback',
  'modules/decoder/local/sessions/asides.ts': 'what failed is told to who reads the answer',
  'modules/decoder/remote/session/asides.ts': 'what failed is told to who reads the answer',
  'modules/decoder/remote/session/asking.ts': 'the last event of a queue, which never rejects',
  'modules/decoder/remote/replicas.ts': 'a signal, whose listener passes the guard',
  'modules/decoder/remote/http/transport.ts': 'settles promises',
  'modules/decoder/remote/clock.ts': 'whoever sets a timer by it gives a guarded callback',
  'modules/decoder/local/sessions/held-operations.ts':
    'a signal that is aborted by our own code, which catches',
  'modules/decoder/local/workers/worker-client.ts':
    'notes why a thread ended; a signal; a timer that settles a promise',
  'modules/vad/vad.service.ts': '`#tellLost` passes the guard',
  'modules/vad/infra/supervised-worker.ts': 'settles a promise, of a thread that is left to itself',
  // Code of a worker thread: what is not caught there ends the thread, and the main thread starts another.
  'modules/decoder/core/scheduling/scheduler.ts': 'thread',
  'modules/decoder/core/session/session.ts': 'thread',
  'modules/decoder/local/workers/engine-worker.ts': 'thread',
  'modules/decoder/remote/media/jpeg-worker.ts': 'thread',
  'modules/vad/infra/vad-worker.ts': 'thread',
  'modules/vad/infra/judge-worker.ts': 'thread',
  // The process that decodes pictures: what is not caught there ends it, and the gateway starts another.
  'modules/media/infra/video/video-process.ts': 'process',
  'modules/media/infra/video/video-decoder.ts': 'settles the jobs of its process, and starts another',
  'modules/media/infra/video/decoder-process.ts':
    'notes how the process ended; what it sends is read within a catch that kills it',
};

describe('rawCallbacks', () => {
  it.each([
    ['setTimeout(() => work(), 5)', 'setTimeout'],
    ['setImmediate(work)', 'setImmediate'],
    ['globalThis.setInterval(() => { a(); b(); }, 5)', 'setInterval'],
    ['process.nextTick(() => work())', 'nextTick'],
    ["worker.on('message', (m) => receive(m))", 'on'],
    ['channel.onMessage.subscribe(receive)', 'subscribe'],
    ['void work();', 'void'],
  ])('finds %s', (text, call) => {
    expect(rawCallbacks(`first();\n${text}`)).toEqual([{ line: 2, call }]);
  });

  it.each([
    "setTimeout(guard.wrap('x', () => work()), 5)",
    "const look = this.guard.wrap('x', work); setInterval(look, 5)",
    "this.#due = guard.wrap('x', work); at.on('x', this.#due)",
    "worker.on('message', (m) => this.#guard(() => receive(m)))",
    "worker.once('exit', () => ended.resolve())",
    "import { setTimeout } from 'node:timers/promises'; await setTimeout(5)",
    'const later = () => void work();',
  ])('lets pass %s', (text) => {
    expect(rawCallbacks(text)).toEqual([]);
  });
});

describe('the product', () => {
  it('hands no raw callback to a library, timer, worker or socket, but where that is right', async () => {
    const files = globSync('{src,modules}/**/*.ts', { cwd: ROOT }).filter(
      (file) => !/\.test\.ts$|\/testing\//.test(file),
    );
    expect(files.length).toBeGreaterThan(200);
    const raw = new Map<string, string[]>();
    for (const file of files) {
      const found = rawCallbacks(await readFile(`${ROOT}/${file}`, 'utf8'));
      if (found.length > 0)
        raw.set(
          file,
          found.map(({ line, call }) => `${file}:${line} ${call}`),
        );
    }
    const forbidden = [...raw].filter(([file]) => !(file in ALLOWED)).flatMap(([, where]) => where);
    expect(forbidden).toEqual([]);
    // What the list allows must be there, so that it does not outlive its reasons.
    expect(Object.keys(ALLOWED).filter((file) => !raw.has(file))).toEqual([]);
  });
});
