/** Where a worker thread's entry is, and the Node options it needs: `new Worker(entry.url, { execArgv: entry.execArgv })`. */
export interface WorkerEntry {
  readonly url: URL;
  readonly execArgv: string[];
}

/**
 * Finds a worker's entry file beside the file that starts it.
 *
 * Built code (`.js`) starts `.js` workers. Under jest the importing file is TypeScript, and so is the worker: Node strips
 * its types (so worker code may use erasable syntax only: no decorators, enums or parameter properties), and a
 * preloaded hook resolves `.js` suffixes and `#modules/*` to sources.
 *
 * @param name path relative to the importing file, without extension: `./engine-worker`
 * @param importer the importing file's `import.meta.url`
 */
export function workerEntry(name: string, importer: string): WorkerEntry {
  if (!importer.endsWith('.ts')) return { url: new URL(`${name}.js`, importer), execArgv: [] };
  const hook = new URL('../../test/support/ts-worker.mjs', import.meta.url);
  return { url: new URL(`${name}.ts`, importer), execArgv: ['--import', hook.href] };
}
