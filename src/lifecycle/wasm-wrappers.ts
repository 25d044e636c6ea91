import { setFlagsFromString } from 'node:v8';

/**
 * Calls before V8 compiles a wrapper for what WebAssembly imports: more than a process makes. It is a small integer to V8, so below 2^30.
 * The same is in scripts/lib/node.mjs, for tools and tests.
 */
export const WASM_WRAPPER_FLAG = '--wasm-wrapper-tiering-budget=1000000000';

/**
 * Keeps V8 from ending the process by itself. Up to 13.6 (Node 24) its cache of compiled WebAssembly-to-JavaScript wrappers, one for all threads, may hand out a
 * wrapper that is just being freed and then frees it twice: `Check failed: jit_page.has_value()`, SIGTRAP. fetch's HTTP parser and libopus are
 * WebAssembly, and run in several threads here. What is never compiled is never freed; the generic wrapper takes 75 ns a call in place of 15.
 */
export function keepWasmWrappersGeneric(): void {
  setFlagsFromString(WASM_WRAPPER_FLAG);
}
