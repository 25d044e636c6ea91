// The rules that carry the design are only worth something if they can fail: every layer rule of
// .dependency-cruiser.cjs, and every lint rule that carries design, is broken once in a small tree made here.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const rules = createRequire(import.meta.url)('../.dependency-cruiser.cjs').forbidden.map((rule) => rule.name);

/** A legal tree: what each layer may import. */
const LEGAL = {
  'packages/protocol/src/index.ts': "import 'zod';",
  'packages/client/src/index.ts': "import '@vis-a-vis/protocol';",
  'packages/client/src/browser/link.ts': "import '../index.js';",
  'packages/react/src/index.ts': "import '@vis-a-vis/client'; import 'react';",
  'modules/contracts/index.ts': "import '@vis-a-vis/protocol';",
  'modules/vad/core/boundary.ts': "import '#modules/contracts'; import './config.js';",
  'modules/vad/core/config.ts': 'export const threshold = 0.5;',
  'modules/vad/infra/silero.ts':
    "import 'onnxruntime-node'; import 'node:path'; import '../core/boundary.js';",
  'modules/vad/testing/fake.ts': "import '../core/boundary.js';",
  'modules/vad/vad.test.ts': "import './testing/fake.js'; import 'fast-check';",
  'modules/vad/vad.service.ts':
    "import '@nestjs/common'; import './infra/silero.js'; import '#modules/contracts';",
  'modules/vad/index.ts': "import './vad.service.js';",
  'modules/media/index.ts': 'export {};',
  'modules/frame/index.ts': 'export {};',
  'modules/decoder/index.ts': 'export {};',
  'modules/conversation/conversation.service.ts': "import '#modules/vad'; import '@nestjs/common';",
  'modules/conversation/index.ts': "import './conversation.service.js';",
  'src/realtime/call.ts': "import '#modules/conversation';",
  'src/realtime/index.ts': "import './call.js';",
  'src/rtvi/door.ts': "import '../realtime/index.js';",
  'src/main.ts': "import '#modules/conversation'; import '@vis-a-vis/protocol'; import '@nestjs/core';",
  'client-demo/main.ts': "import '@vis-a-vis/client';",
  'examples/page/main.mjs': "import '@vis-a-vis/client';",
  'tools/demo/main.ts': "import '@vis-a-vis/client'; import 'werift';",
  'tools/call-bot/core/manners.ts': "import '../rooms/room.js';",
  'tools/call-bot/rooms/room.ts': 'export {};',
  'tools/call-bot/rooms/janus/room.ts': "import '../room.js'; import 'werift';",
  'tools/call-bot/testing/fake.ts': "import '../rooms/room.js';",
  'tools/call-bot/main.ts': "import './core/manners.js'; import '@vis-a-vis/client';",
  'tools/eval/main.ts': "import '#modules/decoder';",
  'bench/main.ts': "import '#modules/vad';",
};

