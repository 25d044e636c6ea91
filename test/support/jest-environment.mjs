import { TestEnvironment } from 'jest-environment-node';

/**
 * Native add-ons (onnxruntime-node, node-av) check their arguments against the constructors of the process's own
 * realm, and a jest test runs in a realm of its own whose `Float32Array` is another class. Sharing the constructors
 * lets a tensor made in a test pass those checks.
 */
const SHARED = [
  'ArrayBuffer',
  'SharedArrayBuffer',
  'DataView',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
];

export default class NativeAddonEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    for (const name of SHARED) this.global[name] = globalThis[name];
    if ('Float16Array' in globalThis) this.global.Float16Array = globalThis.Float16Array;
  }
}
