// Lets a worker thread run the project's TypeScript as it stands, without a build. Node strips the types itself;
// what it does not do is resolve our `.js` suffixes and `#modules/*` imports to their sources. Preloaded into workers by
// `workerEntry()` (modules/contracts/worker.ts), and only when the importing file is itself TypeScript.
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);

function sourceOf(specifier, parentURL) {
  const face = /^#modules\/([^/]+)$/.exec(specifier);
  if (face) return new URL(`modules/${face[1]}/index.ts`, root);
  if (!/^\.{1,2}\/.*\.js$/.test(specifier) || !parentURL?.endsWith('.ts')) return null;
  const source = new URL(specifier.replace(/\.js$/, '.ts'), parentURL);
  return existsSync(fileURLToPath(source)) ? source : null;
}

registerHooks({
  resolve(specifier, context, nextResolve) {
    const source = sourceOf(specifier, context.parentURL);
    return source ? nextResolve(source.href, context) : nextResolve(specifier, context);
  },
});
