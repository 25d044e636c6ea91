/**
 * The suites, which `npm test` runs apart: `--selectProjects unit|contract|e2e|clients|engines|rooms|long|load`.
 * Jest runs in ESM mode: `node --experimental-vm-modules node_modules/jest/bin/jest.js`.
 */

const swc = (tsx) => [
  '@swc/jest',
  {
    jsc: {
      parser: { syntax: 'typescript', decorators: true, tsx },
      transform: { legacyDecorator: true, decoratorMetadata: true, react: { runtime: 'automatic' } },
      target: 'es2024',
      keepClassNames: true,
    },
    module: { type: 'es6' },
    sourceMaps: 'inline',
  },
];

const common = {
  rootDir: '.',
  testEnvironment: '<rootDir>/test/support/jest-environment.mjs',
  setupFilesAfterEnv: ['<rootDir>/test/support/test-timeout.mjs'],
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  // 'js' first: in a package that ships sources beside its build, the build is taken.
  moduleFileExtensions: ['js', 'mjs', 'cjs', 'ts', 'tsx', 'json', 'node'],
  transform: { '\\.ts$': swc(false), '\\.tsx$': swc(true) },
  // Sources import './x.js', as Node will see it after the build; here the file is still x.ts.
  moduleNameMapper: {
    '^#modules/(.*)$': '<rootDir>/modules/$1/index.ts',
    '^@vis-a-vis/protocol$': '<rootDir>/packages/protocol/src/index.ts',
    '^@vis-a-vis/client$': '<rootDir>/packages/client/src/node/main.ts',
    '^@vis-a-vis/client/(browser|node|testing)$': '<rootDir>/packages/client/src/$1/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/packages/[^/]+/dist/'],
};

export default {
  // Every other setting of a suite belongs to its project.
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/{modules,src,packages,tools,bench,client-demo}/**/*.test.{ts,tsx}',
        '<rootDir>/test/support/**/*.test.ts',
        '<rootDir>/scripts/**/*.test.mjs',
      ],
      globals: { TEST_TIMEOUT_MS: 10_000 },
    },
    {
      ...common,
      displayName: 'contract',
      testMatch: ['<rootDir>/test/{contract,conformance}/**/*.test.ts'],
      globals: { TEST_TIMEOUT_MS: 30_000 },
    },
    {
      ...common,
      displayName: 'e2e',
      testMatch: ['<rootDir>/test/e2e/**/*.test.ts'],
      globals: { TEST_TIMEOUT_MS: 120_000 },
    },
    {
      ...common,
      displayName: 'clients',
      testMatch: ['<rootDir>/test/clients/**/*.test.ts'],
      globals: { TEST_TIMEOUT_MS: 240_000 },
    },
    {
      ...common,
      displayName: 'engines',
      testMatch: ['<rootDir>/test/engines/**/*.test.ts'],
      globals: { TEST_TIMEOUT_MS: 120_000 },
    },
    {
      ...common,
      displayName: 'rooms',
      testMatch: ['<rootDir>/test/rooms/**/*.test.ts'],
      globals: { TEST_TIMEOUT_MS: 60_000 },
    },
    {
      ...common,
      displayName: 'long',
      testMatch: ['<rootDir>/test/long/**/*.test.ts'],
      globals: { TEST_TIMEOUT_MS: 600_000 },
    },
    {
      ...common,
      displayName: 'load',
      testMatch: ['<rootDir>/test/load/**/*.test.ts'],
      globals: { TEST_TIMEOUT_MS: 600_000 },
    },
  ],
};