/** One breach for each layer rule (several where one rule closes several doors): [rule, file, imports]. */
const BREACHES = [
  ['no-cycles', 'modules/vad/core/chicken.ts', "import './egg.js';"],
  ['no-unresolved', 'src/lost.ts', "import './nowhere.js';"],
  ['no-dev-packages-in-product', 'src/dev.ts', "import 'fast-check';"],
  ['protocol-imports-only-zod', 'packages/protocol/src/file.ts', "import 'node:fs';"],
  ['contracts-import-only-protocol', 'modules/contracts/nest.ts', "import '@nestjs/common';"],
  ['core-is-pure', 'modules/vad/core/nest.ts', "import '@nestjs/common';"],
  ['core-is-pure', 'modules/vad/core/native.ts', "import 'onnxruntime-node';"],
  ['core-is-pure', 'modules/vad/core/file.ts', "import 'node:fs';"],
  ['core-is-pure', 'modules/vad/core/log.ts', "import 'pino';"],
  ['core-is-pure', 'modules/vad/core/infra.ts', "import '../infra/silero.js';"],
  ['core-is-pure', 'modules/conversation/core/other.ts', "import '#modules/vad';"],
  [
    'core-is-pure',
    'modules/vad/core/type.ts',
    "import type { Session } from 'onnxruntime-node'; export type S = Session;",
  ],
  ['infra-of-media', 'modules/media/infra/onnx.ts', "import 'onnxruntime-node';"],
  ['infra-of-vad', 'modules/vad/infra/rtc.ts', "import 'werift';"],
  ['infra-of-frame', 'modules/frame/infra/nest.ts', "import '@nestjs/common';"],
  ['local-of-decoder', 'modules/decoder/local/up.ts', "import '../index.js';"],
  ['local-of-decoder', 'modules/decoder/local/text.ts', "import '@huggingface/jinja';"],
  ['remote-of-decoder', 'modules/decoder/remote/onnx.ts', "import 'onnxruntime-node';"],
  ['folders-of-decoder', 'modules/decoder/folders/onnx.ts', "import 'onnxruntime-node';"],
  ['folders-of-decoder', 'modules/decoder/folders/run.ts', "import '../local/up.js';"],
  ['libraries-in-their-folders', 'modules/decoder/elsewhere/onnx.ts', "import 'onnxruntime-node';"],
  ['services-wire-their-own-module', 'modules/vad/other.service.ts', "import 'onnxruntime-node';"],
  ['services-wire-their-own-module', 'modules/vad/log.service.ts', "import 'pino';"],
  ['modules-do-not-know-each-other', 'modules/vad/neighbour.ts', "import '#modules/media';"],
  ['conversation-imports-faces', 'modules/conversation/deep.ts', "import '../vad/core/boundary.js';"],
  ['conversation-runs-no-library-itself', 'modules/conversation/rtc.ts', "import 'werift';"],
  ['modules-do-not-know-the-application', 'modules/conversation/up.ts', "import '../../src/main.js';"],
  ['src-imports-faces', 'src/deep.ts', "import '../modules/vad/vad.service.js';"],
  ['src-is-edge-and-wiring', 'src/rtc.ts', "import 'werift';"],
  ['src-is-edge-and-wiring', 'src/client.ts', "import '@vis-a-vis/client';"],
  ['traces-are-made-in-one-folder', 'src/realtime/span.ts', "import '@opentelemetry/api';"],
  ['doors-know-typed-events', 'src/rtvi/deep.ts', "import '../realtime/call.js';"],
  ['doors-know-typed-events', 'src/whip/engine.ts', "import '#modules/conversation';"],
  ['transports-know-typed-events', 'src/realtime/websocket/turns.ts', "import '#modules/conversation';"],
  ['calls-know-no-carrier', 'src/realtime/seat.ts', "import 'ws';"],
  ['client-knows-only-protocol', 'packages/client/src/server.ts', "import '../../../src/main.js';"],
  ['react-knows-only-the-client', 'packages/react/src/wire.ts', "import '@vis-a-vis/protocol';"],
  ['client-core-is-pure', 'packages/client/src/core/rtc.ts', "import 'werift';"],
  ['client-core-is-pure', 'packages/client/src/call/page.ts', "import '../browser/link.js';"],
  ['page-uses-only-the-client-package', 'client-demo/zod.ts', "import 'zod';"],
  ['examples-are-applications', 'examples/page/wire.mjs', "import '@vis-a-vis/protocol';"],
  ['tools-are-clients', 'tools/demo/engine.ts', "import '#modules/decoder';"],
  ['eval-uses-faces', 'tools/eval/deep.ts', "import '../../modules/vad/core/boundary.js';"],
  ['call-bot-is-a-client-and-no-more', 'tools/call-bot/tool.ts', "import '../demo/main.js';"],
  ['call-bot-core-is-pure', 'tools/call-bot/core/file.ts', "import 'node:fs';"],
  ['rooms-know-no-gateway', 'tools/call-bot/rooms/janus/gateway.ts', "import '@vis-a-vis/client';"],
  ['bot-fakes-are-for-tests', 'tools/call-bot/fake.ts', "import './testing/fake.js';"],
  ['fakes-are-for-tests', 'src/fake.ts', "import '../modules/vad/testing/fake.js';"],
];

