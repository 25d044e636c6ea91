import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { WASM_WRAPPER_FLAG } from './wasm-wrappers.js';

// (module (import "m" "f" (func)) (func (export "run") (param i32) (loop (call 0) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
const MODULE =
  '0061736d0100000001080260000060017f00020701016d01660000030201010707010372756e00010a1201100003401000200041016b22000d000b0b';
/** How the gateway sets it: in a process that runs already. */
const script = (flag: string) => `
  if ('${flag}') require('node:v8').setFlagsFromString('${flag}');
  const module = new WebAssembly.Module(Buffer.from('${MODULE}', 'hex'));
  let calls = 0;
  new WebAssembly.Instance(module, { m: { f: () => { calls += 1; } } }).exports.run(5000);
  console.log('calls: ' + calls);`;

/** What V8 says of its WebAssembly compilations over 5,000 calls. Real: Node. */
async function told(flag: string): Promise<string> {
  const args = ['--trace-wasm-compilation-times', '-e', script(flag)];
  return (await promisify(execFile)(process.execPath, args)).stdout;
}

describe('keepWasmWrappersGeneric', () => {
  it('keeps V8 from compiling wrappers, which it might free twice', async () => {
    const [without, kept] = await Promise.all([told(''), told(WASM_WRAPPER_FLAG)]);
    expect(without).toMatch(/WasmToJS wrapper/);
    expect(kept).not.toMatch(/WasmToJS wrapper/);
    expect(kept).toMatch(/calls: 5000/);
  });
});
