import { readFileSync } from 'node:fs';
import { KEEP_WASM_WRAPPERS_GENERIC, PINNED, suits } from './node.mjs';

test.each(['v22.20.0', 'v22.23.1', 'v24.0.0', 'v24.17.0', 'v26.1.0'])('%s suits', (version) => {
  expect(suits(version)).toBe(true);
});

test.each([
  ['v20.20.2', 'too old for werift'],
  ['v22.19.0', 'too old for the media libraries'],
  ['v23.11.0', 'never long-term supported'],
  ['v24.18.0', 'slow ciphers'],
  ['v24.21.3', 'slow ciphers'],
  ['v25.2.0', 'never long-term supported'],
])('%s does not suit: %s', (version) => {
  expect(suits(version)).toBe(false);
});

test('the pinned version suits, and .nvmrc and the Dockerfile pin the same', () => {
  expect(suits(PINNED)).toBe(true);
  const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  expect(read('.nvmrc').trim()).toBe(PINNED);
  expect(read('Dockerfile')).toContain(`node:${PINNED}-`);
});

test('tools and tests keep WebAssembly wrappers generic as the gateway does', () => {
  const gateway = readFileSync(new URL('../../src/lifecycle/wasm-wrappers.ts', import.meta.url), 'utf8');
  expect(gateway).toContain(`WASM_WRAPPER_FLAG = '${KEEP_WASM_WRAPPERS_GENERIC}'`);
});