/** Lint rules that carry design: [rule, file, code]. */
const SMELLS = [
  [
    'eslint(no-restricted-properties)',
    'modules/vad/core/clock.ts',
    'export const now = (): number => Date.now();',
  ],
  ['eslint(no-restricted-globals)', 'modules/vad/core/date.ts', 'export const now = (): Date => new Date();'],
  [
    'eslint(no-restricted-properties)',
    'modules/vad/core/dice.ts',
    'export const roll = (): number => Math.random();',
  ],
  [
    'eslint(no-restricted-globals)',
    'modules/vad/core/timer.ts',
    'export const wait = (f: () => void) => setTimeout(f, 1);',
  ],
  [
    'eslint(no-restricted-globals)',
    'modules/vad/core/perf.ts',
    'export const now = () => performance.now();',
  ],
  [
    'eslint(no-restricted-globals)',
    'packages/client/src/core/timer.ts',
    'export const wait = (f: () => void) => setTimeout(f, 1);',
  ],
  ['eslint(no-console)', 'modules/vad/print.ts', "console.log('hello');"],
  ['node(no-process-env)', 'src/setting.ts', "export const port = process.env['PORT'];"],
  [
    'eslint(max-params)',
    'src/many.ts',
    'export const f = (a: 1, b: 2, c: 3, d: 4, e: 5) => [a, b, c, d, e];',
  ],
  ['typescript(no-explicit-any)', 'src/any.ts', 'export const f = (a: any): unknown => a;'],
  [
    'typescript(no-floating-promises)',
    'src/float.ts',
    'export const f = (p: Promise<void>): void => { p; };',
  ],
  [
    'typescript(switch-exhaustiveness-check)',
    'src/switch.ts',
    "export function f(a: 'x' | 'y'): number { switch (a) { case 'x': return 1; } return 2; }",
  ],
];

let tree;

beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), 'vis-a-vis-layers-'));
  for (const file of ['package.json', 'tsconfig.json', '.oxlintrc.json'])
    cpSync(join(root, file), join(tree, file));
  for (const name of ['protocol', 'client', 'react']) {
    write(
      `packages/${name}/package.json`,
      `{"name":"@vis-a-vis/${name}","type":"module","exports":{"source":"./src/index.ts"},"peerDependencies":{"react":"*"}}`,
    );
    link(join(tree, 'packages', name), `node_modules/@vis-a-vis/${name}`);
  }
  for (const name of [
    'zod',
    'werift',
    'ws',
    'pino',
    'onnxruntime-node',
    'fast-check',
    'react',
    '@huggingface/jinja',
    '@nestjs/common',
    '@opentelemetry/api',
    '@nestjs/core',
    '@types',
    '.bin/tsgolint',
  ]) {
    link(join(root, 'node_modules', name), `node_modules/${name}`);
  }
});

afterAll(() => rmSync(tree, { recursive: true, force: true }));

describe('layer rules', () => {
  test('pass what each layer may import', () => {
    for (const [file, code] of Object.entries(LEGAL)) write(file, code);
    expect(cruise()).toEqual([]);
  });

  test('report every breach, under its own name', () => {
    for (const [, file, code] of BREACHES) write(file, code);
    write('modules/vad/core/egg.ts', "import './chicken.js';");
    const found = cruise();
    for (const [rule, file] of BREACHES) expect(found).toContain(`${rule} ${file}`);
  });

  test('are each broken by a case above', () => {
    expect(new Set(BREACHES.map(([rule]) => rule))).toEqual(new Set(rules));
  });
});

test('lint rules that carry design report every smell', () => {
  for (const [, file, code] of SMELLS) write(file, code);
  const { stdout } = tool('oxlint/bin/oxlint', '--type-aware', '--format=json', 'src', 'modules', 'packages');
  const found = JSON.parse(stdout).diagnostics.map(({ code, filename }) => `${code} ${filename}`);
  for (const [rule, file] of SMELLS) expect(found).toContain(`${rule} ${file}`);
});

/** @returns {string[]} `rule file` for each breach found */
function cruise() {
  const config = join(root, '.dependency-cruiser.cjs');
  const folders = ['src', 'modules', 'packages', 'examples', 'tools', 'bench', 'client-demo'];
  const cli = 'dependency-cruiser/bin/dependency-cruiser.mjs';
  const { stdout } = tool(cli, '--config', config, '--output-type', 'json', ...folders);
  return JSON.parse(stdout).summary.violations.map(({ rule, from }) => `${rule.name} ${from}`);
}

function tool(path, ...args) {
  const { stdout, stderr } = spawnSync(process.execPath, [join(root, 'node_modules', path), ...args], {
    cwd: tree,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  if (!stdout.startsWith('{')) throw new Error(stdout + stderr);
  return { stdout };
}

function write(file, code) {
  const path = join(tree, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${code}\n`);
}

function link(target, path) {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  symlinkSync(target, join(tree, path));
}
