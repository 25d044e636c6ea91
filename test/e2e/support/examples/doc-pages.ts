import { build } from 'esbuild';
import type { DocBlock } from '../../../support/doc-blocks.js';

/** A page that is a block of a document: as it stands, or its program with the packages that it imports. */
export async function pageOf({ language, code }: DocBlock, folder: string): Promise<string> {
  if (language === 'html') return code;
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: folder, loader: 'js' },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
  });
  // A script ends where it says so, also in the middle of a string.
  const script = (outputFiles[0]?.text ?? '').replaceAll('</script', '<\\/script');
  return `<!doctype html><body><script type="module">${script}</script></body>`;
}
